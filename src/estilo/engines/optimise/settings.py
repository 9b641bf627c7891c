"""Every setting of the optimise engine: units, bounds, defaults and help in one place.

Imports no torch, so that the command line can be built from it at once.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from estilo.engines.choices import NameOf
from estilo.engines.settings import EngineSettings
from estilo.features import FEATURES, NOT_FROM_SETTINGS, settings_of
from estilo.features import SETTINGS as NETWORK_SETTINGS
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

    builder: ClassVar[str] = "estilo.engines.optimise.engine:OptimiseEngine"
    makes_textures: ClassVar[bool] = True
    is_refinable: ClassVar[bool] = False
    takes_feature_network: ClassVar[bool] = True

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
    extra_terms: ExtraTerms = Field(default={})
    """More terms of the loss by name (see estilo list terms), each with its weight; 1 counts as
    much as the style. For instance rhythm=0.5,mean-square=1."""
    representation: Annotated[str, NameOf(REPRESENTATIONS)] = "mel"
    """What is optimised; ``sms`` are the tracks of sinusoids of Ordiales & Barrera, whose tensor
    fails."""
    phase: Literal["content", "griffin-lim", "fast-griffin-lim", "pghi"] = "content"
    """Where the phase comes from when magnitudes were optimised (``stft``, ``mel``, ``cqt``);
    textures have no content and take ``fast-griffin-lim`` for ``content``."""
    n_phase_iterations: Annotated[int, Field(ge=0, le=10_000)] = 32
    """Iterations of Griffin-Lim."""
    phase_start: Literal["auto", "content", "pghi", "random"] = "auto"
    """Where Griffin-Lim starts: the content's phase where there is content, else PGHI."""
    features: Annotated[str, NameOf(FEATURES, more=(CLOSED_FORM,), less=NOT_FROM_SETTINGS)] = (
        CLOSED_FORM
    )
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
    """The original methods' alpha: fixes the weight of the content term on uncalibrated losses, so
    that strength no longer sets it."""
    clamp_frames: tuple[float, float] | None = None
    """Bounds that frames are forced into after every step (a fault of one original method)."""
    process_rate_hz: Annotated[int, Field(ge=8000, le=192_000)] | None = None
    """Sample rate of the optimisation; the content's, up to 48 kHz, if not given."""

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
