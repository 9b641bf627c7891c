"""Distance of the notes of an output from those of its content.

Conventions: mono, 16 kHz, the output padded or cut to the content's length; notes by
`estilo.analysis.multipitch`, every 32 ms, to the semitone.

Metrics: `pitch_distance`.
"""

import numpy as np

from estilo.analysis.multipitch import multipitch
from estilo.analysis.sound import Sound
from estilo.metrics.base import Metric, aligned_once, are_audible, nothing_to_measure


def pitch_distance(output: Sound, content: Sound) -> float:
    r"""One minus the Jaccard index of the notes sounding in a frame, mean over frames.

    .. math:: \frac1N \sum_n \left(1 - \frac{|A_n \cap B_n|}{|A_n \cup B_n|}\right)

    with :math:`A_n, B_n` the sets of MIDI notes; a frame where both are empty counts 0
    (O. Cífka, A. Ozerov, U. Şimşekli, G. Richard 2021, "Self-supervised VQ-VAE for one-shot music
    style transfer", https://arxiv.org/abs/2102.05749).

    The figure has a floor: the same notes on another instrument differ in what is audible of them,
    for how long and with which partials, so that a perfect transfer is far from 0; give the true
    target's distance beside it. The paper counted with another estimator, a trained one whose
    errors differ: compare with its table by ratios to "content copied" and to its style rows, not
    by values.

    Args:
        output: any rate and length.
        content: any rate, not necessarily the output's.

    Returns:
        0 for equal notes, 1 for no note in common; NaN after a warning where one is silent.

    Raises:
        InputError: one of them is not a `Sound`.

    Example:
        >>> time = np.arange(16000) / 16000
        >>> low, high = (Sound(np.sin(2 * np.pi * f * time), 16000) for f in (220, 330))
        >>> pitch_distance(low, low) == 0.0 and pitch_distance(low, high) > 0.7
        True
    """
    if not are_audible("pitch", output, content):
        return nothing_to_measure("pitch")
    aligned = aligned_once(output, content)
    return jaccard_distance(aligned.once(multipitch), content.once(multipitch))


def jaccard_distance(ours: np.ndarray, theirs: np.ndarray) -> float:
    """One minus the Jaccard index of each frame's notes, mean over frames; see `pitch_distance`.

    Frames that only one of them has are left out: rounding of two rates may add one.

    Args:
        ours: notes that sound in each frame. **Shape** ``(n_frames, n_notes)``, bool.
        theirs: notes to compare with. **Shape** ``(n_frames, n_notes)``, bool.

    Example:
        >>> jaccard_distance(np.array([[1, 1, 0]], bool), np.array([[0, 1, 0]], bool))
        0.5
    """
    n_frames = min(len(ours), len(theirs))
    ours, theirs = ours[:n_frames], theirs[:n_frames]
    n_either = (ours | theirs).sum(1)
    n_both = (ours & theirs).sum(1)
    return float(np.mean((n_either - n_both) / np.maximum(n_either, 1)))


PITCH = Metric("pitch", "pitch (1 − Jaccard)", "lower", 0.0, "notes", pitch_distance)
