"""What a representation may be built from: settings of the engine optimise, as it sees them."""

from typing import Any, Protocol

from estilo.dsp.stft import power_of_two_near

_WINDOW_S = 0.093


class StftSettings(Protocol):
    """Sizes of a transform in samples, None for the defaults, and what becomes of magnitudes."""

    @property
    def n_fft(self) -> int | None: ...  # noqa: D102
    @property
    def hop_length(self) -> int | None: ...  # noqa: D102
    @property
    def win_length(self) -> int | None: ...  # noqa: D102
    @property
    def window(self) -> str: ...  # noqa: D102
    @property
    def compression(self) -> str: ...  # noqa: D102
    @property
    def n_bands(self) -> int: ...  # noqa: D102


class CqtSettings(Protocol):
    """Resolution and lower end of a constant-Q transform."""

    @property
    def bins_per_octave(self) -> int: ...  # noqa: D102
    @property
    def low_hz(self) -> float: ...  # noqa: D102


class Settings(Protocol):
    """The settings that `Representation.from_settings` is given.

    `estilo.engines.optimise.settings.OptimiseSettings` has them, with their units and bounds.
    """

    @property
    def stft(self) -> StftSettings: ...  # noqa: D102
    @property
    def cqt(self) -> CqtSettings: ...  # noqa: D102
    @property
    def n_tracks(self) -> int: ...  # noqa: D102
    @property
    def phase(self) -> str: ...  # noqa: D102
    @property
    def n_phase_iterations(self) -> int: ...  # noqa: D102
    @property
    def phase_start(self) -> str: ...  # noqa: D102


def stft_sizes(settings: StftSettings, *, sample_rate: int) -> dict[str, Any]:
    """Sizes and window of a transform: those set, else a window of about 93 ms, a quarter apart.

    Args:
        settings: sizes in samples.
        sample_rate: sample rate in Hz.
    """
    n_fft = settings.n_fft or power_of_two_near(_WINDOW_S, sample_rate=sample_rate)
    return {
        "n_fft": n_fft,
        "hop_length": settings.hop_length or max(1, n_fft // 4),
        "win_length": settings.win_length,
        "window": settings.window,
    }
