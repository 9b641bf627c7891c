"""``estilo rerun``: render a result again from its recipe."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from estilo.cli.options import OUTPUT, Force, Inputs, KeepBest, Plot, Quiet, option
from estilo.errors import SettingsError

if TYPE_CHECKING:
    from estilo.app.outputs import Outputs
    from estilo.cli.progress import Reporter
    from estilo.pipeline.report import Report


def rerun(
    recipe: Annotated[Path, Parameter(help="The .json that lies beside a result.")],
    /,
    *,
    output: Annotated[
        Path | None,
        option(
            OUTPUT,
            "Name of the output; the one beside the recipe if not given, which needs --force.",
            alias="-o",
            metavar="FILE",
        ),
    ] = None,
    inputs: Inputs = None,
    plot: Plot = False,
    force: Force = False,
    keep_best: KeepBest = False,
    quiet: Quiet = False,
) -> int:
    """Render a result again from its recipe: the same inputs, settings, seed, device and threads.

    On the same machine with the same versions the samples are the same, bit for bit; whether they
    are is said in the end. Inputs that changed since are refused; those that were moved with the
    recipe, or are in the folder of --inputs, are found.

    For example:
      estilo rerun out.wav.json -o again.wav
      estilo rerun out.wav.json --force
    """
    from estilo.app.jobs import Job
    from estilo.cli.performing import perform
    from estilo.cli.progress import Reporter
    from estilo.pipeline.report import read_report
    from estilo.pipeline.rerunning import (
        check_unchanged,
        recorded_clips,
        recorded_weights,
        split,
    )
    from estilo.pipeline.travelling import changed_output, located

    report = located(read_report(recipe), recipe, inputs=inputs)
    clips = recorded_clips(report, recipe)
    content, styles = split(report, clips)
    outputs = _outputs(report, recipe, output, has_picture=plot, force=force)
    job = Job(
        plan=report.plan,
        content=content,
        styles=styles,
        outputs=outputs,
        style_weights=recorded_weights(report),
        seconds=report.seconds,
        keep_best=keep_best,
        check=lambda inputs: check_unchanged(report, recipe, inputs),
    )
    reporter = Reporter(is_quiet=quiet)
    if not report.is_complete:
        reporter.warn("the recipe is of a run that was stopped early; this one goes to the end")
    for text in changed_output(report, recipe):
        reporter.warn(text)
    return perform(
        job,
        is_quiet=quiet,
        afterwards=lambda reporter, made: _compare(reporter, report, made),
    )


def _outputs(
    report: "Report", recipe: Path, output: Path | None, *, has_picture: bool, force: bool
) -> "Outputs":
    """Where to; bit depth and bitrate are the recipe's as far as the format holds them."""
    from estilo.app.outputs import Outputs
    from estilo.app.standard import STANDARD
    from estilo.io.plan import container_of
    from estilo.pipeline.travelling import output_of

    # A recipe may come from anybody: what it says of its output's place is not heeded.
    path = output_of(recipe) if output is None else output
    if path is None:
        raise SettingsError(
            f"{recipe} does not tell by its name what its output is called, as out.wav.json does; "
            "name the output with -o"
        )
    given = report.output
    if path == STANDARD:
        return Outputs.to_standard_output(
            has_picture=has_picture, like_bit_depth=given.bit_depth, inputs=(recipe,)
        )
    is_same_format = container_of(path) == given.container
    outputs = Outputs(
        path,
        has_picture=has_picture,
        bitrate_kbps=given.bitrate_kbps if is_same_format else None,
        like_bit_depth=given.bit_depth,
        force=force,
    )
    # The recipe of a rendering in place takes the old one's; any other leaves it alone.
    is_own = outputs.recipe.exists() and outputs.recipe.samefile(recipe)
    return outputs if is_own else replace(outputs, inputs=(recipe,))


def _compare(reporter: "Reporter", before: "Report", after: "Report") -> None:
    """Whether the samples are those of the first time, and if not, what may be the reason."""
    if after.output.samples_sha256 == before.output.samples_sha256:
        reporter.say("identical: every sample is as it was the first time")
        return
    from estilo.pipeline.report import versions

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
