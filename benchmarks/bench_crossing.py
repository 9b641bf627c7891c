"""Tunes made of rain: notes, events and texture of cross-synthesis against a vocoder."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage, signal

from channel_vocoder import vocoded
from common import leave_out, write_picture, write_table
from estilo.analysis.multipitch import FRAME_RATE_HZ, LOWEST_MIDI, N_NOTES, multipitch
from estilo.analysis.sound import Sound
from estilo.analysis.transcription import HeardNote, transcribe
from estilo.audio import Audio
from estilo.engines.notes.cross_synthesis import DEPTH, CrossSynthesis, cross_synthesise
from estilo.metrics.embedding import texture_kad
from estilo.pipeline.transfer import transfer
from estilo.plots.figures import plot_recordings, png
from estilo.synthesis.notes import Note, random_phrase
from estilo.synthesis.patches import random_patch, render
from material import RATE_HZ, SEED, audio_folder, clip
from note_scores import scores_of

TUNES = {"melody": "additive", "legato": "subtractive", "chords": "additive"}
"""Names of the tunes, and the families of the instruments that play them."""

RECORDED, MADE = ("rain.wav", "ocean.wav", "applause"), ("rain", "stream", "applause")
TUNE_S, STYLE_S = 10.0, 10.0
DEPTHS = (0.25, 0.5, 0.75, 1.0)
KNOWN, LEVELS = "cross-synthesis, notes known", "cross-synthesis, narrow levels"
PLAYED = "engine `notes`, which hears them"
VOCODER, OPTIMISE = "channel vocoder, 40 bands", "`optimise`"

_HEARD = 0.9  # share of a tune's notes that the judge hears before anything is done to it
_STANDS_OUT_DB = 3.0
_START_S = 0.1  # bands of noise begin less sharply than notes do


@dataclass(frozen=True)
class Tune:
    """A tune whose notes are known.

    Args:
        notes: as they were played.
        audio: mono, at `RATE_HZ`.
    """

    notes: tuple[Note, ...]
    audio: Audio

    @property
    def heard(self) -> list[HeardNote]:
        """The notes as a transcription that misses nothing."""
        return [
            HeardNote(
                each.start_s,
                each.start_s + each.duration_s,
                each.pitch,
                20.0 * float(np.log10(each.velocity)),
            )
            for each in self.notes
        ]


def drawn_tune(name: str) -> Tune:
    """The first tune drawn at random in which the judge hears nine tenths of the notes.

    Args:
        name: one of `TUNES`.
    """
    for number in range(100):
        rng = np.random.default_rng([SEED, *name.encode(), number])
        notes = random_phrase(
            rng, duration_s=TUNE_S, is_polyphonic=name == "chords", low=50, high=81
        )
        patch = random_patch(rng, family=TUNES[name])
        samples = render(notes, patch, sample_rate=RATE_HZ, duration_s=TUNE_S, rng=rng)
        tune = Tune(notes, Audio(samples, RATE_HZ))
        if recovered(tune.notes, Sound.of(tune.audio))[0] >= _HEARD:
            return tune
    raise AssertionError(f"no {name} that the judge hears")


def recovered(notes: Sequence[Note], sound: Sound) -> tuple[float, float]:
    """Share of the notes that are heard in half of their frames, and F1 of frames and pitches.

    Args:
        notes: as they were played.
        sound: where they should be heard.
    """
    found = sound.once(multipitch)
    times_s = np.arange(len(found)) / FRAME_RATE_HZ
    truth, hits = np.zeros((len(found), N_NOTES), bool), []
    for note in notes:
        is_on = (times_s >= note.start_s) & (times_s < note.start_s + note.duration_s)
        column = round(note.pitch) - LOWEST_MIDI
        truth[is_on, column] = True
        hits.append(found[is_on, column].mean() >= 0.5 if is_on.any() else False)
    f1 = 2.0 * (truth & found).sum() / max(truth.sum() + found.sum(), 1)
    return float(np.mean(hits)), float(f1)


def events_per_s(samples: NDArray) -> float:
    """Rate of drops and crackle: peaks of the level above 2 kHz over its median.

    The level is over 3 ms, its median over 50 ms to each side, and a peak stands out by 3 dB; white
    noise has none. What is 40 dB below the loudest tenth of a second is a pause and does not count.

    Args:
        samples: at `RATE_HZ`. **Shape** ``(time,)``.
    """
    high = signal.sosfiltfilt(signal.butter(4, 2000.0, "high", fs=RATE_HZ, output="sos"), samples)
    step = RATE_HZ // 1000

    def level_db(values: NDArray, milliseconds: int) -> NDArray:
        power = ndimage.uniform_filter1d(np.square(values, dtype=np.float64), milliseconds * step)
        return 10.0 * np.log10(np.maximum(power[::step], 1e-12))

    level = level_db(high, 3)
    loud = level_db(samples, 100)
    is_event = level > ndimage.median_filter(level, 101) + _STANDS_OUT_DB
    is_event &= level == ndimage.maximum_filter1d(level, 11)
    is_on = loud > loud.max() - 40.0
    return 1000.0 * float((is_event & is_on).sum()) / max(int(is_on.sum()), 1)


def outputs(tune: Tune, style: Audio) -> Iterator[tuple[str, Audio]]:
    """What each method makes of a tune and a texture.

    Args:
        tune: the content.
        style: the texture.
    """
    content, texture = (torch.from_numpy(each.samples) for each in (tune.audio, style))
    for name, notes in ((KNOWN, tune.heard), (LEVELS, [])):
        made = cross_synthesise(content, [texture], sample_rate=RATE_HZ, notes=notes)
        yield name, Audio(made.numpy(), RATE_HZ)
    yield PLAYED, transfer(tune.audio, style, engine="notes", scores=False).audio
    carrier = CrossSynthesis(content, [texture], sample_rate=RATE_HZ).textures[0]
    # The same arrangement: the sum of its events and its bed.
    arranged = carrier.read(0, content.shape[1]).sum(0).numpy()
    made = vocoded(tune.audio.samples[0], arranged, sample_rate=RATE_HZ)
    yield VOCODER, Audio(made[None].astype(np.float32), RATE_HZ)
    yield OPTIMISE, transfer(tune.audio, style, engine="optimise", scores=False).audio


@dataclass(frozen=True)
class Measured:
    """What was measured of an output.

    Args:
        transcribed: share of the notes whose starts and pitches the transcriber hears.
        notes: share of the notes whose pitches the multi-pitch network hears.
        f1: F1 of frames and pitches.
        rate: rate of events, as a ratio to the texture's own.
        kad: kernel audio distance to the texture.
    """

    transcribed: float
    notes: float
    f1: float
    rate: float
    kad: float

    def cells(self) -> tuple[str, ...]:
        """In a row of a table."""
        return (
            f"{self.transcribed:.2f}",
            f"{self.notes:.2f}",
            f"{self.f1:.2f}",
            f"{self.rate:.2f}",
            f"{self.kad:.0f}",
        )


def measured(tune: Tune, style: Audio, made: Audio) -> Measured:
    """Notes by two networks, events by their level, texture by its embedding.

    Args:
        tune: the content.
        style: the texture.
        made: the output.
    """
    sound = Sound.of(made)
    rate = events_per_s(made.samples[0]) / max(events_per_s(style.samples[0]), 1e-9)
    heard = scores_of(tune.notes, transcribe(sound).notes, tolerance_s=_START_S)
    return Measured(
        heard.recall, *recovered(tune.notes, sound), rate, texture_kad(sound, Sound.of(style))
    )


def mean(of: Sequence[Measured]) -> Measured:
    """Means of all figures.

    Args:
        of: those of several pairs.
    """
    names = [each.name for each in fields(Measured)]
    return Measured(*(float(np.mean([getattr(each, name) for each in of])) for name in names))


def depth_rows(tunes: dict[str, Tune], styles: dict[str, Audio]) -> Iterator[tuple[object, ...]]:
    """Means over all pairs at every depth, notes known and not.

    Args:
        tunes: contents by name.
        styles: textures by name.
    """
    for is_known in (True, False):
        for depth in DEPTHS:
            found = []
            for tune in tunes.values():
                for style in styles.values():
                    content, texture = (torch.from_numpy(a.samples) for a in (tune.audio, style))
                    notes = tune.heard if is_known else []
                    made = cross_synthesise(
                        content, [texture], sample_rate=RATE_HZ, notes=notes, depth=depth
                    )
                    found.append(measured(tune, style, Audio(made.numpy(), RATE_HZ)))
            yield ("known" if is_known else "narrow levels", f"{depth:g}", *mean(found).cells())


def draw(tunes: dict[str, Tune], styles: dict[str, Audio]) -> None:
    """Pictures of the first and the last pair: content, style, and the tune made of it.

    Args:
        tunes: contents by name.
        styles: textures by name.
    """
    pairs = list(zip(tunes, styles, strict=False))
    for content, style in sorted({pairs[0], pairs[-1]}):
        tune, texture = tunes[content], styles[style]
        signals = (torch.from_numpy(each.samples) for each in (tune.audio, texture))
        made = cross_synthesise(next(signals), [*signals], sample_rate=RATE_HZ, notes=tune.heard)
        panels = [
            (content, tune.audio),
            (style, texture),
            ("tune made of it", Audio(made.numpy(), RATE_HZ)),
        ]
        name = f"crossing-{content}-{style.partition('.')[0]}.png"
        write_picture(name, png(plot_recordings(panels), dpi=60))


def main() -> None:
    """See the head of this file."""
    parser = argparse.ArgumentParser(prog="python benchmarks crossing", description=__doc__)
    parser.add_argument("--tunes", type=int, default=len(TUNES), help="Number of tunes.")
    parser.add_argument("--depths", action="store_true", help="A table of depths too.")
    parser.add_argument("--pictures", action="store_true", help="Pictures too.")
    asked = parser.parse_args()
    names = RECORDED if audio_folder() is not None else MADE
    if names is MADE:
        leave_out("recorded rain and sea", "name the folder of recordings in ESTILO_AUDIO")
    styles = {each: clip(each, duration_s=STYLE_S, sample_rate=RATE_HZ) for each in names}
    tunes = {name: drawn_tune(name) for name in list(TUNES)[: asked.tunes]}
    rows: list[tuple[object, ...]] = []
    found: dict[str, list[Measured]] = {}
    for name, tune in tunes.items():
        for style_name, style in styles.items():
            for method, made in outputs(tune, style):
                of = measured(tune, style, made)
                found.setdefault(method, []).append(of)
                rows.append((name, style_name, method, *of.cells()))
                print(*rows[-1], flush=True)
    columns = ("transcribed", "pitches", "F1 of frames", "events", "KAD")
    means = ((method, *mean(each).cells()) for method, each in found.items())
    sections: list = [
        (
            "Means over all pairs. Transcribed: share of the known notes that the transcriber "
            f"hears at their pitch and within {1000.0 * _START_S:.0f} ms of their start. Pitches: "
            "share of those whose pitch the multi-pitch network of `estilo.analysis` hears in half "
            "of their time. Events: their "
            "rate, as a ratio to the texture's own. KAD: distance to the texture. Cross-synthesis "
            f"at its usual depth of {DEPTH:g}; `optimise` at its defaults.",
            ("method", *columns),
            means,
        ),
        ("Pair by pair:", ("tune", "texture", "method", *columns), rows),
    ]
    if asked.depths:
        text = "Means over all pairs at other depths:"
        sections.append((text, ("notes", "depth", *columns), depth_rows(tunes, styles)))
    write_table("crossing", "Tunes made of textures", sections)
    if asked.pictures:
        draw(tunes, styles)


if __name__ == "__main__":
    main()
