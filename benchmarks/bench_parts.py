"""Styles for a part of the content: steps in level at the seams, what leaks out of a band, time."""

import argparse
import resource
from functools import partial
from typing import Any

import numpy as np
import torch

import estilo
from common import looped, processor_s, write_table
from estilo.analysis.clicks import click_times
from estilo.audio import Audio
from estilo.dsp.loudness import integrated_loudness
from estilo.pipeline import parts
from estilo.pipeline.transfer import Transfer
from material import pairs_at_hand

RATE = 44_100
SECONDS, SEAMS_S = 8.0, (2.7, 5.3)
NEAR_S = 0.4
BAND_HZ = 300.0
LONG_S = 60.0
WAYS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("plain", "", {}),
    ("two time ranges", "10s-20s,40s-50s", {}),
    ("two bands", "-200Hz,2kHz-", {}),
    ("on harmonic", "", {"on": "harmonic"}),
    ("formants kept", "", {"formants": 1.0}),
)


def step_db(output: Audio, content: Audio, at_s: float) -> float:
    """By how much an output's loudness against its content's changes from before to after."""
    middle, near = round(at_s * RATE), round(NEAR_S * RATE)
    sides = (slice(middle - near, middle), slice(middle, middle + near))
    levels = [
        [max(integrated_loudness(each.samples[:, side], RATE), -70.0) for side in sides]
        for each in (output, content)
    ]
    return float(abs(np.diff(levels[0])[0] - np.diff(levels[1])[0]))


def steps_db(content: Audio, style: Audio) -> tuple[list[float], int]:
    """Steps at both seams, and clicks within 0.1 s of them that the content has not."""
    at = f"{SEAMS_S[0]}s-{SEAMS_S[1]}s"
    output = estilo.transfer(
        content, estilo.Clip(style, at=at), engine="optimise", scores=False
    ).audio
    clicks = [
        sum(
            np.abs(click_times(each.samples[0], RATE) - seam).min(initial=9.0) < 0.1
            for seam in SEAMS_S
        )
        for each in (output, content)
    ]
    return [step_db(output, content, seam) for seam in SEAMS_S], max(clicks[0] - clicks[1], 0)


def leak_db(content: Audio, style: Audio) -> tuple[float, float]:
    """Change below and above a band's edge, a sixth of it away, against the content there."""
    clip = estilo.Clip(style, at=f"-{BAND_HZ:g}Hz")
    result = estilo.transfer(content, clip, engine="optimise", scores=False)
    assert result.report.level is not None
    kept = 10.0 ** (result.report.level.gain_db / 20.0) * content.samples[0]
    change = np.abs(np.fft.rfft(result.audio.samples[0] - kept)) ** 2
    power = np.abs(np.fft.rfft(kept)) ** 2
    hz = np.fft.rfftfreq(content.n_samples, 1.0 / RATE)
    sides = (hz < BAND_HZ / 1.17, hz > BAND_HZ * 1.17)
    low, high = (
        float(10.0 * np.log10(change[side].sum() / power[side].sum() + 1e-20)) for side in sides
    )
    return low, high


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=str(__doc__))
    parser.add_argument("--pairs", type=int, default=99, help="Pairs of each kind at most.")
    options = parser.parse_args()
    torch.set_num_threads(1)
    names: list[tuple[str, str]] = []
    pairs: list[tuple[Audio, Audio]] = []
    for each in pairs_at_hand():
        names += each.names[: options.pairs]
        clips = each.clips(duration_s=SECONDS, sample_rate=RATE)[: options.pairs]
        pairs += [(looped(content, duration_s=SECONDS), style) for content, style in clips]
    levelled = [steps_db(*pair) for pair in pairs]
    own, parts.levels_of = parts.levels_of, lambda *_: ([0], [0.0])
    plain = [steps_db(*pair) for pair in pairs]
    parts.levels_of = own
    leaks = [leak_db(*pair) for pair in pairs]
    rows = [
        (
            " → ".join(names[i]),
            *(f"{each:.1f}" for each in levelled[i][0]),
            *(f"{each:.1f}" for each in plain[i][0]),
            levelled[i][1],
            *(f"{each:.0f}" for each in leaks[i]),
        )
        for i in range(len(pairs))
    ]
    means = np.mean([[*a[0], *b[0]] for a, b in zip(levelled, plain, strict=True)], axis=0)
    total = (sum(each[1] for each in levelled), *np.mean(leaks, axis=0).round().astype(int))
    rows.append(("mean, clicks in sum", *(f"{each:.1f}" for each in means), *total))
    long, style = looped(pairs[0][0], duration_s=LONG_S), pairs[0][1]
    times = []
    for name, at, ways in WAYS:
        transfer = Transfer(engine="eq", scores=False, **ways)
        seconds = processor_s(partial(transfer, long, estilo.Clip(style, at=at)))
        times.append((name, f"{seconds / LONG_S:.4f}"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seams = " and ".join(f"{each:g} s" for each in SEAMS_S)
    write_table(
        "parts",
        "Styles for a part of the content",
        [
            (
                f"The engine optimise on {SECONDS:g} s, its style between {seams} only. *Step*: by "
                "how much the loudness against the content's changes at a seam, in LU, "
                f"{NEAR_S:g} s on either side; *bare*: without what brings it to the content's "
                "there. *Clicks* within 0.1 s of the seams that the content has "
                f"not. *Change*: with the style below {BAND_HZ:g} Hz only, what became of the "
                "content below and above that edge, a sixth of it away, in dB against the content "
                "there.",
                (
                    *("", "step 1", "step 2", "bare 1", "bare 2", "clicks"),
                    *("change below", "change above"),
                ),
                rows,
            ),
            (
                f"Processor seconds of one core per second of {LONG_S:g} s in mono at "
                f"{RATE / 1000:g} kHz with the engine eq, which itself needs next to none; the "
                f"process took {peak:.0f} MiB at most.",
                ("", "× real time"),
                times,
            ),
        ],
    )


if __name__ == "__main__":
    main()
