"""Textures as points: what a set of windows sounds like, so that two sets can be compared.

Conventions: mono, 16 kHz, divided by the RMS of the whole recording, so level does not matter;
windows of 1 s. A window is described by statistics of its envelopes in 32 mel bands, after those
that J. McDermott & E. Simoncelli (2011, https://doi.org/10.1016/j.neuron.2011.06.032) found to tell
textures apart: moments, modulation power, correlations between bands. A small trained network
(`estilo.evaluation.networks.embedding`) brings them to a unit vector in which windows of one
texture lie close together, and away from other textures and from imitations with the same spectrum.
``weights/embedding.json`` says from what it learnt, how often it is right, and what it was chosen
over.

Metrics: `texture_kad`, `texture_fad`, for recordings of many seconds; only figures of one version
of the weights compare with each other.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.spectra import banded_power, mel_weights
from estilo.errors import SettingsError
from estilo.metrics.base import nothing_to_measure, require_sounds
from estilo.metrics.distribution import frechet_audio_distance, kernel_audio_distance

WINDOW_S = 1.0
"""Length of a window in seconds; the network knows no other."""

HOP_S = 0.5
"""Usual distance of two windows, in seconds."""

N_BANDS = 32
N_DIMENSIONS = 96
FRAME_HZ = 250.0
"""Rate of the envelopes."""

MODULATION_HZ = (1, 2, 3, 5, 8, 13, 22, 38, 65, 110)
"""Edges of the bands of modulation, in Hz, which are bins of the transform of a window."""

BAND_DISTANCES = (1, 2, 3, 5, 8, 12, 18, 25)
"""Distances, in bands, of the envelopes whose correlation is taken."""

# First band, last and length of the transform: where bands are wide, a short one follows roughness
# and grains; a single one of 512 measured worse against most imitations.
_TRANSFORMS = ((0, 10, 512), (10, 18, 256), (18, N_BANDS, 128))
_HOP_LENGTH = round(RATE_HZ / FRAME_HZ)
_WINDOW_FRAMES = round(WINDOW_S * FRAME_HZ)
_FLOOR_POWER = 1e-7
_COMPRESSION = 0.15  # of powers: 0.3 of amplitudes
_LEAST_DEVIATION = 1e-3
_LEAST_SHARE = 1e-3
_SKEWNESS_RANGE = (-4.0, 8.0)
_SPREAD_WITHIN_BIN = 1e-12

Rows = NDArray[np.float32]


def texture_kad(output: Sound, reference: Sound) -> float:
    """Kernel audio distance between the windows of two recordings.

    Args:
        output: any rate; the longer, the surer the figure: 10 s or more of each.
        reference: any rate, not necessarily as long.

    Returns:
        About 0 for one texture, and as often below as above: the estimate is unbiased, so identical
        recordings give slightly less than 0; up to 200. NaN after a warning where one is silent or
        shorter than two windows.

    Raises:
        InputError: one of them is not a `Sound`, or all windows of the reference are alike.

    Source: Y. Chung et al. 2025, https://arxiv.org/abs/2502.15602

    Example:
        >>> noise = np.random.default_rng(0).normal(size=(3, 80000))
        >>> white, again, brown = (Sound(x, 16000) for x in (*noise[:2], noise[2].cumsum()))
        >>> texture_kad(again, white) < 20.0 < 100.0 < texture_kad(brown, white)
        True
    """
    require_sounds("texture_kad", output, reference)
    ours, theirs = output.once(embed), reference.once(embed)
    if min(len(ours), len(theirs)) < 2:
        return nothing_to_measure("texture_kad", "a recording is silent or shorter than 1.5 s")
    return kernel_audio_distance(ours, theirs)


def texture_fad(output: Sound, reference: Sound) -> float:
    """Fréchet audio distance between the windows of two recordings.

    Biased by the number of windows as `estilo.metrics.distribution.frechet_audio_distance` says:
    compare recordings of one length only.

    Args:
        output: any rate, many seconds.
        reference: any rate, not necessarily as long.

    Returns:
        0 for identical recordings, else more; NaN as from `texture_kad`.

    Raises:
        InputError: one of them is not a `Sound`.

    Source: K. Kilgour et al. 2019, https://arxiv.org/abs/1812.08466

    Example:
        >>> noise = Sound(np.random.default_rng(0).normal(size=80000), 16000)
        >>> texture_fad(noise, noise) < 1e-6
        True
    """
    require_sounds("texture_fad", output, reference)
    ours, theirs = output.once(embed), reference.once(embed)
    if min(len(ours), len(theirs)) < 2:
        return nothing_to_measure("texture_fad", "a recording is silent or shorter than 1.5 s")
    return frechet_audio_distance(ours, theirs)


def embed(sound: Sound, *, hop_s: float = HOP_S) -> Rows:
    """One unit vector for every window of 1 s.

    **Shape**: ``(n_windows, 96)``; one window for what is shorter, none for silence.

    Args:
        sound: any length and rate.
        hop_s: distance of two windows, in seconds; rounded to 4 ms.

    Raises:
        SettingsError: the hop is not positive.

    Example:
        >>> embed(Sound(np.sin(0.1 * np.arange(48000)), 16000)).shape
        (5, 96)
    """
    return forward(texture_statistics(sound, hop_s=hop_s), trained_weights())


def texture_statistics(sound: Sound, *, hop_s: float = HOP_S) -> Rows:
    r"""Input of the network for every window, from the envelopes *e* of its bands.

    Of each of 32 bands: :math:`\log \mu`, :math:`\log(\sigma / \mu)`, skewness, log kurtosis, and
    the shares of the modulation power between the edges `MODULATION_HZ`, in logarithms; of each
    pair of bands that are one of `BAND_DISTANCES` apart: the correlation. Envelopes are powers to
    the 0.15, cut off 70 dB below white noise as loud as the recording.

    **Shape**: ``(n_windows, 598)``.

    Args:
        sound: any length and rate.
        hop_s: distance of two windows, in seconds; rounded to 4 ms.

    Raises:
        SettingsError: the hop is not positive.

    Source: J. McDermott, E. Simoncelli 2011, https://doi.org/10.1016/j.neuron.2011.06.032

    Example:
        >>> texture_statistics(Sound(np.sin(0.1 * np.arange(16000)), 16000)).shape
        (1, 598)
    """
    hop = round(hop_s * FRAME_HZ) if np.isfinite(hop_s) else 0
    if hop < 1:
        raise SettingsError(
            f"hop_s must be 0.004 s or more, got {hop_s}; give the distance of two windows"
        )
    if sound.is_empty:
        return np.zeros((0, N_STATISTICS), np.float32)
    envelopes = _envelopes(sound.mono)
    # A short recording is continued with its own beginning.
    n_frames = max(envelopes.shape[1], _WINDOW_FRAMES)
    envelopes = envelopes[:, np.arange(n_frames) % envelopes.shape[1]]
    starts = range(0, n_frames - _WINDOW_FRAMES + 1, hop)
    return np.stack([_statistics(envelopes[:, s : s + _WINDOW_FRAMES]) for s in starts])


def forward(statistics: NDArray, weights: Mapping[str, NDArray]) -> Rows:
    """The network: two layers, and every row brought to length 1.

    **Shape**: ``(n_windows, 598)`` to ``(n_windows, 96)``.

    Args:
        statistics: statistics that `texture_statistics` gave.
        weights: ``layer0``, ``layer0_bias``, ``layer1`` and ``layer1_bias``; the normalisation of
            the statistics is part of them.

    Example:
        >>> rows = forward(np.ones((2, N_STATISTICS)), trained_weights())
        >>> np.linalg.norm(rows, axis=1).round(5).tolist()
        [1.0, 1.0]
    """
    hidden = statistics.astype(np.float32) @ weights["layer0"] + weights["layer0_bias"]
    out = np.maximum(hidden, 0.0) @ weights["layer1"] + weights["layer1_bias"]
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)


@lru_cache(maxsize=1)
def trained_weights() -> dict[str, Rows]:
    """The weights that belong to the package, as float32; see `forward`."""
    with (files("estilo.metrics") / "weights" / "embedding.npz").open("rb") as file:
        return {name: array.astype(np.float32) for name, array in np.load(file).items()}


def _n_statistics() -> int:
    per_band = 4 + len(MODULATION_HZ) - 1
    return N_BANDS * per_band + sum(N_BANDS - distance for distance in BAND_DISTANCES)


N_STATISTICS = _n_statistics()


def _envelopes(mono: NDArray) -> Rows:
    """Compressed envelopes of the bands at 250 Hz; **shape** ``(N_BANDS, n_frames)``."""
    rms = np.sqrt(np.mean(np.square(mono, dtype=np.float64)))
    power = np.concatenate(
        [
            banded_power(
                mono / rms,
                _bands(n_fft)[first:last],
                n_fft=n_fft,
                hop_length=_HOP_LENGTH,
            )
            for first, last, n_fft in _TRANSFORMS
        ]
    )
    return np.maximum(power, _FLOOR_POWER) ** np.float32(_COMPRESSION)


@lru_cache(maxsize=len(_TRANSFORMS))
def _bands(n_fft: int) -> Rows:
    """Mel bands that give white noise of unit power about 1, whatever the transform."""
    weights = mel_weights(n_bands=N_BANDS, n_fft=n_fft)
    return weights / (np.float32(0.375 * n_fft) * weights.sum(axis=1, keepdims=True))


def _statistics(envelopes: Rows) -> Rows:
    mean = envelopes.mean(axis=1)
    deviation = np.hypot(envelopes.std(axis=1), np.float32(_LEAST_DEVIATION))
    normal = (envelopes - mean[:, None]) / deviation[:, None]
    correlations = normal @ normal.T / envelopes.shape[1]
    return np.concatenate(
        [
            np.log(mean),
            np.log(deviation / mean),
            np.clip((normal**3).mean(axis=1), *_SKEWNESS_RANGE),
            np.log((normal**4).mean(axis=1) + _LEAST_SHARE),
            _modulations(normal).ravel(),
            *(np.diagonal(correlations, distance) for distance in BAND_DISTANCES),
        ]
    )


def _modulations(normal: Rows) -> Rows:
    """Logarithms of each modulation band's share of the power; **shape** ``(N_BANDS, 9)``."""
    window = np.hanning(normal.shape[1]).astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(normal * window, axis=1)))
    edges = np.array(MODULATION_HZ)
    bands = np.add.reduceat(power[:, : edges[-1]], edges[:-1], axis=1)
    shares = bands / (bands.sum(axis=1, keepdims=True) + _SPREAD_WITHIN_BIN)
    return np.log(shares + _LEAST_SHARE).astype(np.float32)
