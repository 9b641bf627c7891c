"""What a browser asks a job for, checked before the job waits its turn. Loads no torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from estilo.engines import ENGINES
from estilo.errors import InputError, SettingsError
from estilo.pipeline.plan import Plan
from estilo.presets import PRESETS, SUITED_ENGINE, load_preset
from estilo.web.refusals import Refusal
from estilo.web.schemas import JobAsked, Part, Recordings
from estilo.web.sessions import Session


@dataclass(frozen=True)
class Request:
    """A job as a worker is asked for it.

    Args:
        asked: what the browser asked for.
        arguments: keywords of `estilo.web.performing.perform`, but for the folder.
        engine: engine that was asked for.
        content_s: length of the content that is used, in seconds.
    """

    asked: JobAsked
    arguments: dict[str, Any]
    engine: str
    content_s: float

    @classmethod
    def of(cls, asked: JobAsked, session: Session) -> "Request":
        """What is asked for, once everything about it is known to be possible.

        Args:
            asked: what the browser asks for.
            session: session whose recordings it names.

        Raises:
            Refusal: a recording is not there, or the settings are refused.
        """
        options = _options(asked)
        try:
            plan = Plan.of(**options, settings=asked.settings)
        except InputError as error:
            raise Refusal(str(error)) from error
        arguments = {
            **parts_of(asked, session),
            "weights": [style.weight for style in asked.styles],
            "options": options,
            "settings": asked.settings,
        }
        return cls(asked, arguments, plan.engine, _length(asked.content, session))


def parts_of(asked: Recordings, session: Session) -> dict[str, Any]:
    """Content and styles as workers are told of them.

    Args:
        asked: what the browser asks for.
        session: session whose recordings it names.

    Raises:
        Refusal: a recording is not there, or ends before the part begins.
    """
    styles = [_part(each, session) for each in asked.styles]
    return {"content": _part(asked.content, session), "styles": styles}


def _part(part: Part, session: Session) -> dict[str, Any]:
    clip = session.clip(part.clip)
    if part.offset_s >= clip.look["duration_s"]:
        raise Refusal(
            f"{clip.label} is {clip.look['duration_s']:.3f} s long, and the part begins at "
            f"{part.offset_s:g} s; choose one that is in it"
        )
    return {
        "path": str(clip.path),
        "label": clip.label,
        "offset_s": part.offset_s,
        "duration_s": part.duration_s,
    }


def _length(part: Part, session: Session) -> float:
    end_s = session.clip(part.clip).look["duration_s"]
    return min(end_s, part.end_s or end_s) - part.offset_s


def _options(asked: JobAsked) -> dict[str, Any]:
    """Engine, preset and strength that were given, where they can be."""
    preset = None
    if asked.preset is not None:
        if asked.preset not in PRESETS:  # whatever else it is, it is no path for a browser to give
            raise Refusal(f"unknown preset {asked.preset!r}; the presets are {', '.join(PRESETS)}")
        preset = load_preset(asked.preset)
    name = asked.engine or (preset.engine if preset else SUITED_ENGINE)
    try:
        model = ENGINES[name]
    except SettingsError as error:
        raise Refusal(str(error)) from error
    _refuse_files(asked.settings, model.names_files)
    given: dict[str, Any] = {"engine": asked.engine, "preset": asked.preset}
    if "strength" in model.model_fields:
        given["strength"] = asked.strength
    return {name: value for name, value in given.items() if value is not None}


def _refuse_files(settings: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if settings.get(name) is not None:
            raise Refusal(
                f"{name} names a file of the machine, which the page does not take; use the "
                "command line: estilo transfer --help"
            )
