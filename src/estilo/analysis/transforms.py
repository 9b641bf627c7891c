"""Fourier transforms in single precision, many at once: scipy's are several times quicker here.

scipy is loaded when the first one is wanted, which costs time where nothing is measured.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Spectra = NDArray[np.complex64]


def forward(samples: Array, n: int | None = None) -> Spectra:
    """Spectra of real signals along the last axis, not scaled.

    Args:
        samples: signals. **Shape** ``(..., time)``.
        n: length that they are filled up to with zeros; their own if not given.

    Example:
        >>> forward(np.ones(4, np.float32)).real.tolist()
        [4.0, 0.0, 0.0]
    """
    from scipy import fft

    return np.asarray(fft.rfft(samples, n, axis=-1))


def backward(spectrum: Spectra, n: int) -> Array:
    """Real signals of spectra along the last axis, n times those of which they are the spectra.

    Args:
        spectrum: spectra up to half the rate. **Shape** ``(..., bins)``.
        n: number of samples.

    Example:
        >>> backward(forward(np.ones(4, np.float32)), 4).tolist()
        [4.0, 4.0, 4.0, 4.0]
    """
    from scipy import fft

    return np.asarray(fft.irfft(spectrum, n, norm="forward"))


def backward_complex(spectra: Spectra) -> Spectra:
    """Complex signals of spectra along the last axis, n times those of which they are the spectra.

    Args:
        spectra: spectra of n bins, overwritten. **Shape** ``(..., n)``.

    Example:
        >>> backward_complex(np.array([[1.0, 0.0]], np.complex64)).real.tolist()
        [[1.0, 1.0]]
    """
    from scipy import fft

    return np.asarray(fft.ifft(spectra, axis=-1, norm="forward", overwrite_x=True))


def quick_length(n: int) -> int:
    """The next number from there on without large prime factors.

    Args:
        n: a positive number.

    Example:
        >>> quick_length(13 * 13)
        175
    """
    from scipy import fft

    return int(fft.next_fast_len(n) or n)
