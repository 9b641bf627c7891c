"""What lies beyond the ends of a recording: its continuation, or its other end if it closes."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_ORDER = 256
_N_SEEN = 4096
_N_PREDICTED, _N_LATEST = 2048, 64
_SILENCE = 1e-12
_FIRST, _LAST = slice(None, _N_SEEN), slice(-_N_SEEN, None)
# Of 360 stretches of 18 recordings, 96 % are called a loop after a crossfade of 50 ms, and 4 % as
# they were cut: those are the sea, rain and pauses, where nothing is lost by it. Longer ends than
# these hold other sounds than those that meet, by which more cuts would pass.
_LOOP_ORDER, _N_MEETING = 64, 1536
_SHORTEST_LOOP = 4 * _LOOP_ORDER
_UNHEARD = 10.0 ** (-45.0 / 20.0)
_AT_ONCE, _MOST_ERROR = 4, 1.7
_LATER = 0.5
_LEAST_GAIN = 4.0


def extended(waveform: Tensor, n_samples: int) -> Tensor:
    """A recording with its continuation on both sides, faded out.

    Each end is continued by linear prediction, as tones and noises go on by themselves, with the
    coefficients that Burg's method finds in its last 4096 samples (Kauppinen & Roth 2002, "Audio
    signal extrapolation: theory and applications", DAFx). Spectra of frames that look beyond an end
    are then those of the sound, where silence or a mirror image would put a crack into all bands.

    Args:
        waveform: ``(time,)``.
        n_samples: number of samples that are added on each side.

    **Shape**: result ``(n_samples + time + n_samples,)``.

    Example:
        >>> tone = torch.sin(0.1 * torch.arange(2000.0) + 1.0)
        >>> longer = extended(tone, 100)
        >>> bool((longer[100:-100] - tone).abs().max() == 0)
        True
        >>> abs(float(longer[95] - torch.sin(torch.tensor(0.5)))) < 0.02
        True
    """
    samples, fade = waveform.detach().cpu().numpy().astype(np.float64), _fade(n_samples)
    after = _predicted(samples[_LAST], n_samples) * fade
    before = _predicted(samples[_FIRST][::-1], n_samples) * fade
    first, last = (torch.from_numpy(side.copy()).to(waveform) for side in (before[::-1], after))
    return torch.cat([first, waveform, last])


def continuations(
    samples: NDArray[Any], *, before: int, after: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What may have led to a recording, and what may follow it, at its level.

    For the first 2048 samples it is continued as in `extended`; from there on its mirror image goes
    on, at the level of its last samples. So a recording that is cut in the middle of a sound has
    been sounding for a while, as what listens for changes of level would have it, and one that
    begins or ends at rest stays at rest.

    Args:
        samples: ``(time,)``.
        before: number of samples of what leads to it.
        after: number of samples of what follows.

    **Shape**: results ``(before,)`` and ``(after,)``.

    Example:
        >>> tone = np.sin(0.1 * np.arange(20000) + 1.0)
        >>> before, after = continuations(tone, before=0, after=8000)
        >>> round(float(np.abs(after[5000:5100]).max()), 2)
        1.0
    """
    leading = _continuation(samples[::-1], before)
    return leading[::-1].copy(), _continuation(samples, after)


def closes(samples: NDArray[Any]) -> bool:
    """Whether the end of a recording goes on at its start, as that of a loop does.

    The sample after the last and those that follow are predicted from the end, and the one before
    the first from the start, by linear prediction. Where the other end is met no worse than the
    recording meets itself, playing it round is as smooth as playing it. Noise 45 dB below the ends
    stands for what nobody would hear, and bounds the precision that tones without any are held to.
    So a cut through a note is refused where its halves differ by a hundredth of a period. The sea,
    and pauses with the hum of a room, close wherever they are cut, and white noise nowhere, as none
    of it can be predicted.

    Args:
        samples: ``(channels, time)``.

    Example:
        >>> time = np.arange(8000) / 8000
        >>> loop = np.sin(2 * np.pi * 220 * time + 1.0)[None]
        >>> closes(loop), closes(loop[:, :-10])
        (True, False)
    """
    if samples.shape[1] < _SHORTEST_LOOP:
        return False
    ends = [
        samples[:, part].astype(np.float64)
        for part in (slice(-_N_MEETING, None), slice(None, _N_MEETING))
    ]
    level = float(np.sqrt(np.mean(np.square(np.concatenate(ends, axis=1)))))
    if level == 0.0:
        return False
    rng = np.random.default_rng(0)
    power, inside, seam = 0.0, 0.0, np.zeros(_LOOP_ORDER)
    for channel in range(len(samples)):
        end, start = (
            side[channel] + _UNHEARD * level * rng.standard_normal(side.shape[1]) for side in ends
        )
        for own, other in ((end, start), (start[::-1], end[::-1])):
            coefficients = predictor(own, _LOOP_ORDER)
            power += float(np.mean(own**2))
            inside += float(np.mean(_errors(own, coefficients) ** 2))
            joined = np.concatenate([own[-_LOOP_ORDER:], other[:_LOOP_ORDER]])
            seam += _errors(joined, coefficients) ** 2
    at_once, later = np.mean(seam[:_AT_ONCE]), np.mean(seam)
    if power < _LEAST_GAIN * inside:
        return False
    return bool(max(at_once, _LATER * later) < _MOST_ERROR**2 * inside)


def predictor(samples: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """Coefficients that predict a sample from those before it, latest first, by Burg's method.

    Args:
        samples: samples to be predicted. **Shape** ``(time,)``.
        order: number of coefficients; there are fewer where fewer predict all.

    Example:
        >>> tone = np.sin(0.1 * np.arange(2000))
        >>> np.allclose(predictor(tone, 2), [2.0 * np.cos(0.1), -1.0], atol=1e-3)
        True
    """
    forward, backward = samples[1:].copy(), samples[:-1].copy()
    coefficients = np.zeros(0)
    for _ in range(order):
        energy = forward @ forward + backward @ backward
        if energy <= _SILENCE:
            break
        reflection = 2.0 * (forward @ backward) / energy
        coefficients = np.append(coefficients - reflection * coefficients[::-1], reflection)
        forward, backward = (
            forward[1:] - reflection * backward[1:],
            backward[:-1] - reflection * forward[:-1],
        )
    return coefficients


def _errors(samples: NDArray[np.float64], coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each sample differs by from its prediction, from the first that has one."""
    order = len(coefficients)
    return np.convolve(samples, np.concatenate([[1.0], -coefficients]))[order : len(samples)]


def _fade(n_samples: int) -> NDArray[np.float64]:
    return 0.5 + 0.5 * np.cos(np.pi * (np.arange(n_samples) + 1.0) / (n_samples + 1.0))


def _continuation(samples: NDArray[Any], n_samples: int) -> NDArray[np.float64]:
    """What follows the last sample, with an end that fades."""
    seen = samples[_LAST].astype(np.float64)
    level = float(np.sqrt(np.mean(seen**2))) if len(seen) else 0.0
    if level == 0.0 or n_samples == 0:
        return np.zeros(n_samples)
    predicted, fade = _predicted(seen, n_samples), np.zeros(n_samples)
    share = _share_of_level(seen)
    n_fade = min(round(share * _N_PREDICTED), n_samples)
    fade[:n_fade] = _fade(n_fade)
    mirrored = np.pad(seen, (0, n_samples), mode="symmetric")[len(seen) :]
    out = fade * predicted + np.sqrt(1.0 - fade**2) * share * mirrored
    out[n_samples - n_samples // 4 :] *= _fade(n_samples // 4)
    return out


def _share_of_level(seen: NDArray[np.float64]) -> float:
    """How loud the last 64 samples are against all, 1 at most.

    Squares of samples and of steps are added, each against its mean: their sum is the same all
    along a tone, however few of its periods are looked at.
    """
    shares = [
        np.mean(each[-_N_LATEST:] ** 2) / np.mean(each**2)
        for each in (seen, np.diff(seen))
        if each.any()
    ]
    return min(1.0, float(np.sqrt(np.mean(shares))))


def _predicted(seen: NDArray[np.float64], n_samples: int) -> NDArray[np.float64]:
    coefficients = predictor(seen, min(_ORDER, len(seen) // 3))
    order = len(coefficients)
    out = np.zeros(order + n_samples)
    if order == 0:
        return out
    out[:order] = seen[-order:]
    reversed_coefficients = coefficients[::-1].copy()
    for i in range(order, order + n_samples):
        out[i] = reversed_coefficients @ out[i - order : i]
    peak = np.abs(seen).max()  # tones that beat may add up to more than was ever heard
    return np.clip(out[order:], -peak, peak)
