"""A server for this machine alone: the page, its sounds, and the answers.

It listens on 127.0.0.1. Other pages that are open in the browser can reach that address as well,
under any name that they let lead there: so the name of the host is checked, and all paths begin
with a token that only the browser which was opened knows. What is served are a page and sounds by
their names in the design; no path of a request ever becomes a path of a file.
"""

import json
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from estilo.documents import parse_json
from estilo.errors import EstiloError, OutputError, SettingsError
from estilo.listening.answers import Answer, AnswerBook, checked
from estilo.listening.design import Design, Page
from estilo.listening.document import served_page

HOST = "127.0.0.1"
_HIGHEST_PORT = 65_535
_LARGEST_ANSWER = 65_536
_PAGES_AT_ONCE = 4
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
)


class ListeningServer:
    """Serves a test while its context lasts.

    Args:
        design: the test.
        book: place of the answers.
        sounds: function that gives the sounds of a page, by their names.
        port: port to listen on; any that is free if 0.
        on_answer: function that is called after every answer.

    Attributes:
        url: address of the page, with its token.

    Raises:
        SettingsError: there is no such port.
        OutputError: the port cannot be listened on.
    """

    def __init__(
        self,
        design: Design,
        book: AnswerBook,
        sounds: Callable[[Page], dict[str, bytes]],
        *,
        port: int = 0,
        on_answer: Callable[[Answer], None] | None = None,
    ) -> None:
        if not 0 <= port <= _HIGHEST_PORT:
            raise SettingsError(
                f"ports go from 1 to {_HIGHEST_PORT}, got {port}; leave --port out for a free one"
            )
        self._design, self._book, self._on_answer = design, book, on_answer
        self._sounds = _Sounds(design, sounds)
        self._page = served_page(design).encode()
        self._writing = threading.Lock()
        try:
            self._server = _Server(port, self)
        except OSError as error:
            raise OutputError(
                f"port {port} cannot be listened on ({error.strerror}); name another with --port"
            ) from error
        self.port: int = self._server.server_address[1]
        self._token = secrets.token_urlsafe(24)
        self.url = f"http://{HOST}:{self.port}/{self._token}/"

    def __enter__(self) -> Self:
        serve = self._server.serve_forever
        # Looks as often whether it is to end.
        threading.Thread(target=serve, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def inner_path(self, path: str, *, host: str | None, origin: str | None) -> str | None:
        """What follows the token in a path; None where the request is not from this server's page.

        Args:
            path: path of the request.
            host: header ``Host``, which is another name if such a name leads to this address.
            origin: header ``Origin``, which is None where no page asks.
        """
        hosts = (f"{HOST}:{self.port}", f"localhost:{self.port}")
        is_ours = host in hosts and (origin is None or origin.removeprefix("http://") in hosts)
        token, slash, inner = path.removeprefix("/").partition("/")
        is_right = secrets.compare_digest(token.encode(), self._token.encode())
        return inner if is_ours and is_right and slash else None

    def get(self, path: str, query: dict[str, list[str]]) -> tuple[str, bytes] | None:
        """Kind and bytes of what there is at a path; None where there is nothing.

        Args:
            path: path behind the token.
            query: what follows the question mark.

        Raises:
            EstiloError: it cannot be read.
        """
        if path == "":
            return "text/html; charset=utf-8", self._page
        if path == "answers":
            found = self._book.of("".join(query.get("listener", [])))
            said = {each.page: {"values": each.values, "is_done": each.is_done} for each in found}
            return "application/json", json.dumps(said).encode()
        place, _, name = path.partition("/")
        sound = self._sounds.get(name) if place == "sounds" else None
        return None if sound is None else ("audio/flac", sound)

    def take(self, plain: Any) -> None:
        """Keep an answer.

        Args:
            plain: whatever the JSON was.

        Raises:
            EstiloError: it is no answer, or cannot be kept.
        """
        answer = checked(plain, self._design)
        with self._writing:
            self._book.add(answer)
        if self._on_answer is not None:
            self._on_answer(answer)


class _Sounds:
    """Sounds by name, made page by page when first asked for; those of a few pages are kept."""

    def __init__(self, design: Design, make: Callable[[Page], dict[str, bytes]]) -> None:
        self._pages = {each.name: page for page in design.pages for each in page.sounds}
        self._make = make
        self._made: OrderedDict[str, dict[str, bytes]] = OrderedDict()
        self._making = threading.Lock()

    def get(self, name: str) -> bytes | None:
        page = self._pages.get(name)
        if page is None:
            return None
        with self._making:  # a browser asks for all sounds of a page at once
            if page.name not in self._made:
                self._made[page.name] = self._make(page)
                while len(self._made) > _PAGES_AT_ONCE:
                    self._made.popitem(last=False)
            return self._made[page.name][name]


class _Server(ThreadingHTTPServer):
    """A server whose handlers know what they serve."""

    daemon_threads = True
    request_queue_size = 128  # of five, a busy machine turns away what a browser asks at once

    def __init__(self, port: int, owner: ListeningServer) -> None:
        self.owner = owner
        super().__init__((HOST, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    """Checks where a request comes from, and answers it."""

    server_version, sys_version = "estilo", ""
    protocol_version = "HTTP/1.1"
    timeout = 60.0
    server: "_Server"

    def do_GET(self) -> None:
        """Give the page, a sound, or what a listener has said."""
        parts = urlsplit(self.path)
        inner = self._inner(parts.path)
        if inner is None:
            return
        try:
            found = self.server.owner.get(inner, parse_qs(parts.query))
        except EstiloError as error:
            self._say(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
            return
        if found is None:
            self._say(HTTPStatus.NOT_FOUND, "there is nothing here")
        else:
            self._send(HTTPStatus.OK, *found)

    def do_POST(self) -> None:
        """Take an answer."""
        inner = self._inner(urlsplit(self.path).path)
        if inner is None:
            return
        length = self.headers.get("Content-Length", "")
        kind = self.headers.get("Content-Type", "")
        is_small = length.isascii() and length.isdigit() and int(length) <= _LARGEST_ANSWER
        if inner != "answers" or not is_small or kind != "application/json":
            self._say(HTTPStatus.BAD_REQUEST, "this is no answer")
            return
        try:
            self.server.owner.take(parse_json(self.rfile.read(int(length)), what="an answer"))
        except OutputError as error:
            self._say(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
        except (EstiloError, ValueError, RecursionError) as error:
            self._say(HTTPStatus.BAD_REQUEST, str(error))
        else:
            self._send(HTTPStatus.OK, "application/json", b"{}")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it has
        """Say nothing: the terminal tells of answers."""

    def _inner(self, path: str) -> str | None:
        """The path behind the token; a request from elsewhere is refused."""
        host, origin = self.headers.get("Host"), self.headers.get("Origin")
        inner = self.server.owner.inner_path(path, host=host, origin=origin)
        if inner is None:
            self._say(HTTPStatus.FORBIDDEN, "open the address that estilo listen has printed")
        return inner

    def _say(self, status: HTTPStatus, text: str) -> None:
        # What was not read of a request would be taken for the next one.
        self.close_connection = True
        self._send(status, "text/plain; charset=utf-8", text.encode())

    def _send(self, status: HTTPStatus, kind: str, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(data)
