"""A recording at another speed and another pitch."""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.onsets import onset_times
from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.dsp.resample import resample
from estilo.dsp.stretch import stretched
from estilo.io import scratch_array

_EARLY_S = 0.02  # sharp attacks are found this much too early
_STRETCH_S, _CONTEXT_S = 600.0, 1.0


def played(audio: Audio, *, speed: float = 1.0, semitones: float = 0.0) -> Audio:
    """Play a recording at another speed and another pitch, with its attacks as they are.

    A higher pitch is a longer duration, played faster: partials keep their ratios and formants move
    with them.

    Args:
        audio: recording of any rate and number of channels.
        speed: factor on the speed, see `estilo.dsp.stretch.stretched`.
        semitones: shift in pitch, in semitones; positive is higher.

    Example:
        >>> import numpy as np
        >>> tone = Audio(np.sin(0.2 * np.arange(16_000)), 16_000)
        >>> played(tone, speed=0.8, semitones=12).n_samples
        20000
    """
    ratio = 2.0 ** (semitones / 12.0)
    slow = stretched(
        audio.samples,
        audio.sample_rate,
        speed=speed / ratio,
        attacks_s=_onsets_s(audio) + _EARLY_S,
        out=scratch_array((audio.n_channels, round(audio.n_samples * ratio / speed))),
    )
    if semitones == 0.0:
        return Audio(slow, audio.sample_rate)
    n_samples = round(audio.n_samples / speed)
    out = scratch_array((audio.n_channels, n_samples))
    rate = round(audio.sample_rate * ratio)
    return Audio(
        resample(slow, rate, audio.sample_rate, n_samples=n_samples, out=out), audio.sample_rate
    )


def _onsets_s(audio: Audio) -> NDArray[np.float64]:
    """Times at which sounds set in, in seconds; those of ten minutes at a time."""
    if audio.duration_s <= _STRETCH_S:
        return Sound.of(audio).once(onset_times)
    found = []
    for start_s in np.arange(0.0, audio.duration_s, _STRETCH_S):
        first_s = max(start_s - _CONTEXT_S, 0.0)
        ends_s = (first_s, start_s + _STRETCH_S + _CONTEXT_S)
        first, last = (round(each * audio.sample_rate) for each in ends_s)
        part = Audio(audio.samples[:, first:last], audio.sample_rate)
        onsets_s = first_s + Sound.of(part).once(onset_times)
        found.append(onsets_s[(onsets_s >= start_s) & (onsets_s < start_s + _STRETCH_S)])
    return np.concatenate(found)
