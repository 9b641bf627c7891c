"""``estilo demo``: a tune in two styles, on clips that the project makes itself."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from estilo.cli.options import Force, Quiet
from estilo.cli.performing import name_files, perform
from estilo.cli.progress import Reporter
from estilo.errors import OutputError

CONTENT, STYLES = "melody", ("bells", "rain")


def demo(
    folder: Annotated[Path, Parameter(help="Folder to write to; made if it is not there.")] = Path(
        "estilo-demo"
    ),
    /,
    *,
    force: Force = False,
    quiet: Quiet = False,
) -> int:
    """Make four clips from numbers alone; play the melody on the bells, and make a tune of rain.

    At the end it names the files that it wrote: outputs, their recipes and their pictures.

    For example:
      estilo demo
      estilo transfer estilo-demo/melody.wav estilo-demo/rain.wav -o wet.wav
    """
    from estilo.app.jobs import Job
    from estilo.app.outputs import Outputs, check_target
    from estilo.demo import CLIPS, clip
    from estilo.io import save
    from estilo.pipeline.clips import Clip
    from estilo.pipeline.plan import Plan

    paths = {name: folder / f"{name}.wav" for name in CLIPS}
    outputs = {
        style: Outputs(folder / f"{CONTENT}-as-{style}.wav", has_picture=True, force=force)
        for style in STYLES
    }
    _make_folder(folder)
    for path in [*paths.values(), *(each for of in outputs.values() for each in of.files)]:
        check_target(path, force=force)
    Reporter(is_quiet=quiet).say(f"making {', '.join(paths)} in {folder}")
    for name, path in paths.items():
        save(clip(name), path, force=force)
    name_files(paths.values(), is_quiet=quiet)
    for style in STYLES:
        job = Job(
            content=Clip(paths[CONTENT]),
            styles=(Clip(paths[style]),),
            plan=Plan.of(engine="notes"),
            outputs=outputs[style],
        )
        code = perform(job, is_quiet=quiet)
        if code:
            return code
    Reporter(is_quiet=quiet).say("on a page in the browser, with recordings of yours: estilo web")
    return 0


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise OutputError(f"{folder} is a file; give the name of a folder") from error
    except OSError as error:
        raise OutputError(
            f"the folder {folder} cannot be made: {error.strerror or error}; give another one"
        ) from error
