"""Whether the words of a voice survive: the movements of its spectrum, whatever the timbre.

Conventions: mono, 16 kHz, the output padded or cut to the content's length; 18 bands from 150 Hz to
5.6 kHz, every 10 ms.

Metrics: `words_kept`.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.onsets import N_BEFORE, band_powers
from estilo.analysis.sound import Sound
from estilo.analysis.voices import is_voice
from estilo.metrics.base import Metric, aligned_once, are_audible, nothing_to_measure

_FIRST_BAND, _PER_BAND, _N_BANDS = 2, 4, 18  # of the 80 mel bands, by fours up to 5.6 kHz
_SEGMENT = 40  # frames
_HOP = 10
_RANGE_DB = 40.0
_TINY = 1e-12


def words_kept(output: Sound, content: Sound) -> float:
    r"""Correlation of the spectral movements of two voices, as in ESTOI.

    In segments of 0.4 s the envelopes of the bands are normalised to mean 0 and norm 1, band by
    band, which takes an equaliser away, and then frame by frame, which takes the level away; what
    is left are the movements of formants that make phones. The result is the mean inner product of
    the frames of output and content, over segments where the content speaks (within 40 dB of its
    loudest).

    Args:
        output: any length and rate.
        content: any length and rate; `estilo.analysis.voices.is_voice` has to hear a voice in it.

    Returns:
        1 where nothing is lost, about 0 for unrelated words, at least -1; NaN after a warning where
        one is silent or the content is no voice.

    Raises:
        InputError: one of them is not a `Sound`.

    Source: J. Jensen, C. Taal 2016, An algorithm for predicting the intelligibility of speech
        masked by modulated noise maskers, https://doi.org/10.1109/TASLP.2016.2585878
    """
    if not are_audible("words_kept", output, content):
        return nothing_to_measure("words_kept")
    if not content.once(is_voice):
        return nothing_to_measure("words_kept", "the content is no voice")
    return spectral_movement(aligned_once(output, content), content)


def spectral_movement(output: Sound, content: Sound) -> float:
    """The measure of `words_kept`, of recordings of any kind and equal lengths.

    Args:
        output: any rate.
        content: any rate.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=(2, 16000))
        >>> first, second = (Sound(each, 16000) for each in noise)
        >>> round(spectral_movement(first, first), 6), abs(spectral_movement(second, first)) < 0.2
        (1.0, True)
    """
    ours, theirs = output.once(_envelopes), content.once(_envelopes)
    n_frames = min(ours.shape[1], theirs.shape[1])
    if n_frames < _SEGMENT:
        return nothing_to_measure("words_kept", "there is less than 0.4 s")
    segments = [_segments(each[:, :n_frames]) for each in (ours, theirs)]
    level = np.square(segments[1]).sum(axis=(1, 2))
    speaks = level > level.max() * 10.0 ** (-_RANGE_DB / 10.0)
    left, right = (_normalised(each[speaks]) for each in segments)
    return float(np.clip((left * right).sum(axis=1).mean(), -1.0, 1.0))


def _envelopes(sound: Sound) -> NDArray[np.float32]:
    """Amplitude of every band. **Shape** ``(bands, frames)``."""
    power = _merging() @ sound.once(band_powers)[:, N_BEFORE:]
    return np.sqrt(power)


@lru_cache(maxsize=1)
def _merging() -> NDArray[np.float32]:
    matrix = np.zeros((_N_BANDS, 80), np.float32)
    for band in range(_N_BANDS):
        first = _FIRST_BAND + _PER_BAND * band
        matrix[band, first : first + _PER_BAND] = 1.0
    return matrix


def _segments(envelopes: NDArray[np.float32]) -> NDArray[np.float64]:
    """**Shape** ``(segments, bands, frames)``."""
    views = np.lib.stride_tricks.sliding_window_view(envelopes, _SEGMENT, axis=1)
    return views[:, ::_HOP].transpose(1, 0, 2).astype(np.float64)


def _normalised(segments: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean 0 and norm 1, of bands over time and then of frames over bands."""
    for axis in (2, 1):
        segments = segments - segments.mean(axis=axis, keepdims=True)
        norms = np.sqrt(np.square(segments).sum(axis=axis, keepdims=True))
        segments = segments / np.maximum(norms, _TINY)
    return segments


WORDS_KEPT = Metric("words_kept", "words kept", "higher", 1.0, "content", words_kept)
