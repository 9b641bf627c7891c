"""``estilo listen``: a blind listening test on outputs, and what came out of it."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from estilo.cli.listen_results import counted, tell_results
from estilo.cli.options import AMOUNT, OUTPUT, RUN, WHAT, Force, Quiet, flag, option
from estilo.cli.performing import name_files
from estilo.cli.progress import Reporter
from estilo.errors import SettingsError

if TYPE_CHECKING:
    from estilo.listening.answers import Answer, AnswerBook
    from estilo.listening.design import Design, Page

_FOLDER = "listening"
_LARGE_BYTES = 50_000_000


def listen(
    folder: Annotated[Path, Parameter(help="Folder with outputs that were kept.")],
    answers: Annotated[
        tuple[Path, ...],
        Parameter(help="Files of answers that listeners sent, for --results.", show_default=False),
    ] = (),
    /,
    *,
    kind: Annotated[
        Literal["mushra", "ratings", "abx"] | None,
        option(
            WHAT,
            "mushra: nearness to the target, hidden among the sounds; ratings: style, content and "
            "quality, a page each; abx: whether two rows differ. mushra if not given where targets "
            "are known, else ratings.",
            metavar="KIND",
        ),
    ] = None,
    rows: Annotated[
        str | None,
        option(
            WHAT,
            "Rows or engines to judge, for abx the two that are compared; all that are no controls "
            "if not given.",
            metavar="A,B",
        ),
    ] = None,
    n: Annotated[
        int | None,
        option(AMOUNT, "Number of items; 8, or as many as there are, if not given."),
    ] = None,
    trials: Annotated[
        int | None,
        option(AMOUNT, "Number of trials, for abx only, fixed beforehand; 16 if not given."),
    ] = None,
    seed: Annotated[int | None, option(RUN, "Random seed; 0 if not given.", metavar="N")] = None,
    output: Annotated[
        Path | None,
        option(
            OUTPUT,
            "Folder of the test and its answers, in which it goes on; FOLDER/listening/KIND if "
            "not given.",
            alias="-o",
            metavar="FOLDER",
        ),
    ] = None,
    single_file: Annotated[
        Path | None,
        option(
            OUTPUT,
            "Write a page with the sounds inside, to send to listeners, and open nothing.",
            metavar="HTML",
        ),
    ] = None,
    force: Force = False,
    results: Annotated[bool, flag(OUTPUT, "Say what listeners said so far.")] = False,
    port: Annotated[
        int, option(RUN, "Port of the page on this machine; any free one if not given.")
    ] = 0,
    no_browser: Annotated[bool, flag(RUN, "Print the address and open no browser.")] = False,
    quiet: Quiet = False,
) -> int:
    """Compare outputs by ear without knowing what they are, in the browser.

    FOLDER is that of a scoreboard with --keep-outputs, or holds a folder per item
    with content, style, perhaps target, and outputs. All sounds are equally loud
    and in random order. Nothing leaves this machine; every answer is kept at once.

    For example:
      estilo scoreboard --n 6 --engines sines,mosaic --strengths 1 --keep-outputs -o heard
      estilo listen heard
      estilo listen heard --kind abx --rows "sines 1,mosaic 1"
      estilo listen heard --single-file test.html
      estilo listen heard --results answers-*.json
    """
    reporter = Reporter(is_quiet=quiet)
    if answers and not results:
        raise SettingsError(f"{answers[0]} is read with --results only; add it, or leave it out")
    if results and single_file is not None:
        raise SettingsError("--single-file writes a page and --results reads answers; give one")
    if results:
        asked = {"--rows": rows, "--n": n, "--trials": trials, "--seed": seed}
        _refuse(asked, "makes a test, and --results reads the answers to one that was made")
        tell_results(folder, _tests(folder, output, kind, answers), answers)
        return 0
    from estilo.listening.answers import AnswerBook
    from estilo.listening.design import keep_design
    from estilo.listening.material import material
    from estilo.listening.sounds import LONGEST_S, longest_s
    from estilo.listening.trials import Wish, design, left_out

    if single_file is not None:
        served = {"--port": port or None, "--no-browser": no_browser or None}
        _refuse(served, "is about the page that is served, and --single-file serves none")
    elif force:
        raise SettingsError("--force replaces the file of --single-file, which is not given")
    wanted = tuple(each.strip() for each in rows.split(",")) if rows else ()
    wish = Wish(kind, wanted, n_items=n, n_trials=trials, seed=seed or 0)
    index = material(folder)
    chosen = design(index, wish)
    for left in left_out(index, chosen):
        reporter.warn(left)
    with reporter.listening():
        longest = longest_s(chosen, folder)
    if longest > LONGEST_S:
        reporter.warn(
            f"sounds are up to {longest:.0f} s long; more than {LONGEST_S:.0f} s are hard to "
            "compare by memory"
        )
    place = output or folder / _FOLDER / chosen.kind
    keep_design(place, chosen)
    reporter.say(
        f"{counted(len(chosen.pages), 'page')} about {', '.join(chosen.rows)} on "
        f"{counted(len(chosen.items), 'item')}, seed {chosen.seed}, kept in {place}"
    )
    if single_file is not None:
        _write_page(chosen, folder, single_file, force=force, reporter=reporter)
        name_files([single_file], is_quiet=quiet)
    else:
        book = AnswerBook(place, chosen)
        _serve(chosen, book, folder, port=port, opens=not no_browser, reporter=reporter)
    return 0


def _refuse(asked: dict[str, object], why: str) -> None:
    """Refuse options that would do nothing, if any of them is given."""
    for name, value in asked.items():
        if value is not None:
            raise SettingsError(f"{name} {why}; leave one of them out")


def _tests(
    folder: Path, output: Path | None, kind: str | None, answers: Sequence[Path]
) -> list[Path]:
    """Folders of the tests whose results are asked for."""
    if output is not None:
        return [output]
    if kind is not None:
        return [folder / _FOLDER / kind]
    found = sorted(path.parent for path in (folder / _FOLDER).glob("*/design.json"))
    if len(found) > 1 and answers:
        names = ", ".join(each.name for each in found)
        raise SettingsError(
            f"answers in files belong to one test, and there are {names}; name it with --kind"
        )
    return found or [folder / _FOLDER / "mushra"]


def _write_page(
    design: "Design", folder: Path, path: Path, *, force: bool, reporter: Reporter
) -> None:
    from estilo.io import write_atomic
    from estilo.io.atomic import check_free
    from estilo.listening.document import single_page
    from estilo.listening.sounds import page_sounds

    check_free(path, force=force)
    with reporter.listening():
        page = single_page(design, lambda each: page_sounds(each, folder)).encode()
    if len(page) > _LARGE_BYTES:
        reporter.warn(f"the page has {len(page) / 1e6:.0f} MB; fewer items (--n) make it smaller")
    write_atomic(path, page, force=force)


def _serve(
    design: "Design",
    book: "AnswerBook",
    folder: Path,
    *,
    port: int,
    opens: bool,
    reporter: Reporter,
) -> None:
    """Serve the page until Ctrl-C."""
    import threading
    import webbrowser

    from estilo.listening.server import ListeningServer
    from estilo.listening.sounds import page_sounds

    def on_answer(answer: "Answer") -> None:
        if answer.is_done:
            reporter.say(f"{answer.listener}: page {answer.place + 1} of {len(design.pages)}")

    def sounds(page: "Page") -> dict[str, bytes]:
        return page_sounds(page, folder)

    server = ListeningServer(design, book, sounds, port=port, on_answer=on_answer)
    with server, contextlib.suppress(KeyboardInterrupt):
        reporter.say("open this address in a browser on this machine; Ctrl-C ends the test:")
        print(server.url, flush=True)
        if opens:
            webbrowser.open(server.url)
        threading.Event().wait()
    reporter.say(f"answers are kept in {book.path}; estilo listen {folder} --results tells them")
