"""How good a network is, by the project's metrics, on triplets of the validation split."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from estilo.analysis.sound import Sound
from estilo.datasets.manifest import ManifestEntry, read_manifest
from estilo.engines.neural.controls import Controls
from estilo.engines.neural.listening import listen
from estilo.engines.neural.offline import transfer_waveform
from estilo.io.slices import read_slice
from estilo.metrics import METRICS
from estilo.models.network import SAMPLE_RATE, Network

METRIC_NAMES = ("lsd", "timbre_mfcc", "timbre_triplet", "chroma")
N_TRIPLETS = 16
_CHROMA_WEIGHT = 2.0
_SEED = 5


class Triplet(NamedTuple):
    """Waveforms of ``(time,)`` at 48 kHz.

    Args:
        content: notes played by one instrument.
        style: other notes played by another instrument.
        target: notes of the content, played by the style's instrument.
    """

    content: NDArray[np.float32]
    style: NDArray[np.float32]
    target: NDArray[np.float32]


@dataclass
class Validation:
    """Triplets, and what the content copied scores on them.

    Args:
        triplets: triplets that outputs are made from.
        copied: mean of each metric for the content as it is.
    """

    triplets: list[Triplet]
    copied: dict[str, float]

    def table(self, network: Network) -> tuple[dict[str, float], list[NDArray[np.float32]]]:
        """Each metric as a share of the content copied, ``score``, and the outputs.

        Chroma is what was lost of the content copied's. The score is the mean of the shares and
        twice what chroma has lost; lower is better. Neither the judge of timbre nor the pitch
        estimator takes part: what they choose they could not judge.
        """
        outputs = [play(network, triplet) for triplet in self.triplets]
        made = _means(outputs, self.triplets)
        table = {name: made[name] / max(self.copied[name], 1e-9) for name in METRIC_NAMES[:3]}
        lost = self.copied["chroma"] - made["chroma"]
        score = float(_mean(list(table.values()))) + _CHROMA_WEIGHT * max(0.0, lost)
        return {"score": score} | table | {"chroma": lost}, outputs


def validation(folders: Sequence[str], *, n_triplets: int = N_TRIPLETS) -> Validation | None:
    """Choose triplets, the same ones every time; None where the datasets hold none.

    Args:
        folders: folders of the datasets.
        n_triplets: largest number of triplets.
    """
    chosen = _choose(folders, n_triplets)
    if not chosen:
        return None
    triplets = [Triplet(*(_read(*place) for place in places)) for places in chosen]
    copied = _means([triplet.content for triplet in triplets], triplets)
    return Validation(triplets, copied)


@torch.inference_mode()
def play(network: Network, triplet: Triplet) -> NDArray[np.float32]:
    """Let the network play the content in the style, at the levels that they have.

    Args:
        network: network to apply.
        triplet: content and style.

    **Shape**: result ``(time,)`` at 48 kHz.
    """
    device = next(network.parameters()).device
    content, style = (
        torch.from_numpy(each)[None].to(device) for each in (triplet.content, triplet.style)
    )
    played = transfer_waveform(
        network, content, listen(network, style), Controls(level_matching=0.0)
    )
    return played[0].cpu().numpy()


def _choose(
    folders: Sequence[str], n_triplets: int
) -> list[tuple[tuple[Path, ManifestEntry], ...]]:
    phrases: Mapping[str, list[tuple[Path, ManifestEntry]]] = defaultdict(list)
    labels: Mapping[str, list[tuple[Path, ManifestEntry]]] = defaultdict(list)
    for folder in folders:
        for clip in read_manifest(Path(folder)):
            if clip.split == "validation" and clip.phrase:
                phrases[f"{folder}/{clip.phrase}"].append((Path(folder), clip))
                labels[f"{folder}/{clip.label}"].append((Path(folder), clip))
    rng = np.random.default_rng(_SEED)
    chosen = []
    for phrase in rng.permutation(sorted(phrases)).tolist():
        players = phrases[phrase]
        for first, second in rng.permutation(len(players))[: len(players) // 2 * 2].reshape(-1, 2):
            content, target = players[first], players[second]
            others = [each for each in labels[f"{target[0]}/{target[1].label}"] if each != target]
            if others:
                chosen.append((content, others[rng.integers(len(others))], target))
    return chosen[:n_triplets]


def _read(folder: Path, clip: ManifestEntry) -> NDArray[np.float32]:
    return read_slice(folder / clip.path, 0, clip.n_samples)


def _means(outputs: Sequence[NDArray], triplets: Sequence[Triplet]) -> dict[str, float]:
    rows = []
    for output, triplet in zip(outputs, triplets, strict=True):
        ours, target = (Sound(each, SAMPLE_RATE) for each in (output, triplet.target))
        rows.append([METRICS[name].measure(ours, target) for name in METRIC_NAMES])
    return dict(zip(METRIC_NAMES, _mean(rows).tolist(), strict=True))


def _mean(rows: Sequence[Any]) -> NDArray:
    """Mean over the rows in which there is a number; NaN where there is none."""
    return np.ma.filled(np.ma.masked_invalid(np.array(rows, dtype=float)).mean(0), np.nan)
