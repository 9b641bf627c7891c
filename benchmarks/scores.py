"""Scores of the benchmarks: content kept and distance to the style."""

import librosa
import mir_eval
import numpy as np

SCORE_RATE_HZ = 16_000


def timbre_vector(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Means and deviations of MFCCs 1 to 12 (13 less the zeroth), hop 500 at 16 kHz.

    **Shape**: ``(time,)`` to ``(24,)``.

    Args:
        samples: one channel.
        sample_rate: rate of the samples, in Hz.
    """
    at_rate = librosa.resample(
        samples.astype(np.float64), orig_sr=sample_rate, target_sr=SCORE_RATE_HZ, res_type="soxr_hq"
    )
    mfcc = librosa.feature.mfcc(y=at_rate, sr=SCORE_RATE_HZ, n_mfcc=13, hop_length=500)[1:]
    return np.concatenate([mfcc.mean(1), mfcc.std(1)])


def timbre_distance(left: np.ndarray, right: np.ndarray) -> float:
    """Cosine distance of two timbre vectors, 0 to 2.

    Args:
        left: one of them, as from `timbre_vector`.
        right: the other.
    """
    return float(1.0 - left @ right / (np.linalg.norm(left) * np.linalg.norm(right)))


def chroma_cosine(output: np.ndarray, content: np.ndarray, sample_rate: int) -> float:
    """Mean cosine of chroma vectors over the frames where the content sounds, 0 to 1.

    Args:
        output: one channel; **shape** ``(time,)``.
        content: one channel of the same length.
        sample_rate: rate of both, in Hz.
    """
    chroma = [
        librosa.feature.chroma_stft(
            y=signal, sr=sample_rate, tuning=0.0, n_fft=4096, hop_length=1024
        )
        for signal in (output, content)
    ]
    level = librosa.feature.rms(y=content, frame_length=4096, hop_length=1024)[0]
    sounding = level > 0.03 * level.max()
    left, right = (c[:, sounding] for c in chroma)
    norms = np.linalg.norm(left, axis=0) * np.linalg.norm(right, axis=0)
    return float(np.mean((left * right).sum(0) / np.maximum(norms, 1e-9)))


def onset_f1(output: np.ndarray, content: np.ndarray, sample_rate: int) -> float:
    """F1 of onsets within 50 ms, 0 to 1.

    Args:
        output: one channel; **shape** ``(time,)``.
        content: one channel, whose onsets count as the truth.
        sample_rate: rate of both, in Hz.
    """
    found, wanted = (
        librosa.onset.onset_detect(y=signal, sr=sample_rate, units="time")
        for signal in (output, content)
    )
    if len(found) == 0 or len(wanted) == 0:
        return float(len(found) == len(wanted))
    return float(mir_eval.onset.f_measure(wanted, found, window=0.05)[0])
