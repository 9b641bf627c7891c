"""Shares of its content that an output kept: harmony, onsets, course of loudness.

Conventions: mono, 16 kHz, the output padded or cut to the content's length. All ignore gain.
None is in the table of the SS VQ-VAE paper (O. Cífka et al. 2021,
https://arxiv.org/abs/2102.05749), which judges content by pitch alone: compare them within one test
set, beside "content copied" (best) and "style copied" (chance).

Metrics: `chroma_similarity`, `onset_f1`, `onsets_kept`, `loudness_correlation`.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.onsets import matched_events, onset_times
from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.spectra import chroma
from estilo.metrics.base import Metric, aligned_once, are_audible, nothing_to_measure

ONSET_WINDOW_S = 0.05
LOUDNESS_FRAME_S = 0.1
_SOUNDING_DB = -40.0
_LOUDNESS_RANGE_DB = 60.0
_STEADY_DB = 1e-3


def chroma_similarity(output: Sound, content: Sound) -> float:
    r"""Cosine of the two chroma vectors, mean over the frames where the content sounds.

    Frames count whose chroma is within 40 dB of the content's loudest; those where the output is
    silent count 0. Unrelated music reads about 0.3, two noises about 1.

    Args:
        output: any length and rate.
        content: any length and rate.

    Returns:
        0 to 1, where 1 is the same harmony; NaN after a warning where one is silent.

    Raises:
        InputError: one of them is not a `Sound`.

    Example:
        >>> time_s = np.arange(16000) / 16000
        >>> low, high, other = (
        ...     Sound(np.sin(2 * np.pi * f * time_s), 16000) for f in (220, 440, 311)
        ... )
        >>> chroma_similarity(high, low) > 0.98, chroma_similarity(other, low) < 0.1
        (True, True)
    """
    if not are_audible("chroma", output, content):
        return nothing_to_measure("chroma")
    theirs = content.once(chroma).astype(np.float64)
    ours = _fitted(aligned_once(output, content).once(chroma), theirs.shape[1])
    strength = np.linalg.norm(theirs, axis=0)
    sounding = strength > strength.max() * 10.0 ** (_SOUNDING_DB / 20.0)
    if not sounding.any():
        return nothing_to_measure("chroma", "the content has nothing between 65 Hz and 8 kHz")
    return mean_cosine(ours[:, sounding], theirs[:, sounding])


def mean_cosine(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Cosine of vectors, mean over frames; 0 where one of them is silent, and 1 at most.

    Args:
        ours: vectors of the output. **Shape** ``(classes, frames)``.
        theirs: vectors of the content. **Shape** that of the output's.

    Example:
        >>> mean_cosine(np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([[2.0, 1.0], [0.0, 1.0]]))
        0.5
    """
    products = np.sum(ours * theirs, axis=0)
    norms = np.linalg.norm(ours, axis=0) * np.linalg.norm(theirs, axis=0)
    cosines = np.divide(products, norms, out=np.zeros_like(products), where=norms > 0.0)
    return min(float(cosines.mean()), 1.0)


def onset_f1(output: Sound, content: Sound) -> float:
    r"""F1 of the output's onsets against the content's, each matched once within 50 ms.

    .. math:: F = 2 n_{matched} / (n_{output} + n_{content})

    Onsets are those of `estilo.analysis.onsets`; the measure is ``mir_eval.onset.f_measure``.

    Args:
        output: any length and rate.
        content: any length and rate.

    Returns:
        0 to 1, where 1 has every onset in its place; NaN after a warning where one is silent or the
        content has no onset.

    Raises:
        InputError: one of them is not a `Sound`.

    Example:
        >>> clicks = np.zeros(32000)
        >>> clicks[[4000, 12000, 20000, 28000]] = 1.0
        >>> content = Sound(clicks, 16000)
        >>> onset_f1(content, content), round(onset_f1(Sound(clicks[:16000], 16000), content), 3)
        (1.0, 0.667)
    """
    return _onset_f1("onset_f1", output, content, lag_of=lambda _ours, _theirs: 0.0)


def onsets_kept(output: Sound, content: Sound) -> float:
    """`onset_f1` after the output is moved by the lag that most of its onsets have.

    Instruments speak at different speeds: a reed is heard later than a string that is plucked,
    however well both players keep time. The lag is the median over the onsets of both that lie
    within 100 ms of each other, and 50 ms at most.

    Args:
        output: any length and rate.
        content: any length and rate.

    Returns:
        0 to 1, where 1 has every onset in its place; NaN after a warning where one is silent or the
        content has no onset.

    Raises:
        InputError: one of them is not a `Sound`.

    Example:
        >>> clicks = np.zeros(32000)
        >>> clicks[[4000, 12000, 20000, 28000]] = 1.0
        >>> content, late = Sound(clicks, 16000), Sound(np.roll(clicks, 1000), 16000)
        >>> onset_f1(late, content), onsets_kept(late, content)
        (0.0, 1.0)
    """
    return _onset_f1("onsets_kept", output, content, lag_of=_common_lag_s)


def _onset_f1(
    name: str,
    output: Sound,
    content: Sound,
    *,
    lag_of: Callable[[np.ndarray, np.ndarray], float],
) -> float:
    """F1 of onsets, the output's moved back by the lag that is found between the two."""
    if not are_audible(name, output, content):
        return nothing_to_measure(name)
    theirs = content.once(onset_times)
    if len(theirs) == 0:
        return nothing_to_measure(name, "the content has no onset")
    ours = aligned_once(output, content).once(onset_times)
    moved = ours - lag_of(ours, theirs)
    n_matched = matched_events(theirs, moved, window_s=ONSET_WINDOW_S)
    return 2.0 * n_matched / (len(theirs) + len(ours))


def _common_lag_s(ours: np.ndarray, theirs: np.ndarray) -> float:
    lags_s = (ours - theirs[:, None])[np.abs(ours - theirs[:, None]) <= 2.0 * ONSET_WINDOW_S]
    lag_s = float(np.median(lags_s)) if len(lags_s) else 0.0
    return float(np.clip(lag_s, -ONSET_WINDOW_S, ONSET_WINDOW_S))


def loudness_correlation(output: Sound, content: Sound) -> float:
    """Pearson correlation of the two levels in dB, in frames of 0.1 s.

    Levels are root mean squares without weighting, at most 60 dB below each one's own loudest
    frame, so that the depth of silence does not decide.

    Args:
        output: any length and rate.
        content: any length and rate, with a level that moves.

    Returns:
        -1 to 1, where 1 is the same course; 0 where the output's level never moves; NaN after a
        warning where one is silent or the content's level never moves.

    Raises:
        InputError: one of them is not a `Sound`.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=32000)
        >>> swell = Sound(noise * np.linspace(0.1, 1.0, 32000), 16000)
        >>> round(loudness_correlation(Sound(0.2 * swell.mono, 16000), swell), 6)
        1.0
    """
    if not are_audible("loudness_correlation", output, content):
        return nothing_to_measure("loudness_correlation")
    theirs = content.once(_level_db)
    ours = aligned_once(output, content).once(_level_db)
    n_frames = min(len(ours), len(theirs))
    ours, theirs = ours[:n_frames] - ours[:n_frames].mean(), theirs[:n_frames]
    theirs = theirs - theirs.mean()
    if np.abs(theirs).max() < _STEADY_DB:
        return nothing_to_measure("loudness_correlation", "the content's level never moves")
    if np.abs(ours).max() < _STEADY_DB:
        return 0.0
    correlation = float(ours @ theirs / (np.linalg.norm(ours) * np.linalg.norm(theirs)))
    return min(max(correlation, -1.0), 1.0)


def _fitted(frames: NDArray[np.float32], n_frames: int) -> NDArray[np.float64]:
    """Rates whose durations round differently leave one frame more or less."""
    missing = max(n_frames - frames.shape[1], 0)
    return np.pad(frames[:, :n_frames], ((0, 0), (0, missing))).astype(np.float64)


def _level_db(sound: Sound) -> NDArray[np.float64]:
    """Level of every 0.1 s; the last frame is filled with silence. **Shape** ``(frames,)``."""
    size = round(LOUDNESS_FRAME_S * RATE_HZ)
    waveform = sound.mono.astype(np.float64)
    frames = np.pad(waveform, (0, -len(waveform) % size)).reshape(-1, size)
    power = np.square(frames).mean(axis=1)
    floor = power.max(initial=0.0) * 10.0 ** (-_LOUDNESS_RANGE_DB / 10.0)
    return 10.0 * np.log10(np.maximum(power, max(floor, np.finfo(np.float64).tiny)))


CHROMA = Metric("chroma", "chroma", "higher", 1.0, "content", chroma_similarity)
ONSET_F1 = Metric("onset_f1", "onset F1", "higher", 1.0, "content", onset_f1)
ONSETS_KEPT = Metric("onsets_kept", "onsets kept", "higher", 1.0, "content", onsets_kept)
LOUDNESS_CORRELATION = Metric(
    "loudness_correlation", "loudness corr.", "higher", 1.0, "content", loudness_correlation
)
