"""What is done to a phrase for each of the known faults, by exact signal processing."""

import numpy as np
from numpy.typing import NDArray

from estilo.evaluation.known_faults import KnownFault, Played, Waveform

_FADE_S = 0.01
_EDGE_S = 0.03
_FLICKER_FFT = 512
_PER_WINDOW = 4  # hops to a window


def _noise_in_pauses(played: Played, excess_db: float, rng: np.random.Generator) -> Waveform:
    """White noise in the pauses, over a floor 60 dB below the root mean square of the notes."""
    mixed = played.mixed
    floor = 1e-3 * _level(mixed) * np.sqrt(10.0 ** (excess_db / 10.0) - 1.0)
    return mixed + floor * rng.standard_normal(len(mixed)) * (1.0 - _sounding(played))


def _noise_between_partials(played: Played, level_db: float, rng: np.random.Generator) -> Waveform:
    """White noise that follows the loudness of the notes, so many dB below them."""
    mixed = played.mixed
    gain = 10.0 ** (level_db / 20.0)
    return mixed + gain * _course(played) * rng.standard_normal(len(mixed))


def _clicks(played: Played, height: float, _: np.random.Generator) -> Waveform:
    """One click within a note, so many times as high as the note is loud."""
    out = played.mixed
    place = _middles(played)[1]
    around = round(0.1 * played.sample_rate)
    out[place] += height * _level(out[place - around : place + around])
    return out


def _flicker(played: Played, spread_db: float, rng: np.random.Generator) -> Waveform:
    """Random gains of bins of short frames, of a standard deviation in dB."""
    size, hop = _FLICKER_FFT, _FLICKER_FFT // 4
    frames = _frames(played.mixed, size, hop)
    gains = 10.0 ** (spread_db / 20.0 * rng.standard_normal((len(frames), size // 2 + 1)))
    return _overlapped(np.fft.rfft(frames) * gains, size, hop, len(played.mixed))


def _note_levels(played: Played, change_db: float, _: np.random.Generator) -> Waveform:
    """Every second note louder."""
    gains = 10.0 ** (change_db / 20.0 * (np.arange(len(played.notes)) % 2))
    return gains @ played.notes


def _smeared_attacks(played: Played, length_s: float, rng: np.random.Generator) -> Waveform:
    """Random phases in frames of a length: energy spreads over it."""
    hop = max(round(length_s * played.sample_rate / _PER_WINDOW), 1)
    size = _PER_WINDOW * hop
    spectra = np.fft.rfft(_frames(played.mixed, size, hop))
    turned = np.abs(spectra) * np.exp(2j * np.pi * rng.uniform(size=spectra.shape))
    out = _overlapped(turned, size, hop, len(played.mixed))
    return out * (_level(played.mixed) / max(_level(out), 1e-12))


def _crossfade(played: Played, share_db: float, _: np.random.Generator) -> Waveform:
    """The other sound beside the notes, so many dB below them."""
    mixed = played.mixed
    gain = 10.0 ** (share_db / 20.0) * _level(mixed) / max(_level(played.style), 1e-12)
    return mixed + gain * played.style


def _level_jumps(played: Played, step_db: float, _: np.random.Generator) -> Waveform:
    """All that follows the middle of the longest note louder, within 10 ms."""
    mixed = played.mixed
    lengths = (np.abs(played.notes) > 0.0).sum(axis=1)
    place = _middles(played)[int(np.argmax(lengths))]
    rise = np.clip((np.arange(len(mixed)) - place) / (_FADE_S * played.sample_rate), 0.0, 1.0)
    return mixed * 10.0 ** (step_db / 20.0 * rise)


def _edge_burst(played: Played, height_db: float, rng: np.random.Generator) -> Waveform:
    """A burst of noise that fades within the first 30 ms, against the peak of the half second."""
    out = played.mixed
    n = round(_EDGE_S * played.sample_rate)
    peak = float(np.abs(out[: round(0.55 * played.sample_rate)]).max())
    burst = rng.standard_normal(n) * np.sin(np.pi * np.arange(n) / n) ** 2
    out[:n] += 10.0 ** (height_db / 20.0) * peak * burst / np.abs(burst).max()
    return out


def _mono_collapse(played: Played, loss_db: float, _: np.random.Generator) -> Waveform:
    """Two channels that cancel to so many dB below their power in the downmix."""
    kept = 10.0 ** (-loss_db / 10.0)
    mid, side = np.sqrt(kept) * played.mixed, np.sqrt(1.0 - kept) * played.mixed
    return np.stack([mid + side, mid - side])


def _clipping(played: Played, percent: float, _: np.random.Generator) -> Waveform:
    """Clipped so that so many per cent of the samples of the loudest note are at the top."""
    out = played.mixed
    loudest = played.notes[int(np.argmax(np.abs(played.notes).max(axis=1)))]
    there = out[np.abs(loudest) > 0.0]
    most = float(np.quantile(np.abs(there), 1.0 - percent / 100.0))
    return np.clip(out, -most, most)


KNOWN_FAULTS = (
    KnownFault("noise in pauses", "noise in pauses", "dB", (9, 13, 17, 21, 26), _noise_in_pauses),
    KnownFault(
        *("noise between partials", "noise between partials", "dB"),
        *((-40, -35, -30, -25, -20), _noise_between_partials),
    ),
    KnownFault("clicks", "clicks", "times", (0.5, 0.75, 1.0, 18, 30), _clicks),
    KnownFault("flicker", "flicker", "dB", (4, 5.5, 7, 9, 11), _flicker),
    KnownFault("note levels", "note_levels_db", "dB", (1.6, 3.2, 4.8, 6.4, 8), _note_levels),
    KnownFault(
        "smeared attacks", "onsets", "s", (0.05, 0.065, 0.085, 0.11, 0.15), _smeared_attacks
    ),
    KnownFault("crossfade", "doubled", "dB", (-22, -19.5, -17, -14.5, -12), _crossfade),
    KnownFault("level jumps", "level jumps", "dB", (5, 6.5, 8, 10, 12), _level_jumps),
    KnownFault("edge burst", "edges", "dB", (8, 12, 16, 20, 24), _edge_burst),
    KnownFault("mono collapse", "mono collapse", "dB", (5, 7, 9, 12, 15), _mono_collapse),
    KnownFault("clipping", "clipping", "%", (0.2, 0.4, 0.6, 0.9, 1.2), _clipping),
)
"""Every known fault, from just audible to strong."""


def _level(samples: Waveform) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))


def _course(played: Played) -> Waveform:
    """Root mean square of the notes over 50 ms. **Shape** ``(time,)``."""
    n = round(0.05 * played.sample_rate)
    power = np.convolve(np.square(played.mixed), np.ones(n) / n, mode="same")
    return np.sqrt(np.maximum(power, 0.0))


def _sounding(played: Played) -> Waveform:
    """1 where notes sound and 50 ms around, 0 in pauses, with fades between."""
    course = _course(played)
    n = round(0.05 * played.sample_rate)
    is_loud = (course > 1e-4 * course.max()).astype(np.float64)
    reached = np.convolve(is_loud, np.ones(2 * n + 1), mode="same") > 0.5
    fade = round(_FADE_S * played.sample_rate)
    return np.convolve(reached.astype(np.float64), np.ones(fade) / fade, mode="same")


def _middles(played: Played) -> list[int]:
    """Sample in the middle of each note's loud part."""
    found = []
    for note in played.notes:
        loud = np.flatnonzero(np.abs(note) > 0.1 * np.abs(note).max())
        found.append(int(loud[len(loud) // 2]))
    return found


def _frames(samples: Waveform, size: int, hop: int) -> NDArray[np.float64]:
    """Frames with a sine window. **Shape** ``(frames, size)``."""
    padded = np.pad(samples, (size, 2 * size))
    window = np.sin(np.pi * (np.arange(size) + 0.5) / size)
    return np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * window


def _overlapped(spectra: NDArray, size: int, hop: int, n_samples: int) -> Waveform:
    """The waveform of frames that were taken with a sine window and four hops to the window."""
    window = np.sin(np.pi * (np.arange(size) + 0.5) / size) / 2.0
    frames = np.fft.irfft(spectra, size) * window
    out = np.zeros((len(frames) + 4) * hop)
    for number, frame in enumerate(frames):
        out[number * hop : number * hop + size] += frame
    return out[size : size + n_samples]
