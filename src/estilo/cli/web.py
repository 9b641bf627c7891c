"""``estilo web``: the page, served to this machine's browser."""

from typing import TYPE_CHECKING, Annotated

from estilo.cli.options import RUN, WHAT, flag, option
from estilo.cli.progress import Reporter
from estilo.errors import OutputError, SettingsError

if TYPE_CHECKING:
    from estilo.web.limits import Limits

_LOCAL = "127.0.0.1"


def web(
    *,
    port: Annotated[
        int | None, option(RUN, "Port of the page; 8765, or any free one, if not given.")
    ] = None,
    host: Annotated[
        str,
        option(
            RUN,
            "Address to listen on. Beyond 127.0.0.1 others in the network reach the page as well; "
            "each of their browsers needs a token.",
            metavar="ADDRESS",
        ),
    ] = _LOCAL,
    public_url: Annotated[
        str | None,
        option(
            RUN,
            "Address under which a proxy hands requests on (docs/web.md).",
            metavar="URL",
        ),
    ] = None,
    no_browser: Annotated[bool, flag(RUN, "Print the address and open no browser.")] = False,
    upload_mb: Annotated[
        float, option(WHAT, "Largest file that is taken, in MB; 100 if not given.", metavar="MB")
    ] = 100.0,
    upload_minutes: Annotated[
        float,
        option(WHAT, "Longest recording that is taken; 30 if not given.", metavar="MINUTES"),
    ] = 30.0,
    jobs: Annotated[
        int, option(RUN, "Number of results made at a time; 1 if not given.", metavar="N")
    ] = 1,
) -> int:
    """Open a page in the browser: drop two recordings, hear all three.

    Everything runs on this machine, and nothing outside it is ever asked.
    Recordings and results are removed when the page was not used for an hour,
    and all of them when the server ends (Ctrl-C).

    For example:
      estilo web
      estilo web --port 9000 --no-browser
      estilo web --host 0.0.0.0 --upload-mb 20
    """
    import contextlib
    import webbrowser
    from dataclasses import replace
    from pathlib import Path

    from estilo.web.guard import Address
    from estilo.web.page import BUILT, NOT_BUILT
    from estilo.web.serving import PORT, serve_page

    reporter = Reporter(is_quiet=False)
    limits = _limits(upload_mb, upload_minutes, jobs)
    address = Address(host, PORT if port is None else port, _checked(public_url), _names())

    def on_ready(url: str, token: str, redirect: Path) -> None:
        reporter.say("open this address in a browser; Ctrl-C ends the server:")
        print(url, flush=True)
        reporter.say(f"token, for a browser that asks for it: {token}")
        if not (BUILT / "index.html").is_file():
            reporter.warn(NOT_BUILT)
        elif not no_browser:
            webbrowser.open(redirect.as_uri())

    def on_new_token(token: str) -> None:
        reporter.say(f"a browser came in; token for another one: {token}")

    if not address.is_local:
        reporter.warn(
            f"{host} is reached by other machines: whoever has the token can send recordings to "
            "this one and have it work, and what is sent is not encrypted; put a proxy with https "
            "before it, or leave --host out"
        )
    told = {"limits": limits, "on_ready": on_ready, "on_new_token": on_new_token}
    with contextlib.suppress(KeyboardInterrupt):
        try:
            serve_page(address, **told)
        except OutputError:
            if port is not None:
                raise
            serve_page(replace(address, port=0), **told)
    reporter.say("the server has ended; recordings and results that were not kept are removed")
    return 0


def _limits(upload_mb: float, upload_minutes: float, jobs: int) -> "Limits":
    from estilo.web.limits import Limits

    given = {"--upload-mb": upload_mb, "--upload-minutes": upload_minutes, "--jobs": jobs}
    for name, value in given.items():
        if not 0 < value <= 100_000:
            raise SettingsError(f"{name} must be above 0, up to 100000, got {value}; give another")
    return Limits(
        upload_bytes=round(upload_mb * 2**20),
        upload_s=60.0 * upload_minutes,
        n_jobs_at_once=jobs,
    )


def _checked(public_url: str | None) -> str | None:
    """The address of a proxy without what follows its host."""
    if public_url is None:
        return None
    scheme, _, host = public_url.rstrip("/").partition("://")
    if scheme not in ("http", "https") or not host or set(host) & set("/?#@ "):
        raise SettingsError(
            f"--public-url must be like https://music.example.org, got {public_url!r}; give the "
            "address without a path"
        )
    return f"{scheme}://{host}"


def _names() -> tuple[str, ...]:
    """Names by which other machines of the network know this one."""
    import socket

    name = socket.gethostname().lower()
    return (name, f"{name}.local")
