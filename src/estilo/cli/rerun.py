"""``estilo rerun``: render a result again from its recipe."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from estilo.cli.inputs import check_clip
from estilo.cli.job import Job, render
from estilo.cli.options import COMMON, Force, KeepBest, Plot, Quiet
from estilo.cli.outputs import Outputs
from estilo.cli.progress import Reporter
from estilo.errors import InputError, SettingsError
from estilo.pipeline.report import InputReport, Report, read_report, versions
from estilo.pipeline.sources import Clip
from estilo.pipeline.transfer import Transfer


def rerun(
    recipe: Annotated[Path, Parameter(help="The .json that lies beside a result.")],
    /,
    *,
    output: Annotated[
        Path | None,
        Parameter(
            alias="-o",
            metavar="FILE",
            group=COMMON,
            help="Where to; the recipe's own output if not given (which needs --force).",
        ),
    ] = None,
    force: Force = False,
    plot: Plot = False,
    keep_best: KeepBest = False,
    quiet: Quiet = False,
) -> int:
    """Render a result again from its recipe: the same inputs, settings, seed, device and threads.

    On the same machine with the same versions the samples are the same, bit for bit; whether they
    are is said in the end. Inputs that changed since are refused.

    For example:
      estilo rerun out.wav.json -o again.wav
      estilo rerun out.wav.json --force
    """
    report = read_report(recipe)
    clips = [_clip(given, recipe) for given in _inputs(report)]
    before = report.output.samples_sha256
    job = Job(
        content=None if report.content is None else clips[0],
        styles=tuple(clips if report.content is None else clips[1:]),
        transfer=_transfer(report),
        outputs=_outputs(report, recipe, output, first=clips[0], has_picture=plot, force=force),
        style_weights=[style.weight or 1.0 for style in report.styles],
        seconds=report.seconds,
        keep_best=keep_best,
        is_quiet=quiet,
        before_work=lambda reporter: _check_inputs(report, recipe, reporter),
        amend=lambda made: made.model_copy(update={"preset": report.preset}),
    )
    code, made = render(job)
    _compare(Reporter(is_quiet=quiet), report, made, is_same=made.output.samples_sha256 == before)
    return code


def _inputs(report: Report) -> Iterable[InputReport]:
    return ([] if report.content is None else [report.content]) + report.styles


def _clip(given: InputReport, recipe: Path) -> Clip:
    if given.path is None:
        raise InputError(
            f"{recipe} is of samples that came from a program, not from files; "
            "render it again in Python"
        )
    return Clip(given.path, given.offset_s, given.duration_s, given.accept_truncated, given.at)


def _check_inputs(report: Report, recipe: Path, reporter: Reporter) -> None:
    """Refuse inputs that are not what they were."""
    for given in [*_inputs(report), *([] if report.mask is None else [report.mask])]:
        path = Path(str(given.path))
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if digest != given.sha256:
            raise InputError(
                f"{path} has changed since {recipe} was written: its SHA-256 is "
                f"{digest[:12]}… and was {given.sha256[:12]}…; bring the old file back, or run "
                "estilo transfer anew"
            )
    _check_weights(report, recipe)
    if not report.is_complete:
        reporter.warn("the recipe is of a run that was stopped early; this one goes to the end")


def _check_weights(report: Report, recipe: Path) -> None:
    """Refuse a file of weights that is not what it was."""
    path = report.settings.get("weights")
    if path is None or report.weights_id is None:
        return
    from estilo.engines.neural.weights import weights_id

    now = weights_id(path)
    if now != report.weights_id:
        raise InputError(
            f"{path} holds other weights than when {recipe} was written: they are {now} and were "
            f"{report.weights_id}; bring the old file back, or run estilo transfer anew"
        )


def _transfer(report: Report) -> Transfer:
    """All settings are in the recipe; the preset is needed only for what its ancestor wrote."""
    if report.feature_network is not None:
        raise InputError(
            f"the recipe was made with a feature network of its own ({report.feature_network}), "
            "whose weights it does not hold; render it again in Python"
        )
    settings = {key: value for key, value in report.settings.items() if key != "strength"}
    return Transfer(
        engine=report.engine,
        preset=report.preset if report.raw else None,
        strength=report.settings.get("strength"),
        match=report.match,
        refine=report.refine,
        mix=report.mix,
        on=report.on,
        mask=None if report.mask is None else report.mask.path,
        formants=report.formants,
        formant_shift_semitones=report.formant_shift_semitones,
        raw=report.raw,
        seed=report.seed,
        device=report.device,
        threads=report.threads,
        scores=bool(report.scores),
        **settings,
    )


def _outputs(
    report: Report,
    recipe: Path,
    output: Path | None,
    *,
    first: Clip,
    has_picture: bool,
    force: bool,
) -> Outputs:
    """Where to; the bit depth is the recipe's as far as the format holds it."""
    if output is None and report.output.path is None:
        raise SettingsError(f"{recipe} does not name an output; name one with -o")
    path = Path(str(report.output.path)) if output is None else output
    like = check_clip(first)
    if report.output.bit_depth is not None:
        like = replace(like, bit_depth=report.output.bit_depth)
    return Outputs(path, has_picture=has_picture, like=like, force=force)


def _compare(reporter: Reporter, before: Report, after: Report, *, is_same: bool) -> None:
    """Whether the samples are those of the first time, and if not, what may be the reason."""
    if is_same:
        reporter.say("identical: every sample is as it was the first time")
        return
    now = versions()
    changed = [
        f"{name} {before.versions.get(name, 'unknown')} then, {now[name]} now"
        for name in now
        if before.versions.get(name) != now[name]
    ]
    if not (before.is_complete and after.is_complete):
        reason = "one of the two runs was stopped early"
    elif before.weights_id != after.weights_id:
        reason = (
            f"the weights that come with estilo are others ({before.weights_id} then, "
            f"{after.weights_id} now)"
        )
    elif changed:
        reason = "; ".join(changed)
    else:
        reason = "versions are the same, so another processor, or a GPU, may be the reason"
    reporter.warn(f"the samples differ from the first time: {reason}")
