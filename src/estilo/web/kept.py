"""Downloads of a result."""

import json

from fastapi import Response
from fastapi.responses import FileResponse

from estilo.files import read_plain
from estilo.web.asking import parts_of
from estilo.web.clips import refusal_of
from estilo.web.crew import Crew
from estilo.web.jobs import WebJob
from estilo.web.labels import relabelled
from estilo.web.refusals import Refusal
from estilo.web.result_files import KINDS, path_of
from estilo.web.workers import WorkerError


async def kept_file(crew: Crew, job: WebJob, kind: str) -> Response:
    """A file of a result.

    Args:
        crew: workers that make it where it is not there.
        job: job that has the result.
        kind: one of `KINDS`.

    Raises:
        Refusal: the job has no result, or the file cannot be made.
    """
    if job.state != "done":
        raise Refusal(
            f"files are there of jobs that are done, and this one is {job.state}; wait for it, or "
            "start it again",
            status=409,
        )
    name = f"estilo.{'wav.json' if kind == 'json' else kind}"
    if kind == "json":
        disposition = f'attachment; filename="{name}"'
        return Response(
            _recipe(job), media_type=KINDS[kind], headers={"Content-Disposition": disposition}
        )
    path = path_of(job.folder, kind)
    if not path.exists():
        try:
            parts = parts_of(job.request.asked, job.session)
            await crew.look(
                "estilo.web.keeping:render",
                listens=True,
                kind=kind,
                folder=str(job.folder),
                **parts,
            )
        except WorkerError as error:
            raise refusal_of(error, job.session) from error
    return FileResponse(path, media_type=KINDS[kind], filename=name)


def _recipe(job: WebJob) -> bytes:
    """The recipe, in which recordings have the names that their user gave them."""
    recipe = json.loads(read_plain(path_of(job.folder, "json"), what="the recipe"))
    recipe["beside"] = {}
    labelled = relabelled(recipe, job.session.labels)
    labelled["output"]["path"] = "estilo.wav"
    return json.dumps(labelled, indent=2).encode()
