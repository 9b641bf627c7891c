"""What is heard in a recording, and how good an output is, for any recordings."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from estilo.pipeline.clips import Recording, as_clip
from estilo.pipeline.sources import read_source, read_styles, with_audio
from estilo.surroundings import own_surroundings

if TYPE_CHECKING:
    from estilo.analysis.descriptors import Descriptors
    from estilo.metrics.scores import Scores


@own_surroundings()
def describe(recording: Recording) -> "Descriptors":
    """What is heard in a recording: level, brightness, pitch, onsets, tempo, beats, key.

    Args:
        recording: path, `estilo.Audio`, `estilo.Clip`, or an array with its sample rate in Hz.

    Raises:
        InputError: the recording cannot be used.

    Example:
        >>> import numpy as np
        >>> describe((np.sin(2 * np.pi * 440 * np.arange(8000) / 8000), 8000)).duration_s
        1.0
    """
    from estilo.analysis.descriptors import describe as descriptors_of
    from estilo.analysis.sound import Sound

    return descriptors_of(Sound.of(read_source(as_clip(recording), name="recording").audio))


@own_surroundings()
def evaluate(
    output: Recording,
    *,
    content: Recording | None = None,
    style: Recording | Sequence[Recording] | None = None,
    style_weights: Sequence[float] | None = None,
    target: Recording | None = None,
) -> "Scores":
    """What an output kept of the content, took of the style, and its faults.

    Args:
        output: path, `estilo.Audio`, `estilo.Clip`, or an array with its sample rate in Hz.
        content: what was to be kept; likewise.
        style: what was to be taken from; one or several.
        style_weights: shares of several styles; equal if not given.
        target: what a perfect transfer would give; likewise.

    Returns:
        The numbers of `estilo.metrics.scores` that can be measured of what was given, and what
        could not be measured, in words.

    Raises:
        InputError: a recording cannot be used.
    """
    from estilo.pipeline.scoring import heard, scores

    content_audio, target_audio = (
        None if each is None else read_source(as_clip(each), name=name).audio
        for each, name in ((content, "content"), (target, "target"))
    )
    styles = [] if style is None else with_audio(read_styles(style, style_weights), wanted_by="it")
    return scores(
        heard(
            read_source(as_clip(output), name="output").audio,
            content=content_audio,
            styles=[each.audio for each in styles],
            style_weights=[each.weight for each in styles],
            target=target_audio,
        )
    )
