"""The report of a result: everything that went in and came out, and the recipe to render it again.

Imports no torch, so that a bad recipe is refused at once.
"""

import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from estilo.documents import parse_json
from estilo.engines.grains import Grain
from estilo.errors import InputError
from estilo.files import read_plain
from estilo.metrics.fault import Fault
from estilo.pipeline.plan import Plan
from estilo.pipeline.recipes import upgraded
from estilo.version import __version__

FORMAT = 2
MOST_GRAINS = 2000


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MatchReport(_Part):
    """What was done to a style so that it fits the content; see `estilo.matching`."""

    speed: float
    """How many times as fast it was played."""
    semitones: int
    """How much higher."""
    words: str
    """That, and why, in a line."""


class InputReport(_Part):
    """One recording that went in, or a style file, which has no audio."""

    path: str | None
    """Absolute; None where samples were given instead of a file."""
    sha256: str
    """Of the file, or of the samples where there is none."""
    sample_rate: int | None
    """In Hz, before any conversion; None of a style file, as are channels and samples."""
    n_channels: int | None
    n_samples: int | None
    """Of the part that was used."""
    offset_s: float = 0.0
    """Start of the part that was used, in seconds."""
    duration_s: float | None = None
    """Length that was asked for, in seconds; None is all that there is."""
    accept_truncated: bool = False
    """Whether a file that breaks off was taken as it is."""
    weight: float | None = None
    """Share of this style."""
    at: str = ""
    """Where in the content this style applies, as in `estilo.pipeline.regions.place_of`."""
    match: MatchReport | None = None
    """How this style was matched to the content; None where it was not to be."""


class LevelReport(_Part):
    """Loudness and peak of the output."""

    target_lufs: float | None
    """Loudness of the content (of the first style for textures); None for silence."""
    achieved_lufs: float | None
    true_peak_dbtp: float | None
    gain_db: float
    shortfall_lu: float
    """By how much the output is quieter than its target, so that its peaks fit."""


class OutputReport(_Part):
    """The recording that came out."""

    path: str | None = None
    """Absolute; None until it is saved."""
    sample_rate: int
    n_channels: int
    n_samples: int
    container: str | None = None
    bit_depth: str | None = None
    bitrate_kbps: float | None = None
    """In kbit/s, where one was asked for."""
    n_clipped: int = 0
    """Samples that the file format could not hold."""
    samples_sha256: str
    """Of the samples before they were encoded (float32, channel by channel)."""
    sha256: str | None = None
    """Of the file, which is how a recipe is told that lies beside another file's output."""


class Report(_Part):
    """What was done, how it went, and all that is needed to do it again."""

    format: int = FORMAT
    job: Literal["transfer", "texture"]
    created: str
    """Local time in ISO 8601."""
    plan: Plan
    """What was asked for, with the engine that ran and its settings, all of them."""
    content: InputReport | None
    styles: list[InputReport]
    choice: str | None = None
    """Why this engine, where it was chosen by what was heard."""
    weights_id: str | None = None
    """Of the trained weights that were used, see `estilo.engines.neural.weights.network_id`; None
    where the engine has none."""
    seconds: float | None = None
    """Length of a texture."""
    is_complete: bool = True
    """False where the work was stopped and the best so far was kept."""
    beside: dict[str, str] = {}
    """Where the files that went in lie, seen from the recipe's folder, by their absolute paths."""
    output: OutputReport
    level: LevelReport | None = None
    grains: list[Grain] = []
    """Which seconds of the styles were copied where, if any were: the `MOST_GRAINS` that make most
    of the output. Seconds of a style are those of its file."""
    losses: dict[str, float]
    """Final calibrated losses by term."""
    loss_curve: list[float]
    """Total loss after every step."""
    scores: dict[str, float] = {}
    """What was measured of the output, see `estilo.metrics.scores`; empty if it was not to be."""
    faults: list[Fault] = []
    """What went wrong in the output, with times, see `estilo.metrics.faults`: of every kind the
    severest few."""
    remarks: dict[str, str] = {}
    """Why a score is not there, where it is worth saying, by the name of the score."""
    timings_s: dict[str, float]
    warnings: list[str] = []
    is_loop: bool = False
    """Whether the content's end goes on at its start, so that the output was made to close too."""
    versions: dict[str, str]

    @model_validator(mode="after")
    def _check_job(self) -> Self:
        is_texture = self.job == "texture"
        if is_texture != (self.content is None) or is_texture != (self.seconds is not None):
            raise ValueError(
                "a texture has a length and no content, a transfer the other way round"
            )
        if not self.styles:
            raise ValueError("there is no style in it")
        return self

    def to_json(self) -> str:
        """Indented JSON; what is not Unicode in a file's name is escaped, so that it comes back."""
        text = (
            json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False)
            + "\n"
        )
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def read_report(path: str | os.PathLike[str]) -> Report:
    """The report in a file.

    Raises:
        InputError: the file is missing or not a report of this version.
    """
    path = Path(path)
    data = read_plain(path, what="the recipe")
    try:
        recipe = parse_json(data, what="the recipe")
    except ValueError as error:
        raise InputError(
            f"{path} is not a recipe of estilo, nor any JSON that it reads: {error}; give the "
            ".json that estilo wrote beside its output"
        ) from error
    try:
        return Report.model_validate(upgraded(_of_known_format(recipe)))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(
            f"{path} is not a recipe of estilo: {where}: {first['msg']}; "
            "give the .json that estilo wrote beside its output"
        ) from error


def _of_known_format(recipe: Any) -> Any:
    """What a file holds, if it says a format that this version reads, or no format at all."""
    number = recipe.get("format", FORMAT) if isinstance(recipe, dict) else FORMAT
    if number not in (1, FORMAT) or isinstance(number, bool):
        raise InputError(
            f"the recipe is of format {number!r}, and this version reads 1 to {FORMAT}; update "
            "estilo, or render it with the version that wrote it"
        )
    return recipe


def versions() -> dict[str, str]:
    """Versions of what decides about the samples of a result."""
    packages = ("numpy", "scipy", "torch", "soxr", "soundfile")
    return {
        "estilo": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{name: _version(name) for name in packages},
    }


def _version(package: str) -> str:
    """Version of a package; that of a loaded one is at hand, others take 10 ms each."""
    loaded = getattr(sys.modules.get(package), "__version__", None)
    return version(package) if loaded is None else str(loaded)
