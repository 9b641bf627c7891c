"""A few stretches that stand for a long recording, and its level."""

from collections.abc import Sequence

from torch import Tensor

from estilo.errors import AudioFileError

SHORTEST_S = 0.5
"""How long a style is played over and over at least, in seconds, before its statistics are taken:
enough for the widest patch of every default."""

_N_EXCERPTS = 4
_BLOCK = 1 << 22
SILENCE = 1e-5  # -100 dB: below it there is nothing to transfer


def excerpts(waveform: Tensor, *, longest: int) -> list[Tensor]:
    """The whole recording if it is short enough, else evenly spaced stretches of it.

    Args:
        waveform: ``(time,)``.
        longest: how many samples all stretches may have together.

    **Shape**: results ``(time',)``.

    >>> import torch
    >>> [len(part) for part in excerpts(torch.zeros(100), longest=40)]
    [10, 10, 10, 10]
    """
    spans = excerpt_spans(waveform.shape[-1], longest=longest)
    return [waveform[start:stop] for start, stop in spans]


def excerpt_spans(length: int, *, longest: int) -> list[tuple[int, int]]:
    """First sample of each of the `excerpts`, and the one after its last.

    Args:
        length: length of the recording, in samples.
        longest: how many samples all stretches may have together.

    >>> excerpt_spans(100, longest=40)
    [(0, 10), (30, 40), (60, 70), (90, 100)]
    """
    if length <= longest:
        return [(0, length)]
    size = longest // _N_EXCERPTS
    last = length - size
    starts = [round(i * last / (_N_EXCERPTS - 1)) for i in range(_N_EXCERPTS)]
    return [(start, start + size) for start in starts]


def repeated(waveform: Tensor, *, shortest: int) -> Tensor:
    """A recording played over and over where it is shorter than what can be analysed.

    One that is long enough is given back itself, and not copied.

    Args:
        waveform: ``(time,)``, at least one sample.
        shortest: fewest samples of the result.

    **Shape**: result ``(time',)``.

    >>> import torch
    >>> repeated(torch.tensor([1.0, 2.0]), shortest=3)
    tensor([1., 2., 1., 2.])
    """
    n_times = max(1, -(-shortest // waveform.shape[-1]))
    return waveform if n_times == 1 else waveform.repeat(n_times)


def root_mean_square(waveform: Tensor) -> float:
    """Level of a recording of any length.

    **Shape**: ``(time,)``.
    """
    energy = sum(float(block.double().square().sum()) for block in waveform.split(_BLOCK, dim=-1))
    return (energy / max(1, waveform.numel())) ** 0.5


def require_sound(styles: Sequence[Tensor]) -> None:
    """Refuse styles in which there is nothing to hear.

    Args:
        styles: ``(channels, time)`` each.

    Raises:
        AudioFileError: one of them is silent in all its channels.
    """
    for i, style in enumerate(styles):
        if max(root_mean_square(channel) for channel in style) < SILENCE:
            raise AudioFileError(
                f"style {i + 1} is silent: there is no style in it; give one with sound"
            )
