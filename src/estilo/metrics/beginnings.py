"""Harmony and notes of the content that an output kept, heard where the content's notes begin.

Conventions: mono, 16 kHz, the output padded or cut to the content's length; frames from 50 to
300 ms after an onset of the content, or up to the next one; all frames where it has none.

Instruments differ in how long their notes sound, which is style: a string that is plucked has faded
where one that is bowed goes on. At its beginning a note sounds on both.

Metrics: `harmony_kept`, `notes_kept`.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.multipitch import note_probabilities
from estilo.analysis.onsets import onset_times
from estilo.analysis.salience import FRAME_RATE_HZ, trained_weights
from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.spectra import CHROMA_HOP, chroma
from estilo.metrics.base import Metric, aligned_once, are_audible, nothing_to_measure
from estilo.metrics.content import mean_cosine

_FROM_S, _TO_S = 0.05, 0.3
_CHROMA_RATE_HZ = RATE_HZ / CHROMA_HOP


def harmony_kept(output: Sound, content: Sound) -> float:
    """Cosine of the powers of the pitch classes, mean over the beginnings of notes.

    Powers, where `estilo.metrics.content.chroma_similarity` compares amplitudes: weak partials,
    which differ between instruments, hardly count. A frame where the output is silent counts 0.

    Args:
        output: any length and rate.
        content: any length and rate.

    Returns:
        0 to 1, where 1 is the same harmony and 0.14 that of other music; NaN after a warning where
        one is silent.

    Raises:
        InputError: one of them is not a `Sound`.

    Example:
        >>> time_s = np.arange(16000) / 16000
        >>> low, high, other = (
        ...     Sound(np.sin(2 * np.pi * f * time_s), 16000) for f in (220, 440, 311)
        ... )
        >>> harmony_kept(high, low) > 0.98, harmony_kept(other, low) < 0.05
        (True, True)
    """
    if not are_audible("harmony_kept", output, content):
        return nothing_to_measure("harmony_kept")
    ours, theirs = _at_beginnings(output, content, _chroma_powers, rate_hz=_CHROMA_RATE_HZ)
    sounding = theirs.any(axis=1)
    if not sounding.any():
        return nothing_to_measure("harmony_kept", "the content has nothing between 65 Hz and 8 kHz")
    return mean_cosine(ours[sounding].T, theirs[sounding].T)


def notes_kept(output: Sound, content: Sound) -> float:
    r"""F1 of the notes that sound at the beginnings of notes, with doubtful ones in between.

    .. math:: \frac{\sum_{A} \min(b / \theta, 1) + \sum_{B} \min(a / \theta, 1)}{|A| + |B|}

    with *a* and *b* the probabilities of notes of content and output by
    `estilo.analysis.salience`, and :math:`A, B` those above the threshold :math:`\theta` from which
    `estilo.analysis.multipitch` hears them. So a note that is just missed, as another instrument
    has other partials, counts almost as one that is heard.

    Args:
        output: any length and rate.
        content: any length and rate.

    Returns:
        0 for no note in common, to 1 for the same notes; NaN after a warning where one is silent or
        neither has notes.

    Raises:
        InputError: one of them is not a `Sound`.

    Example:
        >>> time = np.arange(16000) / 16000
        >>> low, high = (Sound(np.sin(2 * np.pi * f * time), 16000) for f in (220, 330))
        >>> notes_kept(low, low), notes_kept(high, low) < 0.3
        (1.0, True)
    """
    if not are_audible("notes_kept", output, content):
        return nothing_to_measure("notes_kept")
    ours, theirs = _at_beginnings(output, content, note_probabilities, rate_hz=FRAME_RATE_HZ)
    threshold = float(trained_weights()["threshold"])
    of_output, of_content = ours > threshold, theirs > threshold
    n_notes = int(of_output.sum() + of_content.sum())
    if n_notes == 0:
        return nothing_to_measure("notes_kept", "neither recording has notes")
    found = np.minimum(ours[of_content] / threshold, 1.0).sum()
    wanted = np.minimum(theirs[of_output] / threshold, 1.0).sum()
    return float(found + wanted) / n_notes


def _at_beginnings(
    output: Sound,
    content: Sound,
    analysis: Callable[[Sound], NDArray[np.float32]],
    *,
    rate_hz: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frames of output and content where notes begin. **Shape** ``(frames, …)`` both."""
    theirs = content.once(analysis).astype(np.float64)
    ours = aligned_once(output, content).once(analysis).astype(np.float64)
    n_frames = min(len(ours), len(theirs))
    chosen = _beginnings(content, n_frames, rate_hz=rate_hz)
    return ours[:n_frames][chosen], theirs[:n_frames][chosen]


def _beginnings(content: Sound, n_frames: int, *, rate_hz: float) -> NDArray[np.bool_]:
    """Which frames lie soon after an onset; all, where there is none. **Shape** ``(frames,)``."""
    onsets_s = content.once(onset_times)
    ends_s = np.minimum(onsets_s + _TO_S, np.append(onsets_s[1:], np.inf))
    chosen = np.zeros(n_frames, bool)
    for start_s, end_s in zip(onsets_s + _FROM_S, ends_s, strict=True):
        chosen[int(np.ceil(start_s * rate_hz)) : int(end_s * rate_hz) + 1] = True
    return chosen if chosen.any() else np.ones(n_frames, bool)


def _chroma_powers(sound: Sound) -> NDArray[np.float32]:
    """**Shape** ``(frames, 12)``."""
    return np.square(sound.once(chroma)).T


HARMONY_KEPT = Metric("harmony_kept", "harmony kept", "higher", 1.0, "content", harmony_kept)
NOTES_KEPT = Metric("notes_kept", "notes kept", "higher", 1.0, "content", notes_kept)
