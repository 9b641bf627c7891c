"""The server itself: its socket, its folder, and the file that leads the browser to it."""

import html
import os
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from estilo.errors import InputError, OutputError, SettingsError
from estilo.web.folders import own_folder
from estilo.web.guard import Address
from estilo.web.limits import Limits
from estilo.web.tokens import OneUseToken

PORT = 8765
_HIGHEST_PORT = 65_535
_BACKLOG = 128
_LEAVING_S = 2

# Where this machine reaches what listens at all of its addresses.
_ALSO_AT = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}  # noqa: S104 - only compared

OnReady = Callable[[str, str, Path], None]


def serve_page(
    address: Address,
    *,
    limits: Limits,
    on_ready: OnReady,
    on_new_token: Callable[[str], None],
) -> None:
    """Serve the page until the program is interrupted.

    Args:
        address: where; a port of 0 is any that is free.
        limits: how much of everything there may be.
        on_ready: function that is told the address of the page, the token, and the file that leads
            a browser there, once the server can be reached.
        on_new_token: function that is told the token for the next browser, as each counts once.

    Raises:
        InputError: FastAPI or uvicorn is not installed.
        OutputError: the port cannot be listened on.
        SettingsError: there is no such port.
    """
    try:
        import uvicorn

        from estilo.web.app import create_app
        from estilo.web.house import House
    except ImportError as error:
        raise InputError(
            f"the page needs the package {error.name}; install it: pip install 'estilo[web]'"
        ) from error
    with listening_socket(address.host, address.port) as sock, own_folder() as folder:
        address = replace(address, port=sock.getsockname()[1])
        token = OneUseToken(on_new_token)
        house = House(folder, address=address, limits=limits, token=token)

        class Server(uvicorn.Server):
            """Tells when it can be reached."""

            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                """Start; see `uvicorn.Server.startup`."""
                await super().startup(sockets)
                url = page_url(address)
                on_ready(url, token.text, redirect_file(folder, url, token.text))

        config = uvicorn.Config(
            create_app(house),
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            ws="none",
            timeout_keep_alive=30,
            timeout_graceful_shutdown=_LEAVING_S,
            limit_concurrency=500,
        )
        Server(config).run(sockets=[sock])


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Args:
        host: address to listen on.
        port: port to listen on; 0 is any that is free.

    Raises:
        OutputError: it cannot be listened on.
        SettingsError: there is no such port.
    """
    if not 0 <= port <= _HIGHEST_PORT:
        raise SettingsError(
            f"ports go from 1 to {_HIGHEST_PORT}, got {port}; leave --port out for a free one"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        raise OutputError(
            f"{host} port {port} cannot be listened on ({error.strerror or error}); name another "
            "with --port"
        ) from error
    return sock


def page_url(address: Address) -> str:
    """The address of the page, as a browser of this machine opens it.

    Args:
        address: where the server is reached.

    Example:
        >>> page_url(Address(port=8765)), page_url(Address("0.0.0.0", 8765))
        ('http://127.0.0.1:8765/', 'http://127.0.0.1:8765/')
    """
    if address.public_url is not None:
        return f"{address.public_url}/"
    return f"http://{_ALSO_AT.get(address.host, address.host)}:{address.port}/"


def redirect_file(folder: Path, url: str, token: str) -> Path:
    """Write the page that leads a browser to the server; only the user can read it.

    Other users of the machine see the command lines of programs, and so of browsers; what is in a
    file they do not.

    Args:
        folder: private folder.
        url: address of the page.
        token: what lets the browser in.
    """
    path = folder / "open.html"
    text = (
        '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        f'<meta http-equiv="refresh" content="0; url={html.escape(url)}#{token}">'
        f'<title>estilo</title><a href="{html.escape(url)}#{token}">estilo</a>'
    )
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    return path
