"""How long a clip must be for its statistics to be taken, and words for one that is not."""

import math
from collections.abc import Sequence

from torch import Tensor

from estilo.errors import AudioFileError
from estilo.features.base import Features


def n_frames_needed(widths: Sequence[int], features: Features | None) -> int:
    """Fewest frames that the widest patch, or the feature network, fits into.

    Args:
        widths: patch widths in frames, of the closed form.
        features: the explicit network; None for the closed form.

    Example:
        >>> n_frames_needed((1, 8), None)
        8
    """
    return max(widths) if features is None else features.n_frames_min


def n_samples_needed(n_frames: int, hop_length: int) -> int:
    """Fewest samples that give so many frames, in every representation.

    Args:
        n_frames: number of frames that are needed.
        hop_length: distance from frame to frame, in samples.

    Example:
        >>> n_samples_needed(8, 512)
        3585
    """
    return (n_frames - 1) * hop_length + 1


def require_length(
    shortest: int, *, content: Tensor, styles: Sequence[Tensor], sample_rate: int
) -> None:
    """Refuse clips that are too short to analyse, before any work is done on them.

    That happens only where patches are set to be much wider than by default: before, short styles
    are repeated, and short contents continued.

    Args:
        shortest: fewest samples that can be analysed.
        content: the content, or what stands in for it in a texture: ``(time,)``.
        styles: ``(time,)`` each.
        sample_rate: sample rate in Hz.

    Raises:
        AudioFileError: one is shorter.
    """
    as_heard = "with what is heard beyond its ends, the content"
    repeatedly = "played over and over, the style"
    for name, waveform in ((as_heard, content), *((repeatedly, style) for style in styles)):
        n_samples = waveform.shape[-1]
        if n_samples < shortest:
            # Rounded so that a clip of the length that is said passes.
            needed_s = math.ceil(1000 * shortest / sample_rate) / 1000
            raise AudioFileError(
                f"{name} is {n_samples / sample_rate:.3f} s long, and the shortest clip that "
                f"these settings can analyse is {needed_s:.3f} s; give a longer clip or narrower "
                "widths"
            )
