"""The plan of a transfer: all that is asked for, in one frozen, validated piece. Imports no torch.

Transfer, report, rerun, texture and raw mode read it, and the recipe beside an output holds it. A
new option is a field here, its help in ``cli/transfer.py``, and its test.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    ConfigDict,
    Field,
    SerializeAsAny,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from estilo.engines import ENGINES
from estilo.engines.refining import check_refinable
from estilo.engines.settings import EngineSettings
from estilo.errors import SettingsError
from estilo.fields import Documented, complaint
from estilo.pipeline.masks import Mask, read_mask
from estilo.presets import (
    DEFAULT_ENGINE,
    PRESETS,
    SUITED_ENGINE,
    Preset,
    RawSettings,
    build_settings,
    load_preset,
    merged_settings,
    preset_names,
    raw_preset_names,
)
from estilo.presets.texture import DEFAULT_REALISM, texture_settings

Component = Literal["all", "harmonic", "percussive"]
Matched = Literal["tempo", "key"]
_Share = Annotated[float, Field(ge=0, le=1)]
_BEYOND_RAW = (
    "raw writes what the preset's original method would have written, which knew neither {}; "
    "leave them out, or leave out raw"
)


class Plan(Documented):
    """All that a transfer or a texture is asked for, except for its recordings.

    Example:
        >>> plan = Plan.of(strength=0.5, mix=0.8)
        >>> plan.engine, plan.settings.strength, plan.mix
        ('auto', 0.5, 0.8)
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    engine: str = DEFAULT_ENGINE
    """Name of the engine, as ``estilo list engines`` shows it; ``auto`` chooses one by what the
    content and the styles are, and does so where none is named, unless a setting is given that it
    does not have: then it is ``optimise``."""
    preset: str | None = None
    """Name of a preset, as ``estilo list presets`` shows it, or path of a TOML file of your own."""
    settings: SerializeAsAny[EngineSettings]
    """Settings of the engine that are not given by keyword: a model of `estilo.settings`, or a
    mapping."""
    refine: _Share = 0.0
    """How far the engine ``optimise`` goes on from what the engine has made, 0 to 1: nearer to the
    sound of the styles, further from the notes of the content."""
    match: tuple[Matched, ...] = ()
    """What the styles are matched to the content in before anything is taken from them: ``tempo``,
    ``key`` or both."""
    tempo_bpm: Annotated[float, Field(ge=20, le=400)] | None = None
    """Tempo of the content in beats per minute, to be matched in place of the one that is heard."""
    mix: _Share = 1.0
    """Crossfade from the content (0) to the result (1), after their levels are matched."""
    on: Component = "all"
    """Which part of the content's sound is changed; the other part is added back untouched."""
    mask: Mask | None = None
    """A PNG that says where over time and frequency the styles apply: white where they do, black
    where the content stays."""
    formants: _Share = 0.0
    """How far the formants of the content are kept, 0 to 1, so that words stay clear."""
    formant_shift_semitones: Annotated[float, Field(ge=-24, le=24)] = 0.0
    """How far formants are moved up or down, in semitones; the pitch stays."""
    raw: RawSettings | None = None
    """Whether the output is what the preset's original method would have written: mono, cut, at its
    own sample rate and level."""
    seed: Annotated[int, Field(ge=0, le=2**62)] = 0
    """Random seed; equal seeds give equal samples."""
    device: str = "cpu"
    """Where the engine computes: ``cpu``, or ``cuda`` for a GPU."""
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Number of processor threads; chosen by the number of cores if not given."""
    scores: bool = True
    """Whether the output is scored, which takes about 0.1 s for each of its seconds."""
    feature_network: Any = None
    """A network of your own (`estilo.features.module.ModuleFeatures`) that takes the place of the
    one that the settings describe; its weights are not part of the recipe."""

    @classmethod
    def of(cls, /, **options: Any) -> Self:
        """A plan of what a user gives.

        Args:
            options: fields of the plan, of which ``match`` may be one string with commas, ``mask``
                a path and ``raw`` a bool; ``strength``; and any settings of the engine by keyword.

        Raises:
            InputError: the mask cannot be used.
            SettingsError: an unknown name, a value out of its bounds, or options that contradict
                each other.
        """
        fields = {name: options.pop(name) for name in list(options) if name in cls.model_fields}
        preset = _preset(fields.get("preset"))
        given = _given_settings(fields.pop("settings", None), fields, options)
        engine = fields.get("engine") or (preset.engine if preset.name else _suited(given, fields))
        if engine not in ENGINES and engine in preset_names():
            raise SettingsError(
                f"{engine!r} is a preset and not an engine; give it as the preset (--preset "
                f"{engine})"
            )
        if preset.name and engine != preset.engine:
            raise SettingsError(
                f"preset {preset.name!r} is of engine {preset.engine!r}, and engine {engine!r} was "
                "asked for; name one of the two"
            )
        fields["engine"] = engine
        fields["settings"] = build_settings(engine, merged_settings(preset.settings, given))
        if fields.get("refine") is None:
            fields["refine"] = preset.refine
        fields["match"] = _matches(fields.get("match") or ())
        raw = fields.get("raw")
        if not isinstance(raw, RawSettings):
            fields["raw"] = _raw(preset) if _is_true(raw) else None
        if isinstance(fields.get("mask"), str | os.PathLike):
            fields["mask"] = read_mask(fields["mask"])
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            raise SettingsError(complaint(error, cls)) from error

    @classmethod
    def for_texture(cls, /, *, realism: float | None = None, **options: Any) -> Self:
        """A plan that suits a texture.

        Args:
            realism: how close the texture is to the styles, 0 to 1, at the price of copying them.
            options: those of `Plan.of`; a preset, another engine or a magnitude representation
                brings its own statistics, which realism does not set.

        Raises:
            SettingsError: as in `Plan.of`; a strength is given; or realism is, beside a preset,
                another engine or such a representation.
        """
        settings = {
            name: options.pop(name) for name in list(options) if name not in cls.model_fields
        }
        options |= _given_settings(options.pop("settings", None), options, settings)
        if "strength" in options:
            raise SettingsError(
                "strength is how much style there is beside the content, and a texture has no "
                "content; leave it out, or say by realism how close to the style the texture is"
            )
        representation = options.get("representation", "waveform")
        is_other = options.get("preset") is not None or options.get("engine") not in (
            None,
            DEFAULT_ENGINE,
        )
        if is_other or representation not in ("waveform", "real-imag"):
            if realism is not None:
                raise SettingsError(
                    "realism sets the statistics of the default texture; leave it out, or leave "
                    "out the preset, the engine and the representation"
                )
            return cls.of(**options)
        base = texture_settings(DEFAULT_REALISM if realism is None else realism)
        return cls.of(**{**base, **options})

    @property
    def refining(self) -> float:
        """Strength of the refinement: its share of the strength of the engine."""
        return self.refine * self.settings.amount

    @property
    def returns_content(self) -> bool:
        """Whether the content is wanted back as it is, sample by sample."""
        changes = self.refining or self.formant_shift_semitones
        return self.mix == 0.0 or (self.settings.returns_content and not changes)

    @property
    def is_whole(self) -> bool:
        """Whether the engine's output is the result as it is, formants included."""
        return self.on == "all" and self.mask is None and not self.changes_formants

    @property
    def changes_formants(self) -> bool:
        """Whether anything is done to formants."""
        return bool(self.formants or self.formant_shift_semitones)

    @property
    def files(self) -> list[Path]:
        """Files that are read because the plan names them: a preset, a mask, weights."""
        named = [self.settings.weights_path, self.mask and self.mask.path]
        if self.preset is not None and self.preset not in PRESETS:
            named.append(self.preset)
        return [Path(each) for each in named if each is not None]

    def settled(self, **changes: Any) -> Self:
        """The same plan with some fields that are known by now."""
        return self.model_copy(update=changes)

    @model_validator(mode="before")
    @classmethod
    def _build_settings(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and not isinstance(values.get("settings"), EngineSettings):
            engine, given = values.get("engine", DEFAULT_ENGINE), values.get("settings", {})
            if not isinstance(engine, str) or not isinstance(given, Mapping):
                raise SettingsError(
                    f"the engine must be a name and its settings a mapping, got {engine!r} and "
                    f"{given!r}"
                )
            return {**values, "settings": build_settings(engine, dict(given))}
        return values

    @model_validator(mode="after")
    def _check(self) -> Self:
        if type(self.settings) is not ENGINES[self.engine]:
            raise SettingsError(
                f"the settings are not of the engine {self.engine!r}, got "
                f"{type(self.settings).__name__}; leave the engine out, or give its own settings"
            )
        if re.fullmatch(r"cpu|cuda(:\d+)?", self.device) is None:
            raise SettingsError(f"unknown device {self.device!r}; use cpu or cuda")
        if self.tempo_bpm is not None and "tempo" not in self.match:
            raise SettingsError(
                f"a tempo of the content, {self.tempo_bpm:g} bpm, was given, and the styles are "
                "not to be matched in tempo; match tempo too, or leave it out"
            )
        if self.raw is not None and (self.mix != 1.0 or self.settings.amount == 0 or self.match):
            raise SettingsError(_BEYOND_RAW.format("mix nor match nor strength 0"))
        if self.raw is not None and not self.is_whole:
            raise SettingsError(_BEYOND_RAW.format("on, mask nor formants"))
        if self.refine:
            check_refinable(self.engine)
        if self.feature_network is not None and not self.settings.takes_feature_network:
            raise SettingsError(f"engine {self.engine!r} takes no feature network; leave it out")
        return self


def _preset(name: str | None) -> Preset:
    return Preset(summary="defaults") if name is None else load_preset(str(name))


def _suited(given: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
    """The engine where none is named: what suits the recordings, unless more is asked of one."""
    is_open = set(given) <= set(ENGINES[SUITED_ENGINE].model_fields)
    is_open &= fields.get("feature_network") is None
    return SUITED_ENGINE if is_open else DEFAULT_ENGINE


def _is_true(value: Any) -> bool:
    if value in (None, "none"):
        return False
    try:
        return TypeAdapter(bool).validate_python(value)
    except ValidationError as error:
        raise SettingsError(
            f"raw must be true or false, got {value!r}; give one of them"
        ) from error


def _raw(preset: Preset) -> RawSettings:
    if preset.raw is None:
        raise SettingsError(
            "raw writes what the original method of a preset would have written; name such a "
            f"preset: {', '.join(raw_preset_names())}"
        )
    return preset.raw


def _given_settings(model: Any, fields: dict[str, Any], keywords: dict[str, Any]) -> dict[str, Any]:
    """The settings that were given, as a model or a mapping, and by keyword on top."""
    if keywords.get("strength", 0.0) is None:
        del keywords["strength"]
    if model is None:
        return keywords
    if isinstance(model, EngineSettings):
        name = next((n for n, each in ENGINES.usable().items() if each is type(model)), None)
        if name is None:
            raise SettingsError(
                f"{type(model).__name__} is not the settings of an engine that is registered; give "
                "a model of estilo.settings"
            )
        if fields.get("engine") not in (None, name):
            raise SettingsError(
                f"settings of the engine {name!r} were given for the engine {fields['engine']!r}; "
                "give one of the two"
            )
        fields["engine"] = name
        model = model.model_dump(exclude_unset=True)
    if not isinstance(model, Mapping):
        raise SettingsError(
            f"settings must be a model of estilo.settings or a mapping, got {model!r}; make one of "
            "them"
        )
    return merged_settings(model, keywords)


def _matches(given: str | Sequence[str]) -> tuple[str, ...]:
    known = get_args(Matched)
    names = [str(name).strip() for name in (given.split(",") if isinstance(given, str) else given)]
    for name in names:
        if name not in known:
            raise SettingsError(
                f"a style can be matched in {' and '.join(known)}, got {name!r}; "
                f"give {', '.join(known)} or both"
            )
    return tuple(name for name in known if name in names)
