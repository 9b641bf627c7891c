"""What a network has heard in training, for the card of its weights."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from estilo.datasets.manifest import read_manifest

_RECORDINGS = "recordings"  # in place of the names of somebody's files


def heard(folders: Sequence[str]) -> tuple[str, ...]:
    """Sources of the training clips with their terms and lengths, longest first.

    For example "FluidSynth, MuseScore_General (MIT): 4.2 h". Recordings that were added to a
    dataset count as one source per licence.

    Raises:
        InputError: a folder has no manifest, or one that is damaged.
    """
    hours: dict[str, float] = defaultdict(float)
    for folder in folders:
        for clip in read_manifest(Path(folder)):
            if clip.split == "train":
                source = _RECORDINGS if clip.source.startswith("sha256:") else clip.source
                hours[f"{source} ({clip.licence})"] += clip.duration_s / 3600.0
    longest_first = sorted(hours.items(), key=lambda each: (-each[1], each[0]))
    return tuple(f"{source}: {_spoken(length)} h" for source, length in longest_first)


def _spoken(hours: float) -> str:
    return f"{hours:.1f}" if hours >= 1.0 else f"{hours:.2g}"
