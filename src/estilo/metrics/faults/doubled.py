r"""Two sounds at once: the content's own waveform, and beside it the style's or another one.

Conventions: mono, 16 kHz, frames of 64 ms that overlap by half, in bands of at least 100 Hz and
blocks of a quarter of a second.

A transfer changes one sound; a crossfade is two. What of an output is the waveform of another
recording shows in the coherence of the two spectra,

.. math:: \gamma^2 = |\langle O, S \rangle|^2 / (\|O\|^2 \|S\|^2),

over a band: 1 if one is the other through any filter, next to 0 for recordings that know nothing of
each other (J. Bendat, A. Piersol 2010, Random Data, chapter 6). What the content explains block by
block is taken from both before, so that notes that sound alike do not count.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.transforms import forward
from estilo.metrics.fault import Fault
from estilo.metrics.faults.base import AUDIBLE, Compared, decibels, ramp, stretches

_N_FFT, _HOP = 1024, 512
_BLOCK = 8  # frames
_BLOCK_S = _BLOCK * _HOP / RATE_HZ
_EDGES = np.array([3, 10, 17, 24, 31, 40, 52, 66, 84, 106, 134, 168, 212, 268, 338, 426, 512])
_EDGES_HZ = _EDGES * (RATE_HZ / _N_FFT)
_SECOND = 4  # blocks over which shares are taken
_REACH = 2  # blocks to each side
_FOUND = 0.2  # coherence with the style from which it is there: engines reach 0.04, crossfades 0.9
_SHARE_DB = (-25.0, -12.0)
_FLAT_DB, _VERBATIM_DB = 0.8, (-20.0, -12.0)
_ELSEWHERE = 10.0  # times the content's power
_FOLLOWS = 0.7  # correlation of the levels of two sounds that are one
_QUIET = 0.1  # of the mean power: shares of what is softer are smaller
_TINY = 1e-12

Spectra = NDArray[np.complexfloating]


def doubled_waveforms(of: Compared) -> list[Fault]:
    """Stretches where the waveforms of content and style, or of something else, both sound.

    Severity follows the power of the weaker one: 0 at 25 dB below the whole, 1 from 12 dB. Where
    the style's is not found, the content's counts if it is there as it was, all bands by one gain
    within 0.8 dB, and so does what sounds where the content does not, at whatever gain it has then:
    0 at 20 dB below the whole, 1 from 12 dB.

    Args:
        of: output, and what it is held against.
    """
    if of.content is None or of.output.is_empty or of.content.is_empty:
        return []
    output, content = of.aligned.once(_spectra), of.content.once(_spectra)
    style = None if of.style is None or of.style.is_empty else of.style.once(_spectra)
    found = _found(output, content, style)
    if found and of.target is not None and _found(of.target.once(_spectra), content, style):
        return []  # as the target is two sounds as well
    return found


def _found(output: Spectra, content: Spectra, style: Spectra | None) -> list[Fault]:
    shares = None if style is None else _shares_of_both(output, content, style)
    if shares is not None:
        severity = ramp(decibels(np.minimum(shares.content, shares.other)), *_SHARE_DB)
        return _faults(severity, shares, "the style")
    shares = _shares_of_verbatim(output, content)
    if shares is None:
        return []
    severity = ramp(decibels(np.minimum(shares.content, shares.other)), *_VERBATIM_DB)
    return _faults(severity, shares, "another sound")


@dataclass(frozen=True, eq=False)
class _Shares:
    """Shares of the power within a second around each block; **shape** ``(blocks,)`` both."""

    content: NDArray[np.float64]
    other: NDArray[np.float64]


def _shares_of_both(output: Spectra, content: Spectra, style: Spectra) -> _Shares | None:
    """None where the style's waveform is not there."""
    n = min(len(output), len(content), len(style)) // _BLOCK * _BLOCK
    if n == 0:
        return None
    output, content, style = output[:n], content[:n], style[:n]
    own, theirs = _without(output, content), _without(style, content)
    products = _in_bands((own * theirs.conj()).sum(axis=0))
    power = _in_bands(_power(theirs).sum(axis=0))
    left = _in_bands(_power(own).sum(axis=0))
    gains = products / np.maximum(power, _TINY)
    explained = np.square(np.abs(products)) / np.maximum(power, _TINY)
    if explained.sum() <= _FOUND * left.sum() or left.sum() <= _TINY:
        return None
    others = style * np.repeat(gains, np.diff(_EDGES)).astype(np.complex64)
    rest = output - others
    return _Shares(
        _share(_explained(rest, content), output),
        _share(_in_bands(_in_blocks(_power(others))), output),
    )


def _shares_of_verbatim(output: Spectra, content: Spectra) -> _Shares | None:
    """None where the content's waveform is not there as it was."""
    n = min(len(output), len(content)) // _BLOCK * _BLOCK
    if n == 0:
        return None
    output, content = output[:n], content[:n]
    products = _in_bands((output * content.conj()).sum(axis=0))
    power = _in_bands(_power(content).sum(axis=0))
    total = _in_bands(_power(output).sum(axis=0))
    coherence = np.square(np.abs(products)) / np.maximum(power * total, _TINY**2)
    is_there = coherence > 0.02
    weights = np.sqrt(power) * is_there
    if is_there.mean() < 0.5 or weights.sum() <= _TINY:
        return None
    gains_db = decibels(np.square(np.abs(products)) / np.maximum(np.square(power), _TINY**2))
    mean_db = np.average(gains_db, weights=weights)
    if np.sqrt(np.average(np.square(gains_db - mean_db), weights=weights)) > _FLAT_DB:
        return None
    gain = products.sum() / max(float(power.sum()), _TINY)
    own, theirs = _power(output), _power(content) * _gains(output, content, abs(gain) ** 2)
    # What swells where the content sounds, as by a tremolo or as it is plucked, is no other sound.
    elsewhere = np.where(own > _ELSEWHERE * _spread(theirs), own, 0.0)
    courses = [_in_blocks(each).sum(axis=1, keepdims=True) for each in (theirs, elsewhere)]
    if _correlation(*courses) > _FOLLOWS:
        return None  # nor is what spreads from the content's partials whenever they sound
    return _Shares(_share(courses[0], output), _share(_lasting(courses[1]), output))


def _gains(output: Spectra, content: Spectra, least: float) -> NDArray[np.float32]:
    """Power gain of the content's waveform in every frame; **shape** ``(frames, 1)``.

    A new envelope is another gain at every time; beside another sound, and in pauses, no gain of
    the content explains the output, and the least one counts.
    """
    products = np.square(np.abs((output * content.conj()).sum(axis=1, keepdims=True)))
    power = _power(content).sum(axis=1, keepdims=True)
    return np.maximum(products / np.maximum(np.square(power), _TINY**2), np.float32(least))


def _correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Correlation of two courses of level in dB, where the first is within 40 dB of its loudest."""
    sounds = first > first.max() * 1e-4
    levels_db = [decibels(each[sounds]) for each in (first, second)]
    spreads = [float(each.std()) for each in levels_db]
    if len(levels_db[0]) < 3 or min(spreads) < 1.0:
        return 0.0
    return float(np.asarray(np.corrcoef(levels_db))[0, 1])


def _lasting(power: NDArray[np.floating]) -> NDArray[np.floating]:
    """Median over five blocks: a click is no sound beside another. **Shape** ``(blocks, 1)``."""
    padded = np.pad(power[:, 0], _REACH)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _REACH + 1)
    return np.asarray(np.median(windows, axis=-1, keepdims=True))


def _spread(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Largest of neighbouring bins and frames: as far as a window reaches."""
    padded = np.pad(power, 1, mode="edge")
    of_frames = np.maximum(np.maximum(padded[:-2], padded[2:]), padded[1:-1])
    return np.maximum(np.maximum(of_frames[:, :-2], of_frames[:, 2:]), of_frames[:, 1:-1])


def _spectra(sound: Sound) -> Spectra:
    """Bins of all bands. **Shape** ``(frames, bins)``."""
    window = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(_N_FFT) / _N_FFT)).astype(np.float32)
    padded = np.pad(sound.mono, (_N_FFT // 2, _N_FFT // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _N_FFT)[::_HOP]
    spectra = np.empty((len(frames), _EDGES[-1] - _EDGES[0]), np.complex64)
    for start in range(0, len(frames), 64):
        block = forward(frames[start : start + 64] * window)
        spectra[start : start + 64] = block[:, _EDGES[0] : _EDGES[-1]]
    return spectra


def _without(spectra: Spectra, known: Spectra) -> Spectra:
    """What another sound does not explain, block by block and band by band."""
    products = _in_bands(_in_blocks(spectra * known.conj()))
    gains = products / np.maximum(_in_bands(_in_blocks(_power(known))), _TINY)
    spread = np.repeat(np.repeat(gains, np.diff(_EDGES), axis=1), _BLOCK, axis=0)
    return spectra - spread.astype(np.complex64) * known


def _explained(spectra: Spectra, known: Spectra) -> NDArray[np.float64]:
    """Power that another sound explains, less what chance does. **Shape** ``(blocks, bands)``."""
    products = _in_bands(_in_blocks(spectra * known.conj()))
    power = _in_bands(_in_blocks(_power(spectra))).astype(np.float64)
    theirs = _in_bands(_in_blocks(_power(known))).astype(np.float64)
    coherence = np.square(np.abs(products)) / np.maximum(power * theirs, _TINY**2)
    by_chance = 2.0 / (_BLOCK * np.diff(_EDGES))  # neighbours share half of their samples
    return power * np.clip((coherence - by_chance) / (1.0 - by_chance), 0.0, 1.0)


def _share(power: NDArray[np.floating], output: Spectra) -> NDArray[np.float64]:
    """Share of the output's power within a second around each block.

    What sounds where the output is 10 dB below its mean has a smaller share: in a pause any noise
    is all that there is.
    """
    kernel = np.ones(_SECOND) / _SECOND
    total = np.convolve(_in_blocks(_power(output)).sum(axis=1), kernel, mode="same")
    part = np.convolve(power.sum(axis=1), kernel, mode="same")
    least = max(_QUIET * float(total.mean()), _TINY)
    return part[: len(power)] / np.maximum(total[: len(power)], least)


def _power(spectra: Spectra) -> NDArray[np.float32]:
    return np.square(spectra.real) + np.square(spectra.imag)


def _in_blocks(values: NDArray) -> NDArray:
    return values.reshape(-1, _BLOCK, values.shape[1]).sum(axis=1)


def _in_bands(values: NDArray) -> NDArray:
    return np.add.reduceat(values, _EDGES[:-1] - _EDGES[0], axis=-1)


def _faults(severity: NDArray[np.float64], shares: _Shares, other: str) -> list[Fault]:
    found = []
    for part in stretches(severity >= AUDIBLE, _BLOCK_S, join_s=1.0, least_s=2 * _BLOCK_S):
        weaker_db = float(np.median(decibels(np.minimum(shares.content, shares.other)[part])))
        words = f"the content's waveform and {other} at once, the weaker at {weaker_db:.0f} dB"
        strength = float(np.median(severity[part]))
        start_s, end_s = part.start * _BLOCK_S, part.stop * _BLOCK_S
        low_hz, high_hz = float(_EDGES_HZ[0]), float(_EDGES_HZ[-1])
        found.append(Fault("doubled", strength, start_s, end_s, low_hz, high_hz, None, words))
    return found
