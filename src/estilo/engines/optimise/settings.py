"""Every setting of the optimise engine: units, bounds, defaults and help in one place.

Imports no torch, so that the command line can be built from it at once.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from estilo.engines.settings import EngineSettings

Kernel = int | tuple[int, ...]
Widths = Annotated[
    tuple[Annotated[int, Field(ge=1, le=256)], ...],
    Field(min_length=1),
    BeforeValidator(lambda value: (value,) if isinstance(value, int) else value),
]
_MAGNITUDES = ("stft", "mel", "cqt")
_FRAMES = (*_MAGNITUDES, "sms")


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class StyleView(_Settings):
    """One time-frequency resolution at which the style's statistics are matched."""

    window_s: Annotated[float, Field(gt=0, le=2)] = 0.093
    """Analysis window in seconds, rounded to a power of two in samples."""
    hop_s: Annotated[float, Field(gt=0, le=1)] = 0.0232
    """Distance of two frames in seconds, rounded to a whole fraction of the window."""
    n_bands: Annotated[int, Field(ge=1, le=256)] = 48
    """Bands, evenly spaced on the ERB-rate scale."""
    widths: Widths = (1, 4)
    """Patch widths in frames."""


class ContentView(_Settings):
    """One time-frequency resolution at which the content is kept."""

    window_s: Annotated[float, Field(gt=0, le=2)] = 0.186
    """Analysis window in seconds, rounded to a power of two in samples."""
    hop_s: Annotated[float, Field(gt=0, le=1)] = 0.0464
    """Distance of two frames in seconds, rounded to a whole fraction of the window."""
    n_bands: Annotated[int, Field(ge=1, le=1024)] = 192
    """Bands, evenly spaced on the ERB-rate scale."""
    keep: Literal["partials", "dynamics"] = "partials"
    """``partials``: fine structure over frequency, blind to the spectral envelope;
    ``dynamics``: every band over time, blind to a static equaliser."""


class StftSettings(_Settings):
    """The log spectrogram that is optimised when the representation is ``stft`` or ``mel``."""

    n_fft: Annotated[int, Field(ge=16, le=65536)] | None = None
    """Transform length in samples; the power of two nearest to 93 ms if not given (2048 at
    22 050 Hz)."""
    hop_length: Annotated[int, Field(ge=1, le=65536)] | None = None
    """Distance of two frames in samples; a quarter of the transform if not given."""
    win_length: Annotated[int, Field(ge=16, le=65536)] | None = None
    """Window length in samples; the transform length if not given."""
    window: Literal["hann", "hamming", "blackman", "sqrt-hann"] = "hann"
    """Analysis window."""
    compression: Literal["log1p", "db", "power", "linear"] = "log1p"
    """What is done to magnitudes before statistics are taken (``stft`` and ``mel``)."""
    n_bands: Annotated[int, Field(ge=2, le=1024)] = 64
    """Bands (``mel`` only): few enough not to follow the partials of the style."""


class CqtSettings(_Settings):
    """The constant-Q spectrogram that is optimised when the representation is ``cqt``."""

    bins_per_octave: Annotated[int, Field(ge=1, le=96)] = 24
    """Frequency resolution."""
    low_hz: Annotated[float, Field(gt=0)] = 32.7
    """Lowest band in Hz."""


class NetworkSettings(_Settings):
    """The explicit network, when features are not ``closed-form``."""

    n_filters: Annotated[int, Field(ge=1, le=65536)] = 4096
    """Number of random filters (per kernel, if there are several)."""
    kernel: Kernel = 11
    """Kernel width in frames; for ``random-2d`` height and width; several widths run side by side
    in ``random-1d``."""
    stride: Kernel = 1
    """Step of the kernel in frames; for ``random-2d`` one or two numbers."""
    padding: Literal["valid", "same"] | Annotated[int, Field(ge=0)] = "valid"
    """Zeros added at the ends: none, as many as keep the length, or a number of frames."""
    bias: bool = False
    """Whether filters have a random offset."""
    activation: Literal["relu", "none", "tanh", "elu", "sigmoid", "softplus", "abs"] = "relu"
    """What follows the convolution."""
    initialiser: Literal["lebedev", "uniform", "he"] = "lebedev"
    """Distribution of the random weights."""
    pooling: Literal["none", "max", "average"] = "none"
    """Pooling of the maps."""
    pool_size: Kernel = 2
    """Pooling size in frames."""
    per_band: bool = False
    """Whether every band has kernels of its own (``random-1d`` only)."""
    gram_normaliser: Literal["positions", "filters-positions"] | Annotated[float, Field(gt=0)] = (
        "positions"
    )
    """What Gram matrices are divided by."""
    gram_scale: Annotated[float, Field(gt=0)] = 1.0
    """A factor on the Gram matrices."""
    reduction: Literal["sum", "mean"] = "sum"
    """How squared differences are gathered."""


DEFAULT_STYLE_VIEWS = (
    StyleView(window_s=0.093, hop_s=0.0232, n_bands=48, widths=(1, 4)),
    StyleView(window_s=0.0232, hop_s=0.0116, n_bands=32, widths=(1, 8)),
)
DEFAULT_CONTENT_VIEWS = (
    ContentView(window_s=0.186, hop_s=0.0464, n_bands=192, keep="partials"),
    ContentView(window_s=0.0464, hop_s=0.0116, n_bands=32, keep="dynamics"),
)


class OptimiseSettings(EngineSettings):
    """Style transfer by optimisation: kernel statistics of the style, structure of the content."""

    strength: Annotated[float, Field(ge=0, le=1)] = 0.75
    """How much style: 0 returns the content untouched, 1 follows the style as far as it goes."""
    start: Literal["transport", "eq", "content", "noise", "zeros"] = "transport"
    """Where the optimisation starts: the content with the levels of every band carried to the
    style's (optimal transport), the content equalised towards the style, the content itself, noise
    of the style's spectrum, or almost silence. Textures have no content: ``transport`` starts them
    from a shuffle of the style's spectrogram with new phases, the others from noise."""
    n_steps: Annotated[int, Field(ge=1, le=100_000)] = 48
    """Steps of the optimiser."""
    optimiser: Literal["lbfgs", "adam", "adagrad", "rmsprop"] = "lbfgs"
    """The optimiser; only L-BFGS needs no learning rate."""
    learning_rate: Annotated[float, Field(gt=0)] | None = None
    """Step size; each optimiser's own default if not given."""
    rhythm: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Weight of the style's groove: how bands repeat over 0.2 to 3 s."""
    representation: Literal["waveform", "stft", "mel", "cqt", "real-imag", "sms"] = "mel"
    """What is optimised; ``sms`` are the tracks of sinusoids of one seed, whose tensor fails."""
    phase: Literal["content", "griffin-lim", "fast-griffin-lim", "pghi"] = "content"
    """Where the phase comes from when magnitudes were optimised (``stft``, ``mel``, ``cqt``);
    textures have no content and take ``fast-griffin-lim`` for ``content``."""
    n_phase_iterations: Annotated[int, Field(ge=0, le=10_000)] = 32
    """Iterations of Griffin-Lim."""
    phase_start: Literal["auto", "content", "pghi", "random"] = "auto"
    """Where Griffin-Lim starts: the content's phase where there is content, else PGHI."""
    features: Literal["closed-form", "random-1d", "random-2d", "detectors"] = "closed-form"
    """Statistics: of infinitely many random filters in closed form, or of an explicit network."""
    style_views: Annotated[tuple[StyleView, ...], Field(min_length=1)] = DEFAULT_STYLE_VIEWS
    """Resolutions of the style terms (``waveform`` and ``real-imag``)."""
    content_views: tuple[ContentView, ...] = DEFAULT_CONTENT_VIEWS
    """Resolutions of the content terms (``waveform`` and ``real-imag``)."""
    widths: Widths = (1, 8)
    """Patch widths in frames of the closed form on magnitudes (``stft``, ``mel``, ``cqt``)."""
    stft: StftSettings = StftSettings()
    """The log spectrogram."""
    cqt: CqtSettings = CqtSettings()
    """The constant-Q spectrogram."""
    n_tracks: Annotated[int, Field(ge=8, le=150)] = 32
    """Tracks of ``sms``."""
    network: NetworkSettings = NetworkSettings()
    """The explicit network."""
    standardise: bool = True
    """Centre and scale every band by the style's mean and deviation before statistics are taken
    (magnitudes only; a waveform's views always are)."""
    content_weight: Annotated[float, Field(ge=0)] | None = None
    """The seeds' alpha: fixes the weight of the content term on uncalibrated losses, so that
    strength no longer sets it."""
    clamp_frames: tuple[float, float] | None = None
    """Bounds that frames are forced into after every step (a fault of one seed)."""
    process_rate_hz: Annotated[int, Field(ge=8000, le=192_000)] | None = None
    """Sample rate of the optimisation; the content's, up to 48 kHz, if not given."""

    @model_validator(mode="after")
    def _refuse_settings_without_effect(self) -> Self:
        given = self.model_fields_set
        magnitudes = self.representation in _MAGNITUDES
        frames = self.representation in _FRAMES
        needs = {
            "phase": (magnitudes, "representation stft, mel or cqt"),
            "n_phase_iterations": (
                magnitudes and "griffin-lim" in self.phase,
                "phase griffin-lim or fast-griffin-lim",
            ),
            "phase_start": (
                magnitudes and "griffin-lim" in self.phase,
                "phase griffin-lim or fast-griffin-lim",
            ),
            "stft": (
                self.representation in ("stft", "mel", "real-imag"),
                "representation stft, mel or real-imag",
            ),
            "cqt": (self.representation == "cqt", "representation cqt"),
            "n_tracks": (self.representation == "sms", "representation sms"),
            "network": (self.features != "closed-form", "features other than closed-form"),
            "widths": (
                frames and self.features == "closed-form",
                "representation stft, mel, cqt or sms with closed-form features",
            ),
            "style_views": (not frames, "representation waveform or real-imag"),
            "content_views": (not frames, "representation waveform or real-imag"),
            "standardise": (frames, "representation stft, mel, cqt or sms"),
            "clamp_frames": (frames, "representation stft, mel, cqt or sms"),
            "content_weight": (frames, "representation stft, mel, cqt or sms"),
            "learning_rate": (self.optimiser != "lbfgs", "an optimiser other than lbfgs"),
        }
        for name in sorted(given & needs.keys()):
            has_effect, condition = needs[name]
            if not has_effect and getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"{name} has an effect only with {condition}; leave it out")
        self._check_nested()
        if self.representation == "cqt" and "pghi" in (self.phase, self.phase_start):
            raise ValueError("PGHI needs an STFT and the representation is cqt; use another phase")
        default = type(self).model_fields["strength"].default
        if self.content_weight is not None and self.strength not in (0, default):
            raise ValueError("strength and content_weight both set the weights; give one of them")
        return self

    def _check_nested(self) -> None:
        """The same for the settings within settings, and sizes that cannot work together."""
        stft, network = self.stft, self.network
        needs = {
            "stft.n_bands": (stft, self.representation == "mel", "representation mel"),
            "stft.compression": (
                stft,
                self.representation in ("stft", "mel"),
                "representation stft or mel",
            ),
            "network.pool_size": (network, network.pooling != "none", "network.pooling"),
            "network.per_band": (network, self.features == "random-1d", "features random-1d"),
        }
        for name in ("n_filters", "kernel", "bias", "initialiser"):
            is_random = self.features.startswith("random")
            needs[f"network.{name}"] = (network, is_random, "features random-1d or random-2d")
        for path, (model, has_effect, condition) in needs.items():
            name = path.partition(".")[2]
            default = type(model).model_fields[name].default
            if not has_effect and getattr(model, name) != default:
                raise ValueError(f"{path} has an effect only with {condition}; leave it out")
        if stft.n_fft and stft.hop_length and stft.hop_length > stft.n_fft // 2:
            raise ValueError(
                f"stft.hop_length {stft.hop_length} leaves gaps between frames of {stft.n_fft}; "
                "set at most half of stft.n_fft"
            )
        if self.clamp_frames is not None and self.clamp_frames[0] >= self.clamp_frames[1]:
            raise ValueError(f"clamp_frames must be low, then high; got {self.clamp_frames}")
