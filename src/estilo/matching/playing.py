"""A recording at another speed and another pitch."""

from estilo.analysis.onsets import onset_times
from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.dsp.resample import resample
from estilo.dsp.stretch import stretched
from estilo.io import scratch_array

_EARLY_S = 0.02  # sharp attacks are found this much too early


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
        attacks_s=Sound.of(audio).once(onset_times) + _EARLY_S,
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
