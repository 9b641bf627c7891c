"""Sessions: what belongs to one browser, in a folder of its own, found by its cookie alone."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from estilo.web.folders import remove, used_bytes
from estilo.web.limits import Limits
from estilo.web.refusals import Refusal


@dataclass
class StoredClip:
    """A recording of a session.

    Args:
        id: random name, under which the page knows it.
        label: what its user calls it.
        path: the file as it was sent, under a random name.
        copy: what is heard of it, as wav.
        look: what the page shows of it.
        job: job whose output it is, if it is one.
        heard: what is heard in it, once somebody has asked.
    """

    id: str
    label: str
    path: Path
    copy: Path
    look: dict[str, Any]
    job: str | None = None
    heard: dict[str, Any] | None = None

    @property
    def shown(self) -> dict[str, Any]:
        """What the page is told of it."""
        look = {name: value for name, value in self.look.items() if name != "format"}
        return {"id": self.id, "name": self.label, **look}


@dataclass
class Session:
    """One browser's recordings and jobs.

    Args:
        folder: folder of its files.
        limits: how much it may have.
        clips: recordings by their random names.
        incoming_bytes: size of what is on its way.
        seen_s: time of its last use, on the clock that never goes back.
    """

    folder: Path
    limits: Limits
    clips: dict[str, StoredClip] = field(default_factory=dict)
    incoming_bytes: int = 0
    seen_s: float = field(default_factory=time.monotonic)

    def new_name(self) -> str:
        """A random name, for a recording or a job and its files."""
        return secrets.token_hex(12)

    def clip(self, name: str) -> StoredClip:
        """A recording of this session.

        Args:
            name: its random name.

        Raises:
            Refusal: there is none of that name.
        """
        found = self.clips.get(name)
        if found is None:
            raise Refusal("there is no such recording in this session; send it again", status=404)
        return found

    @property
    def free_bytes(self) -> int:
        """Size of what its files may take beside those that are there or on their way."""
        return self.limits.session_bytes - used_bytes(self.folder) - self.incoming_bytes

    @property
    def labels(self) -> dict[str, str]:
        """Labels by paths and by names of files, for `estilo.web.labels.relabelled`."""
        by_path = {
            str(path): clip.label for clip in self.clips.values() for path in (clip.path, clip.copy)
        }
        by_name = {clip.path.name: clip.label for clip in self.clips.values() if clip.job is None}
        return {**by_path, **by_name, f"{self.folder}/": ""}


class Sessions:
    """All sessions of a server.

    Args:
        folder: folder of all their files.
        limits: how much there may be.
        on_end: function that is told of every session that ends, before its files are removed.
    """

    def __init__(
        self, folder: Path, limits: Limits, *, on_end: Callable[[Session], None] = lambda _: None
    ) -> None:
        self._folder, self._limits = folder, limits
        self.on_end = on_end
        self._sessions: dict[str, Session] = {}

    def begin(self) -> str:
        """Begin a session.

        Returns:
            Its cookie.

        Raises:
            Refusal: there are too many.
        """
        self.expire()
        if len(self._sessions) >= self._limits.n_sessions:
            raise Refusal(
                f"{len(self._sessions)} browsers use this server, which is as many as may; close "
                "one and try again in an hour",
                status=503,
                seconds=self._limits.session_s,
            )
        folder = self._folder / secrets.token_hex(12)
        folder.mkdir(mode=0o700)
        cookie = secrets.token_urlsafe(32)
        self._sessions[cookie] = Session(folder, self._limits)
        return cookie

    def find(self, cookie: str | None) -> Session | None:
        """The session of a cookie, which is in use by that; None if there is none.

        Args:
            cookie: value of the cookie.
        """
        found = self._sessions.get(cookie or "")
        if found is not None:
            self.use(found)
        return found

    def use(self, session: Session) -> None:
        """Take note that somebody uses a session.

        Args:
            session: the session.
        """
        session.seen_s = time.monotonic()

    def expire(self, *, is_busy: Callable[[Session], bool] = lambda _: False) -> None:
        """End the sessions that nobody used for a while.

        Args:
            is_busy: function that says whether a session has work that goes on.
        """
        oldest_s = time.monotonic() - self._limits.session_s
        for cookie, session in list(self._sessions.items()):
            if session.seen_s < oldest_s and not is_busy(session):
                self._end(cookie)

    def close(self) -> None:
        """End all sessions."""
        for cookie in list(self._sessions):
            self._end(cookie)

    def _end(self, cookie: str) -> None:
        session = self._sessions.pop(cookie)
        self.on_end(session)
        remove(session.folder)
