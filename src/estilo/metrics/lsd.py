"""Log-spectral distance to the recording that a perfect transfer would give.

Conventions: mono, 16 kHz, the output padded or cut to the target's length; each divided by its
root mean square; 128 mel bands (`estilo.analysis.spectra`), ``n_fft`` 2048, hop 512 samples, in dB
with a floor 80 dB below each one's own peak.

Metrics: `lsd` (order of the published table), `lsd_framewise` (usual order).
"""

import numpy as np

from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.spectra import N_FFT, Array, banded_power, mel_weights, power_to_db
from estilo.dsp.resample import resample
from estilo.metrics.base import Metric, aligned_once, are_audible, nothing_to_measure

HOP = 512


def lsd(output: Sound, target: Sound) -> float:
    r"""Root mean square over *time* in each band, then mean over bands, in dB.

    .. math:: \frac1M \sum_m \sqrt{\frac1N \sum_n (O_{mn} - T_{mn})^2}

    The definition is that of the SS VQ-VAE paper (content copied 14.62, SS VQ-VAE 12.16), whose
    code mirrored the ends where these frames see zeros (0.02 dB at most over 8 s). Its recordings
    are not ours: compare ratios to "content copied" with its table, and plain figures only within
    one test set.

    Args:
        output: any length and rate.
        target: any length and rate.

    Returns:
        dB, 0 for equal sounds whatever their gain; NaN after a warning where one is silent.

    Raises:
        InputError: one of them is not a `Sound`.

    Source: O. Cífka et al. 2021, https://arxiv.org/abs/2102.05749

    Example:
        >>> noise = np.random.default_rng(0).normal(size=16000)
        >>> target = Sound(noise, 16000)
        >>> round(lsd(Sound(0.1 * noise, 16000), target), 3)
        0.0
    """
    return _distance("lsd", output, target, over_first=1)


def lsd_framewise(output: Sound, target: Sound) -> float:
    r"""Root mean square over *bands* in each frame, then mean over frames, in dB.

    .. math:: \frac1N \sum_n \sqrt{\frac1M \sum_m (O_{mn} - T_{mn})^2}

    The usual order of the log-spectral distance; not in the published table, so its figures
    compare with nothing there.

    Args:
        output: any length and rate.
        target: any length and rate.

    Returns:
        dB, 0 for equal sounds whatever their gain; NaN after a warning where one is silent.

    Raises:
        InputError: one of them is not a `Sound`.

    Source: A. Gray, J. Markel 1976, https://doi.org/10.1109/TASSP.1976.1162849

    Example:
        >>> target = Sound(np.random.default_rng(0).normal(size=16000), 16000)
        >>> lsd_framewise(target, target)
        0.0
    """
    return _distance("lsd_framewise", output, target, over_first=0)


def _distance(name: str, output: Sound, target: Sound, *, over_first: int) -> float:
    if not are_audible(name, output, target):
        return nothing_to_measure(name)
    output = aligned_once(output, target)
    if output.is_empty:
        return nothing_to_measure(name, "the output is silent for as long as its target lasts")
    ours, theirs = output.once(_normalised_mel_db), target.once(_normalised_mel_db)
    # Rates whose durations round differently leave one frame more on one side.
    n_frames = min(ours.shape[1], theirs.shape[1])
    squares = np.square(ours[:, :n_frames] - theirs[:, :n_frames], dtype=np.float64)
    return float(np.sqrt(squares.mean(axis=over_first)).mean())


def _normalised_mel_db(sound: Sound) -> Array:
    """Mel bands of the sound divided by its RMS; **shape** ``(128, frames)``, in dB."""
    # The mean of the channels, as published figures have it.
    rate, mean = sound.audio.sample_rate, sound.mono_full_rate[None]
    waveform = (mean if rate == RATE_HZ else resample(mean, rate, RATE_HZ))[0].astype(np.float64)
    waveform /= np.abs(waveform).max()  # squares of the quietest sounds are below what floats hold
    waveform /= np.sqrt(np.mean(np.square(waveform)))
    return power_to_db(banded_power(waveform, mel_weights(), n_fft=N_FFT, hop_length=HOP))


LSD = Metric("lsd", "LSD (dB)", "lower", 0.0, "target", lsd)
LSD_FRAMEWISE = Metric(
    "lsd_framewise", "LSD frame-wise (dB)", "lower", 0.0, "target", lsd_framewise
)
