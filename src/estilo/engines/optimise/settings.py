"""Every setting of the optimise engine: units, bounds, defaults and help in one place.

Imports no torch, so that the command line can be built from it at once.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from estilo.engines.choices import NameOf
from estilo.engines.settings import EngineSettings
from estilo.features import FEATURES, NOT_FROM_SETTINGS, settings_of
from estilo.features import SETTINGS as NETWORK_SETTINGS
from estilo.fields import Documented
from estilo.losses import LOSSES
from estilo.representations import REPRESENTATIONS, TRAITS, traits_of

Kernel = int | tuple[int, ...]
Widths = Annotated[
    tuple[Annotated[int, Field(ge=1, le=256)], ...],
    Field(min_length=1),
    BeforeValidator(lambda value: (value,) if isinstance(value, int) else value),
]
ExtraTerms = Annotated[
    dict[Annotated[str, NameOf(LOSSES)], Annotated[float, Field(gt=0, le=10)]],
    BeforeValidator(lambda value: _weights_of(value) if isinstance(value, str) else value),
]
CLOSED_FORM = "closed-form"


class StyleView(Documented):
    """One time-frequency resolution at which the style's statistics are matched."""

    window_s: Annotated[float, Field(gt=0, le=2)] = 0.093
    """Length of the analysis window in seconds, rounded to a power of two in samples."""
    hop_s: Annotated[float, Field(gt=0, le=1)] = 0.0232
    """Distance from frame to frame in seconds, rounded to a whole fraction of the window."""
    n_bands: Annotated[int, Field(ge=1, le=256)] = 48
    """Number of bands, evenly spaced on the ERB-rate scale of hearing."""
    widths: Widths = (1, 4)
    """Widths, in frames, of the patches of the spectrogram that are compared."""


class ContentView(Documented):
    """One time-frequency resolution at which the content is kept."""

    window_s: Annotated[float, Field(gt=0, le=2)] = 0.186
    """Length of the analysis window in seconds, rounded to a power of two in samples."""
    hop_s: Annotated[float, Field(gt=0, le=1)] = 0.0464
    """Distance from frame to frame in seconds, rounded to a whole fraction of the window."""
    n_bands: Annotated[int, Field(ge=1, le=1024)] = 192
    """Number of bands, evenly spaced on the ERB-rate scale of hearing."""
    keep: Literal["partials", "dynamics"] = "partials"
    """What is kept: ``partials`` is the fine structure over frequency, whatever the spectral
    envelope; ``dynamics`` is the level of every band over time, whatever a static equaliser
    does."""


class StftSettings(Documented):
    """The log spectrogram that is optimised when the representation is ``stft`` or ``mel``."""

    n_fft: Annotated[int, Field(ge=16, le=65536)] | None = None
    """Length of the transform in samples. If it is not given, it is the power of two nearest to
    93 ms (2048 at 22 050 Hz)."""
    hop_length: Annotated[int, Field(ge=1, le=65536)] | None = None
    """Distance from frame to frame in samples. If it is not given, it is a quarter of the
    transform."""
    win_length: Annotated[int, Field(ge=16, le=65536)] | None = None
    """Length of the window in samples. If it is not given, it is that of the transform."""
    window: Literal["hann", "hamming", "blackman", "sqrt-hann"] = "hann"
    """Shape of the analysis window."""
    compression: Literal["log1p", "db", "power", "linear"] = "log1p"
    """How magnitudes are compressed before statistics are taken (``stft`` and ``mel`` only)."""
    n_bands: Annotated[int, Field(ge=2, le=1024)] = 64
    """Number of bands (``mel`` only). Few bands do not follow the partials of the style."""


class CqtSettings(Documented):
    """The constant-Q spectrogram that is optimised when the representation is ``cqt``."""

    bins_per_octave: Annotated[int, Field(ge=1, le=96)] = 24
    """Frequency resolution in bins per octave."""
    low_hz: Annotated[float, Field(gt=0)] = 32.7
    """Centre of the lowest band in Hz."""


class NetworkSettings(Documented):
    """The explicit network, when features are not ``closed-form``."""

    n_filters: Annotated[int, Field(ge=1, le=65536)] = 4096
    """Number of random filters; of each kernel, if there are several."""
    kernel: Kernel = 11
    """Width of the kernel in frames. ``random-2d`` takes height and width; in ``random-1d`` several
    widths run side by side."""
    stride: Kernel = 1
    """Step of the kernel in frames. ``random-2d`` takes one or two numbers."""
    padding: Literal["valid", "same"] | Annotated[int, Field(ge=0)] = "valid"
    """Zeros added at the ends: none (``valid``), as many as keep the length (``same``), or a number
    of frames."""
    bias: bool = False
    """Whether filters have a random offset."""
    activation: Literal["relu", "none", "tanh", "elu", "sigmoid", "softplus", "abs"] = "relu"
    """Activation after the convolution."""
    initialiser: Literal["lebedev", "uniform", "he"] = "lebedev"
    """Distribution of the random weights."""
    pooling: Literal["none", "max", "average"] = "none"
    """Kind of pooling after the activation."""
    pool_size: Kernel = 2
    """Size of the pooling in frames."""
    per_band: bool = False
    """Whether every band has its own kernels (``random-1d`` only)."""
    gram_normaliser: Literal["positions", "filters-positions"] | Annotated[float, Field(gt=0)] = (
        "positions"
    )
    """What Gram matrices are divided by: the number of positions, that of filters times positions,
    or a number."""
    gram_scale: Annotated[float, Field(gt=0)] = 1.0
    """Factor on the Gram matrices."""
    reduction: Literal["sum", "mean"] = "sum"
    """Whether squared differences are summed or averaged."""


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

    builder: ClassVar[str] = "estilo.engines.optimise.engine:OptimiseEngine"
    makes_textures: ClassVar[bool] = True
    is_refinable: ClassVar[bool] = False
    takes_feature_network: ClassVar[bool] = True

    strength: Annotated[float, Field(ge=0, le=1)] = 0.75
    """How much style: 0 returns the content untouched, 1 follows the style as far as it goes."""
    start: Literal["transport", "eq", "content", "noise", "zeros"] = "transport"
    """Where the optimisation starts: the content with the levels of every band carried to the
    style's (optimal transport), the content equalised towards the style, the content itself, noise
    of the style's spectrum, or almost silence. Textures have no content signal: ``transport``
    starts them from a shuffle of the style's spectrogram with new phases, the others from noise."""
    n_steps: Annotated[int, Field(ge=1, le=100_000)] = 48
    """Steps of the optimiser."""
    optimiser: Literal["lbfgs", "adam", "adagrad", "rmsprop"] = "lbfgs"
    """Name of the optimiser. L-BFGS needs no learning rate."""
    learning_rate: Annotated[float, Field(gt=0)] | None = None
    """Step size of the optimiser. If it is not given, it is the optimiser's own default."""
    rhythm: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Weight of the style's groove, which is how bands repeat over 0.2 to 3 s."""
    extra_terms: ExtraTerms = Field(default={})
    """More terms of the loss by name (see estilo list terms), each with its weight; 1 counts as
    much as the style. For instance rhythm=0.5,mean-square=1."""
    representation: Annotated[str, NameOf(REPRESENTATIONS)] = "mel"
    """Representation that is optimised. ``sms`` are tracks of sinusoids as Ordiales & Barrera had
    them, whose method fails on them."""
    phase: Literal["content", "griffin-lim", "fast-griffin-lim", "pghi"] = "content"
    """Where the phase comes from when magnitudes were optimised (``stft``, ``mel``, ``cqt``).
    Textures have no content signal, and take ``fast-griffin-lim`` for ``content``."""
    n_phase_iterations: Annotated[int, Field(ge=0, le=10_000)] = 32
    """Number of iterations of Griffin-Lim."""
    phase_start: Literal["auto", "content", "pghi", "random"] = "auto"
    """Phase that Griffin-Lim starts from; ``auto`` is the content's, or PGHI for textures."""
    features: Annotated[str, NameOf(FEATURES, more=(CLOSED_FORM,), less=NOT_FROM_SETTINGS)] = (
        CLOSED_FORM
    )
    """Features whose statistics are matched: those of infinitely many random filters in closed
    form, or those of an explicit network."""
    style_views: Annotated[tuple[StyleView, ...], Field(min_length=1)] = DEFAULT_STYLE_VIEWS
    """Resolutions of the style terms (``waveform`` and ``real-imag`` only)."""
    content_views: tuple[ContentView, ...] = DEFAULT_CONTENT_VIEWS
    """Resolutions of the content terms (``waveform`` and ``real-imag`` only)."""
    widths: Widths = (1, 8)
    """Widths, in frames, of the patches that the closed form compares on magnitudes (``stft``,
    ``mel``, ``cqt``)."""
    stft: StftSettings = StftSettings()
    """Settings of the log spectrogram."""
    cqt: CqtSettings = CqtSettings()
    """Settings of the constant-Q spectrogram."""
    n_tracks: Annotated[int, Field(ge=8, le=150)] = 32
    """Number of tracks of sinusoids (``sms`` only)."""
    network: NetworkSettings = NetworkSettings()
    """Settings of the explicit network."""
    standardise: bool = True
    """Whether every band is centred and scaled by the style's mean and deviation before statistics
    are taken (magnitudes only; those of a waveform always are)."""
    content_weight: Annotated[float, Field(ge=0)] | None = None
    """Fixed weight of the content term on uncalibrated losses, the original methods' alpha. If it
    is given, strength does not set the weights."""
    clamp_frames: tuple[float, float] | None = None
    """Lowest and highest value that frames are clamped to after every step, which is a fault of one
    original method."""
    process_rate_hz: Annotated[int, Field(ge=8000, le=192_000)] | None = None
    """Sample rate of the optimisation in Hz. If it is not given, it is the content's, up to
    48 kHz."""

    @property
    def amount(self) -> float:
        """See `EngineSettings.amount`."""
        return self.strength

    @property
    def working_rate_hz(self) -> int | None:
        """See `EngineSettings.working_rate_hz`."""
        return self.process_rate_hz

    @model_validator(mode="after")
    def _refuse_what_has_no_effect(self) -> Self:
        given = self.model_fields_set
        for name, (has_effect, condition) in sorted(self._needs().items()):
            default = type(self).model_fields[name].default
            if name in given and not has_effect and getattr(self, name) != default:
                raise _no_effect(name, condition)
        for path, (has_effect, condition) in self._needs_within().items():
            outer, _, name = path.partition(".")
            model = getattr(self, outer)
            if not has_effect and getattr(model, name) != type(model).model_fields[name].default:
                raise _no_effect(path, condition)
        return self

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        stft = self.stft
        if stft.n_fft and stft.hop_length and stft.hop_length > stft.n_fft // 2:
            raise ValueError(
                f"stft.hop_length {stft.hop_length} leaves gaps between frames of {stft.n_fft}; "
                "set at most half of stft.n_fft"
            )
        if self.clamp_frames is not None and self.clamp_frames[0] >= self.clamp_frames[1]:
            raise ValueError(f"clamp_frames must be low, then high; got {self.clamp_frames}")
        takes_pghi = "stft" in traits_of(self.representation).settings
        if not takes_pghi and "pghi" in (self.phase, self.phase_start):
            raise ValueError(
                f"PGHI needs an STFT and the representation is {self.representation}; use another "
                "phase"
            )
        default = type(self).model_fields["strength"].default
        if self.content_weight is not None and self.strength not in (0, default):
            raise ValueError("strength and content_weight both set the weights; give one of them")
        return self

    def _needs(self) -> dict[str, tuple[bool, str]]:
        """Which settings have an effect only sometimes, whether now, and when."""
        traits = traits_of(self.representation)
        is_closed_form = self.features == CLOSED_FORM
        is_iterative = "phase" in traits.settings and "griffin-lim" in self.phase
        iterative = (is_iterative, "phase griffin-lim or fast-griffin-lim")
        frames = _comparing("frames")
        of_frames = (traits.compared == "frames", frames)
        of_waveform = (traits.compared == "waveform", _comparing("waveform"))
        return {
            "phase": ("phase" in traits.settings, _built_from("phase")),
            "n_phase_iterations": iterative,
            "phase_start": iterative,
            "stft": ("stft" in traits.settings, _built_from("stft")),
            "cqt": ("cqt" in traits.settings, _built_from("cqt")),
            "n_tracks": ("n_tracks" in traits.settings, _built_from("n_tracks")),
            "network": (not is_closed_form, "features other than closed-form"),
            "widths": (of_frames[0] and is_closed_form, f"{frames} with closed-form features"),
            "style_views": of_waveform,
            "content_views": of_waveform,
            "standardise": of_frames,
            "clamp_frames": of_frames,
            "content_weight": of_frames,
            "learning_rate": (self.optimiser != "lbfgs", "an optimiser other than lbfgs"),
        }

    def _needs_within(self) -> dict[str, tuple[bool, str]]:
        """The same for settings within settings."""
        built_from = traits_of(self.representation).settings
        needs = {
            path: (path in built_from, _built_from(path))
            for path in ("stft.n_bands", "stft.compression")
        }
        needs["network.pool_size"] = (self.network.pooling != "none", "network.pooling")
        drawn = frozenset() if self.features == CLOSED_FORM else settings_of(self.features)
        for name in ("n_filters", "kernel", "bias", "initialiser", "per_band"):
            names = [each for each, settings in NETWORK_SETTINGS.items() if name in settings]
            needs[f"network.{name}"] = (name in drawn, f"features {_either(names)}")
        return needs


def _weights_of(text: str) -> dict[str, str]:
    """Names and weights as they are typed.

    >>> _weights_of("rhythm=0.5, mean-square=1")
    {'rhythm': '0.5', 'mean-square': '1'}
    """
    pairs = [each.partition("=") for each in text.split(",")]
    return {name.strip(): weight.strip() for name, _, weight in pairs}


def _no_effect(name: str, condition: str) -> ValueError:
    return ValueError(f"{name} has an effect only with {condition}; leave it out")


def _built_from(setting: str) -> str:
    names = [name for name, traits in TRAITS.items() if setting in traits.settings]
    return f"representation {_either(names)}"


def _comparing(what: Literal["frames", "waveform"]) -> str:
    names = [name for name, traits in TRAITS.items() if traits.compared == what]
    return f"representation {_either(names)}"


def _either(names: Sequence[str]) -> str:
    """One of them, in words.

    >>> _either(["a", "b", "c"])
    'a, b or c'
    """
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
