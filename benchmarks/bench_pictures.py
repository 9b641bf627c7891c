"""Pictures of what the engine notes makes of recorded instruments, each beside its target.

On `recorded-dev`: the content, the output, and the same notes as the style's instrument really
plays them.
"""

import argparse

import numpy as np

from common import leave_out, write_picture, write_table
from estilo.analysis.sound import Sound
from estilo.errors import EstiloError
from estilo.evaluation.sets.recorded import RecordedDev
from estilo.metrics import METRICS
from estilo.pipeline.transfer import transfer
from estilo.plots.figures import plot_recordings, png

N_PICTURES = 8
METHODS = ("lsd", "timbre_mfcc", "timbre_judge", "pitch")
DPI = 45


def main() -> None:
    """See the head of this file."""
    parser = argparse.ArgumentParser(prog="python benchmarks pictures", description=__doc__)
    parser.add_argument("--pictures", type=int, default=N_PICTURES, help="Number of pictures.")
    asked = parser.parse_args()
    triplets = RecordedDev()
    try:
        names = triplets.names(asked.pictures)
    except EstiloError as error:
        leave_out("pictures of recorded instruments", str(error))
        return
    rows = []
    for name in names:
        item = triplets.load(name)
        assert item.content is not None
        assert item.target is not None
        made = transfer(item.content, item.style, engine="notes", scores=False).audio
        first, second = triplets.alike(name).split("--")
        panels = [
            (f"content: {first}", item.content),
            ("output", made),
            (f"target: {second}", item.target),
        ]
        write_picture(f"pictures/{name}.png", png(plot_recordings(panels), dpi=DPI))
        target = Sound.of(item.target)
        before, after = (
            np.array([METRICS[each].measure(Sound.of(audio), target) for each in METHODS])
            for audio in (item.content, made)
        )
        cells = [f"{x:.2f}" for x in after[:-1] / before[:-1]]
        rows.append((name, *cells, f"{after[-1] - before[-1]:+.2f}"))
        print(*rows[-1], flush=True)
    text = (
        "Distances to the target as ratios to those of the content, pitch as a difference from it. "
        "The pictures are beside this page, in `pictures`."
    )
    columns = ("triplet", "LSD", "timbre (MFCC)", "timbre (judge)", "pitch")
    write_table("pictures", "The engine notes beside the truth", [(text, columns, rows)])


if __name__ == "__main__":
    main()
