"""The neural engine on triplets with a target: all of the recording known, or as a stream.

A report on the scoreboard's soundfont, by which nothing is chosen; melodies and polyphony apart.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from common import write_table
from estilo.audio import Audio
from estilo.dsp.resample import resample
from estilo.engines.neural.adaptation import Adaptation
from estilo.engines.neural.controls import Controls
from estilo.engines.neural.listening import listen
from estilo.engines.neural.offline import transfer_waveform
from estilo.engines.neural.weights import network_id, read_weights
from estilo.evaluation.makers import Maker, TransferMaker
from estilo.evaluation.sets.base import Item
from estilo.evaluation.sets.synthetic import SyntheticTriplets
from estilo.models.network import SAMPLE_RATE
from exam import Exam, Values, against, cell, make_parser

METRICS = {
    "lsd": "LSD",
    "timbre_mfcc": "timbre (MFCC)",
    "timbre_triplet": "timbre (triplet)",
    "pitch": "pitch",
}
ADAPT_STEPS = 150
MODES = ((0.0, 0), (0.5, 0), (0.0, ADAPT_STEPS))
SOUND_CHECK_S = 2.0
GROUPS = {"all": "", "melodies": "mono", "polyphony": "poly"}


@dataclass(frozen=True)
class StreamMaker(Maker):
    """What the stream gives, which hears nothing before it comes; in time with the content.

    Args:
        level_matching: see `Controls`.
        adapt: steps of adaptation before, for which only the content's first 2 s are known.
    """

    level_matching: float
    adapt: int

    def recipe(self) -> dict[str, Any]:
        """See `Maker.recipe`."""
        network = network_id(read_weights()[0])
        return {"stream": network, "level_matching": self.level_matching, "adapt": self.adapt}

    def warm(self) -> None:
        """See `Maker.warm`."""
        read_weights()

    def make(self, item: Item) -> Audio:
        """See `Maker.make`."""
        assert item.content is not None
        network, _ = read_weights()
        content, style = (
            torch.from_numpy(resample(each.samples, each.sample_rate, SAMPLE_RATE))
            for each in (item.content, item.style)
        )
        if self.adapt:
            check = content[:, : round(SOUND_CHECK_S * SAMPLE_RATE)]
            adaptation = Adaptation(network, check, [style], [1.0], n_steps=self.adapt)
            while not adaptation.is_done:
                adaptation.step()
            network = adaptation.network
        controls = Controls(level_matching=self.level_matching)
        played = transfer_waveform(network, content, listen(network, style), controls)
        rate, n_samples = item.content.sample_rate, item.content.n_samples
        return Audio(resample(played.numpy(), SAMPLE_RATE, rate, n_samples=n_samples), rate)


def row(name: str, values: Values, base: Values, chosen: np.ndarray) -> tuple[str, ...]:
    """Ratios to the content copied, of pitch the difference."""
    part, own = ({m: each[m][chosen] for m in METRICS} for each in (values, base))
    n = int(chosen.sum())
    return (name, *(cell(against(part, own, metric), n=n) for metric in METRICS))


def main() -> None:
    """Measure what is not yet measured, and write the table."""
    parser = make_parser(str(__doc__), folder="causal")
    parser.add_argument("--triplets", type=int, default=60)
    options = parser.parse_args()
    triplets = SyntheticTriplets()
    names = triplets.names(options.triplets)
    exam = Exam("triplets", triplets, names, folder=options.folder, n_jobs=options.processes)
    base = exam.copied()
    rows = {"EQ match": exam.values("EQ match", TransferMaker({"engine": "eq", "strength": 1.0}))}
    for matching, adapt in MODES:
        name = f"level matching {matching:g}, adapted" if adapt else f"level matching {matching:g}"
        maker = TransferMaker({"engine": "neural", "level_matching": matching, "adapt": adapt})
        rows[name] = exam.values(name, maker)
        rows[f"{name}, stream"] = exam.values(f"{name}, stream", StreamMaker(matching, adapt))
    sections = []
    for title, group in GROUPS.items():
        chosen = np.array([name.startswith(group) for name in names])
        copied = ", ".join(f"{METRICS[m]} {base[m][chosen].mean():.3f}" for m in METRICS)
        sections.append(
            (
                f"## {title.capitalize()}\n\n{int(chosen.sum())} triplets. "
                f"Content copied: {copied}.",
                ("", *METRICS.values()),
                [row(name, values, base, chosen) for name, values in rows.items()],
            )
        )
    network, card = read_weights()
    about = (
        f"Weights *{card.name}* ({network_id(network)}), triplets of TimGM6mb: ratios to the "
        "content copied, for pitch the difference, with 95 % intervals. *Stream*: what is played "
        "block by block at 48 kHz, which knows neither the content's level nor its levels' "
        "distribution beforehand; offline a first pass finds both. "
        f"*Adapted*: {ADAPT_STEPS} steps before, "
        f"for the stream with the first {SOUND_CHECK_S:g} s of the content as a sound check."
    )
    write_table(
        "causal", "Against the ground truth, offline and as a stream", [(about, (), []), *sections]
    )
