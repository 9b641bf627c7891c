"""Every request is looked at before any route sees it: where it comes from, whose it is, its size.

Other pages that are open in the browser can reach this server as well, under any name that they
let lead to its address; so `Host` and `Origin` are checked, and the cookie is not sent along with
what another site asks (SameSite=Strict).
"""

import asyncio
import ipaddress
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from estilo.web.limits import Limits
from estilo.web.refusals import Refusal, body_of
from estilo.web.sessions import Session

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_LARGEST_BODY_BYTES = 2**18
_UPLOADS = "/api/clips"
_OPEN = ("/", "/api/session")
_ASSETS = "/assets/"
_OWN_SITES = ("same-origin", "none")  # as browsers say it: the page itself, or its user
_LOCAL = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class Address:
    """Where the server is reached.

    Args:
        host: address that it listens on.
        port: port that it listens on.
        public_url: address under which a proxy hands requests on, if there is one.
        names: further names of this machine.
    """

    host: str = "127.0.0.1"
    port: int = 0
    public_url: str | None = None
    names: tuple[str, ...] = ()

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches it."""
        return self.host in ("127.0.0.1", "localhost", "::1")

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach it through https."""
        return self.public_url is not None and self.public_url.startswith("https://")

    @property
    def cookie(self) -> str:
        """Name of the cookie: browsers do not tell the ports of a machine apart."""
        return f"estilo-{self.port}"

    def knows(self, host: str) -> bool:
        """Whether a request may name this host.

        Addresses in numbers are let through where the server listens on the network: no other page
        can make a name of its own lead there and have it look like that.

        Args:
            host: header ``Host``.

        Example:
            >>> here = Address(port=8765)
            >>> [here.knows(f"{name}:8765") for name in ("127.0.0.1", "evil.example")]
            [True, False]
        """
        if self.public_url is not None and host == self.public_url.partition("://")[2]:
            return True
        name, _, port = host.rpartition(":")
        if port != str(self.port):
            return False
        if name in _LOCAL:
            return True
        return not self.is_local and (name.lower() in self.names or _is_address(name))

    def is_of(self, origin: str, host: str) -> bool:
        """Whether an origin is this server's own page.

        Args:
            origin: header ``Origin``.
            host: header ``Host``, which is known.
        """
        if origin == self.public_url:
            return True
        return origin == f"http://{host}"


class Guard:
    """Middleware that refuses what does not come from the server's own page.

    Args:
        app: what answers the others.
        address: where the server is reached.
        limits: how long a request may take its time.
        find: function that finds the session of a cookie.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        address: Address,
        limits: Limits,
        find: Callable[[str | None], Session | None],
    ) -> None:
        self._app, self._address, self._limits, self._find = app, address, limits, find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, as ASGI has it.

        Args:
            scope: what is known of the request.
            receive: function that gives the next piece of it.
            send: function that takes the next piece of the answer.
        """
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no web sockets here
            await send({"type": "websocket.close", "code": 1008})
            return
        guarded = _with_headers(send, is_asset=scope["path"].startswith(_ASSETS))
        try:
            scope["state"] = {**scope.get("state", {}), "session": self._look(scope)}
        except Refusal as refusal:
            await _refuse(guarded, refusal)
            return
        if scope["path"] != _UPLOADS:
            receive = self._bounded(receive)
        await self._app(scope, receive, guarded)

    def _look(self, scope: Scope) -> Session | None:
        """The session of a request that may be answered."""
        request = HTTPConnection(scope)
        hosts, origins = request.headers.getlist("host"), request.headers.getlist("origin")
        address = self._address
        if len(hosts) != 1 or not address.knows(hosts[0]):
            raise Refusal(
                "this address does not lead to the page; open the one that estilo web has printed",
                status=403,
            )
        site = request.headers.get("sec-fetch-site", "none")
        is_page = scope["path"] == "/"  # to which a link of another page may lead
        if any(not address.is_of(origin, hosts[0]) for origin in origins) or (
            site not in _OWN_SITES and not is_page
        ):
            raise Refusal(
                "the request comes from another page; use the one that estilo web has opened",
                status=403,
            )
        session = self._find(request.cookies.get(address.cookie))
        path = scope["path"]
        if session is None and path not in _OPEN and not path.startswith(_ASSETS):
            raise Refusal(
                "this browser is not known, or was not used for an hour; start estilo web again, "
                "or enter the token that it has printed",
                status=401,
            )
        length = request.headers.get("content-length", "0")
        if path != _UPLOADS and not (length.isdigit() and int(length) <= _LARGEST_BODY_BYTES):
            raise _too_large()
        return session

    def _bounded(self, receive: Receive) -> Receive:
        """What is received, up to a size, and within a time."""
        n_bytes = 0

        async def bounded() -> Message:
            nonlocal n_bytes
            message = await receive()
            if message["type"] == "http.request":
                n_bytes += len(message.get("body", b""))
                if n_bytes > _LARGEST_BODY_BYTES:
                    raise _too_large()
            return message

        is_whole = False

        async def timed() -> Message:
            nonlocal is_whole
            if is_whole:  # what follows is that the browser leaves, whenever it likes
                return await bounded()
            try:
                async with asyncio.timeout(self._limits.stall_s):
                    message = await bounded()
            except TimeoutError as error:
                raise Refusal("the request did not end; send it again", status=408) from error
            is_whole = not message.get("more_body", False)
            return message

        return timed


def _too_large() -> Refusal:
    return Refusal(
        f"what is asked for may take {_LARGEST_BODY_BYTES >> 10} kB; ask for less", status=413
    )


def _with_headers(send: Send, *, is_asset: bool) -> Send:
    """Send what browsers are to know of every answer."""
    fixed = {
        b"content-security-policy": POLICY.encode(),
        b"x-content-type-options": b"nosniff",
        b"referrer-policy": b"no-referrer",
        b"x-frame-options": b"DENY",
        b"cross-origin-resource-policy": b"same-origin",
        b"cross-origin-opener-policy": b"same-origin",
        b"cache-control": b"no-cache" if is_asset else b"no-store",
    }

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            others = [each for each in message.get("headers", []) if each[0].lower() not in fixed]
            message = {**message, "headers": [*others, *fixed.items()]}
        await send(message)

    return sent


async def _refuse(send: Send, refusal: Refusal) -> None:
    body: Any = json.dumps(body_of(refusal)).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),  # what was not read would be taken for the next request
    ]
    start = {"type": "http.response.start", "status": refusal.status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body})


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
