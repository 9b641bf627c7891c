"""The strength table of `bench_quality` on ten pairs that no default was chosen with."""

import numpy as np

import estilo
from bench_quality import STRENGTHS, best_crossfade, crossfades, kept, scored
from common import recording, write_table

PAIRS = (
    ("speech-reading.ogg", "cello-phrase.wav"),
    ("humpback.ogg", "orchestra.wav"),
    ("singing-female.wav", "rain.wav"),
    ("piano.wav", "ocean.wav"),
    ("robin.ogg", "sax-phrase.wav"),
    ("orchestra.wav", "jazz-vibraphone.ogg"),
    ("strings-brahms.ogg", "trumpet-loop.ogg"),
    ("cello-phrase.wav", "speech-female.wav"),
    ("jazz-vibraphone.ogg", "humpback.ogg"),
    ("mridangam.wav", "strings-brahms.ogg"),
)


def main() -> None:
    """Measure and write the table."""
    clips = [(recording(c, duration_s=8.0), recording(s, duration_s=8.0)) for c, s in PAIRS]
    fades = [crossfades(*pair) for pair in clips]
    rows, closer = [], []
    for strength in STRENGTHS:
        scores = np.array(
            [scored(estilo.transfer(c, s, strength=strength).audio, c, s) for c, s in clips]
        )
        cross = np.array([best_crossfade(f, kept(v)) for f, v in zip(fades, scores, strict=True)])
        mean = scores.mean(0)
        closer.append(int((scores[:, 2] < cross).sum()))
        rows.append(
            (
                strength,
                f"{mean[0]:.3f}",
                f"{mean[1]:.3f}",
                f"{kept(mean):.3f}",
                f"**{mean[2]:.3f}**",
                f"{cross.mean():.3f}",
                f"{closer[-1]} of {len(clips)}",
            )
        )
    columns = ("strength", "chroma", "onset F1", "kept", "distance", "crossfade's", "pairs closer")
    write_table(
        "held-out",
        "Content kept and style taken on pairs that no default was chosen with",
        [
            (
                "As in [quality.md](quality.md), whose ten pairs the bands, the strength curve "
                "and the limit of the gains were chosen on. Recordings recur, pairs do not.",
                columns,
                rows,
            )
        ],
    )


if __name__ == "__main__":
    main()
