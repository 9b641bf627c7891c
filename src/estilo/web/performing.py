"""A job in a worker: run by the room that all applications share, and told as the page needs it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from estilo.app.commands import Asked, Named
from estilo.app.events import Event, Started, Writing
from estilo.app.jobs import Job, run_job
from estilo.app.outputs import Outputs
from estilo.app.words import conclusion, meaning, verdict
from estilo.audio import Audio
from estilo.dsp.loudness import integrated_loudness
from estilo.io import load
from estilo.metrics import METRICS
from estilo.pipeline.clips import Clip
from estilo.pipeline.plan import Plan
from estilo.pipeline.report import Report
from estilo.progress import Progress
from estilo.web.looking import look_of
from estilo.web.result_files import OUTPUT
from estilo.web.workers import Told


def perform(
    tell: Told,
    *,
    content: dict[str, Any],
    styles: Sequence[dict[str, Any]],
    weights: Sequence[float],
    options: dict[str, Any],
    settings: dict[str, Any],
    folder: str,
) -> dict[str, Any]:
    """Run a transfer, and say all that the page shows of its result.

    Args:
        tell: function that is told ``{fraction, seconds_left, words}`` as the work goes on.
        content: the content: path, label, offset_s and duration_s.
        styles: the styles, likewise.
        weights: shares of the styles.
        options: engine, preset and strength, those that were given.
        settings: further settings of the engine.
        folder: path of the folder that the output and its recipe are written into.

    Raises:
        InputError: something that was given cannot be used.
    """

    def on_event(event: Event) -> None:
        if isinstance(event, Progress):
            told = {"fraction": event.fraction, "seconds_left": event.remaining_s}
            tell({**told, "words": event.stage})
        elif isinstance(event, Started):
            tell({"fraction": 0.0, "seconds_left": None, "words": "listening"})
        elif isinstance(event, Writing):
            tell({"fraction": 1.0, "seconds_left": None, "words": "judging and writing"})

    clips = [_clip(part) for part in (content, *styles)]
    is_weighted = len(set(weights)) > 1
    job = Job(
        plan=Plan.of(**options, settings=settings),
        content=clips[0],
        styles=tuple(clips[1:]),
        outputs=Outputs(Path(folder) / OUTPUT),
        style_weights=weights if is_weighted else None,
    )
    report = run_job(job, on_event=on_event)
    asked = Asked(
        _named(content),
        tuple(_named(each) for each in styles),
        tuple(weights) if is_weighted else None,
        options,
        settings,
    )
    return {
        **_told(report),
        **_levels(clips[0], clips[1], load(Path(folder) / OUTPUT)),
        "commands": {"terminal": asked.in_terminal(), "python": asked.in_python()},
    }


def _clip(part: dict[str, Any]) -> Clip:
    return Clip(part["path"], part["offset_s"], part["duration_s"])


def _named(part: dict[str, Any]) -> Named:
    return Named(part["label"], part["offset_s"], part["duration_s"])


def _told(report: Report) -> dict[str, Any]:
    """What a report says that a listener wants to know."""
    sentence = verdict(report.scores, report.remarks)
    plain = report.model_dump(mode="json")
    return {
        "engine": report.plan.engine,
        "settings": plain["plan"]["settings"],
        "scores": [_score(name, value) for name, value in report.scores.items()],
        "sentence": sentence,
        "notes": [line for line in conclusion(report) if line != sentence],
        "faults": plain["faults"],
        "grains": [
            {
                "start_s": each.start_s,
                "end_s": each.stop_s,
                "style": each.style,
                "style_start_s": each.style_start_s,
                "style_end_s": each.style_stop_s,
                "semitones": each.semitones,
                "pitch": each.pitch,
            }
            for each in report.grains
        ],
        "loss_curve": report.loss_curve,
        "warnings": report.warnings,
    }


def _score(name: str, value: float) -> dict[str, Any]:
    """A score with what it means; those that sum up others are said by the sentence."""
    found = METRICS[name] if name in METRICS else None  # noqa: SIM401 - a registry has no get
    label = name.replace("_", " ") if found is None else found.label
    words = meaning(name)
    if found is not None:
        summary = (found.measure.__doc__ or "").strip().partition("\n")[0].replace("``", "")
        words = f"{summary} ({found.better} is better, {found.best:g} is best)"
    return {"name": name, "label": label, "value": value, "words": words}


def _levels(content: Clip, style: Clip, output: Audio) -> dict[str, Any]:
    """The output as the page shows it, and the gains with which all three are equally loud."""
    look = look_of(output)
    loudness = {
        "content": _loudness(content),
        "style": _loudness(style),
        "output": look["loudness_lufs"],
    }
    known = [each for each in loudness.values() if each is not None]
    quietest = min(known) if known else 0.0
    return {
        "output": look,
        "loudness_lufs": loudness,
        "gains_db": {
            name: 0.0 if each is None else quietest - each for name, each in loudness.items()
        },
    }


def _loudness(clip: Clip) -> float | None:
    """Loudness of the part that was used, in LUFS; None for silence."""
    audio = load(str(clip.source), offset_s=clip.offset_s, duration_s=clip.duration_s)
    found = integrated_loudness(audio.samples, audio.sample_rate)
    return found if np.isfinite(found) else None
