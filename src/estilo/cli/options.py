"""Options that commands share, written once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter

from estilo.documents import parse_json
from estilo.errors import SettingsError

WHAT = Group("What", sort_key=1)
AMOUNT = Group("How much", sort_key=2)
PART = Group("Which part", sort_key=3)
OUTPUT = Group("Output", sort_key=4)
RUN = Group("Run", sort_key=5)


def option(group: Group, text: str, **more: Any) -> Parameter:
    """An option whose help says all there is to know; no default is added to it.

    Args:
        group: group under whose title it stands.
        text: its help.
        more: further arguments of `cyclopts.Parameter`.
    """
    return Parameter(group=group, help=text, show_default=False, show_choices=False, **more)


def flag(group: Group, text: str, **more: Any) -> Parameter:
    """A switch that is off unless it is given.

    Args:
        group: group under whose title it stands.
        text: its help.
        more: further arguments of `cyclopts.Parameter`.
    """
    return option(group, text, negative=(), **more)


def json_flag(text: str) -> Parameter:
    """The switch ``--json`` of a command.

    Args:
        text: its help, which says what is printed instead of what.
    """
    return flag(WHAT, text, name="--json")


Force = Annotated[bool, flag(OUTPUT, "Replace files that are already there.")]
Plot = Annotated[bool, flag(OUTPUT, "Draw a picture beside the output (out.wav.png).")]
AcceptTruncated = Annotated[bool, flag(RUN, "Take what is there of files that break off.")]
KeepBest = Annotated[bool, flag(RUN, "On Ctrl-C write the best result so far.")]
Quiet = Annotated[bool, flag(RUN, "Say nothing but errors.", alias="-q")]
Offset = Annotated[
    float, option(PART, "Where to begin in each recording, in seconds.", metavar="S")
]
Inputs = Annotated[
    Path | None,
    option(WHAT, "Folder in which the recipe's recordings are, by any name.", metavar="FOLDER"),
]
Duration = Annotated[
    float | None, option(PART, "How much of each recording to take, in seconds.", metavar="S")
]


def numbers(text: str, *, option: str) -> list[float]:
    """Numbers with commas between them.

    Args:
        text: text, as it was typed.
        option: the name of the option, for the message.

    Raises:
        SettingsError: something else is among them.

    Example:
        >>> numbers("2,1", option="--style-weight")
        [2.0, 1.0]
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise SettingsError(
            f"{option} must be numbers, got {text!r}; give for instance {option} 2,1"
        ) from error


@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """What is written."""

    output: Annotated[
        Path,
        option(
            OUTPUT,
            "Name of the output: wav, flac, ogg, opus, mp3, m4a, aiff, caf; - is standard output.",
            alias="-o",
            metavar="FILE",
        ),
    ]
    bit_depth: Annotated[
        Literal["16", "24", "32", "float"] | None,
        option(OUTPUT, "16, 24, 32 or float; the content's if not given.", metavar="BITS"),
    ] = None
    bitrate: Annotated[
        float | None,
        option(OUTPUT, "Of mp3, m4a, opus, ogg; high if not given.", metavar="KBIT/S"),
    ] = None
    plot: Plot = False
    force: Force = False


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Where and how it is computed."""

    # Whole numbers are read by the plan, which refuses 1.7 where a shell's number is rounded.
    seed: Annotated[str | None, option(RUN, "Random seed; 0 if not given.", metavar="N")] = None
    device: Annotated[
        str, option(RUN, "cpu, or cuda for a GPU; cpu if not given.", metavar="NAME")
    ] = "cpu"
    threads: Annotated[
        str | None,
        option(RUN, "Processor threads; all cores if not given.", metavar="N"),
    ] = None
    no_scores: Annotated[bool, flag(RUN, "Do not score the output; saves some seconds.")] = False
    keep_best: KeepBest = False
    accept_truncated: AcceptTruncated = False
    quiet: Quiet = False


@dataclass(frozen=True, kw_only=True)
class WayOptions:
    """Which way of working."""

    engine: Annotated[
        str | None,
        option(WHAT, "How it is made; chosen by what is heard if not given.", metavar="NAME"),
    ] = None
    preset: Annotated[
        str | None,
        option(WHAT, "Settings under a name (estilo list presets).", metavar="NAME|FILE.toml"),
    ] = None
    set: Annotated[
        list[str] | None,
        option(
            WHAT,
            "Another setting (estilo list settings ENGINE).",
            metavar="FIELD=VALUE",
            negative=(),
            consume_multiple=False,
        ),
    ] = None


StyleWeight = Annotated[
    list[str] | None,
    option(
        WHAT,
        "Shares of the styles, in their order: 2,1.",
        metavar="N,N",
        negative=(),
        consume_multiple=False,
    ),
]
StyleOffset = Annotated[
    float, option(PART, "Where to begin in the styles, in seconds.", metavar="S")
]
StyleDuration = Annotated[
    float | None, option(PART, "How much of each style to take, in seconds.", metavar="S")
]


@dataclass(frozen=True, kw_only=True)
class StyleOptions:
    """What of the styles is used."""

    style_weight: StyleWeight = None
    style_offset: StyleOffset = 0.0
    style_duration: StyleDuration = None

    @property
    def weights(self) -> list[float] | None:
        """The weights as numbers; None where there are none."""
        if self.style_weight is None:
            return None
        return [w for text in self.style_weight for w in numbers(text, option="--style-weight")]


FLAT = Parameter(name="*")
ANY_WAY = WayOptions()
ALL_STYLES = StyleOptions()
PLAIN_RUN = RunOptions()


def plan_options(way: WayOptions, run: RunOptions, **more: Any) -> dict[str, Any]:
    """Options of a plan as they were given; presets hold where they were not.

    Args:
        way: engine, preset and settings.
        run: seed, device, threads and scores.
        more: further options of a plan; those that are None were not given.

    Raises:
        SettingsError: a setting is not of the form FIELD=VALUE, or has an option of its own.
    """
    given = {name: value for name, value in more.items() if value is not None}
    run_options = {"seed": run.seed, "device": run.device, "threads": run.threads}
    given |= {name: value for name, value in run_options.items() if value is not None}
    given |= {"scores": not run.no_scores, "engine": way.engine, "preset": way.preset}
    settings = typed_settings(way.set)
    for name in settings:
        if name in more or name in run_options or name in ("engine", "preset"):
            raise SettingsError(f"{name} has an option of its own; give it as --{name}")
        if name in ("scores", "settings", "feature_network"):
            raise SettingsError(
                f"{name} is no setting that can be typed; see estilo list settings ENGINE"
            )
    return given | settings


def typed_settings(typed: list[str] | None) -> dict[str, Any]:
    """Settings from ``FIELD=VALUE``, nested where a field has dots.

    Args:
        typed: one for each setting. A value is a number, a word, several with commas, or JSON.

    Raises:
        SettingsError: one of them is not of that form, or starts like JSON and is none.

    Example:
        >>> typed_settings(["n_steps=9", "stft.n_fft=512", "widths=1,8"])
        {'n_steps': '9', 'stft': {'n_fft': '512'}, 'widths': [1, 8]}
    """
    settings: dict[str, Any] = {}
    for each in typed or ():
        name, equals, text = each.partition("=")
        first, *inner = name.strip().split(".")
        path = [first.replace("-", "_"), *inner]
        if not equals or not all(path):
            raise SettingsError(
                f"a setting is FIELD=VALUE, got {each!r}; give for instance --set n_steps=100"
            )
        place = settings
        for above in path[:-1]:
            place = place.setdefault(above, {})
            if not isinstance(place, dict):
                break
        if not isinstance(place, dict) or path[-1] in place:
            raise SettingsError(f"the setting {name} is given twice; leave one of them out")
        place[path[-1]] = _value(name, text.strip())
    return settings


def _value(name: str, text: str) -> Any:
    is_json = text.startswith(("[", "{"))
    if not is_json and "," not in text:
        return text
    try:
        return parse_json((text if is_json else f"[{text}]").encode(), what="it")
    except ValueError as error:
        if not is_json:
            return text
        raise SettingsError(
            f"the value of {name} is not JSON: {error}; put it in single quotes, for instance "
            f"--set '{name}=[1, 2]'"
        ) from error
