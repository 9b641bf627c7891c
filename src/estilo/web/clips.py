"""Recordings that come in: streamed into the session's folder, and looked at by a worker."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from estilo.demo import CLIPS
from estilo.web.crew import Crew
from estilo.web.folders import remove
from estilo.web.labels import label, relabelled
from estilo.web.limits import Limits
from estilo.web.refusals import Refusal
from estilo.web.sessions import Session, StoredClip
from estilo.web.workers import TaskRefusedError, WorkerError

_STATUS = {"NoAudioError": 415, "TooLongError": 413, "NoRoomError": 507, "Exception": 500}


class Reception:
    """Takes recordings in.

    Args:
        crew: workers that look at them.
        limits: how much is taken.
    """

    def __init__(self, crew: Crew, limits: Limits) -> None:
        self._crew, self._limits = crew, limits

    async def take(
        self, session: Session, name: str, body: AsyncIterator[bytes], *, promised: int | None
    ) -> StoredClip:
        """Take a file that a browser sends.

        Args:
            session: session that it belongs to.
            name: what its user calls it.
            body: its bytes, as they come.
            promised: how many there will be, if that is known.

        Raises:
            Refusal: it is too large or slow, or cannot be used.
        """
        called = label(name)
        self._check(session)
        if promised is not None:
            self._check_size(session, promised)
        folder, clip_id = _folder(session)
        try:
            await self._receive(session, body, folder / "sent")
            look = await self._look(
                "estilo.web.looking:take",
                path=str(folder / "sent"),
                copy=str(folder / "copy.wav"),
                most_s=self._limits.upload_s,
                most_bytes=self._limits.decoded_bytes,
                most_copy_bytes=max(session.free_bytes, 0),
                called=called,
            )
        except BaseException:
            remove(folder)
            raise
        # A random name, but the extension of what it is: some decoders go by it.
        path = folder / f"{clip_id}.{look['format']}"
        (folder / "sent").rename(path)
        return _stored(session, StoredClip(clip_id, called, path, folder / "copy.wav", look))

    async def make(self, session: Session, name: str) -> StoredClip:
        """Take a built-in clip.

        Args:
            session: session that it will belong to.
            name: one of `estilo.demo.CLIPS`.

        Raises:
            Refusal: there is no such clip.
        """
        if name not in CLIPS:
            raise Refusal(
                f"built in are {', '.join(CLIPS)}, got another name; take one of them", status=404
            )
        self._check(session)
        folder, clip_id = _folder(session)
        path, copy = folder / f"{clip_id}.wav", folder / "copy.wav"
        try:
            look = await self._look(
                "estilo.web.looking:make", name=name, path=str(path), copy=str(copy), called=name
            )
        except BaseException:
            remove(folder)
            raise
        return _stored(session, StoredClip(clip_id, f"{name}.wav", path, copy, look))

    async def hear(self, session: Session, clip: StoredClip) -> dict[str, Any]:
        """What is heard in a recording, listened to once.

        Args:
            session: session that it belongs to.
            clip: the recording.

        Raises:
            Refusal: it cannot be used.
        """
        if clip.heard is not None:
            return clip.heard
        try:
            heard = await self._crew.look(
                "estilo.web.hearing:hear", listens=True, path=str(clip.path)
            )
        except WorkerError as error:
            raise refusal_of(error, session) from error
        clip.heard = heard
        return heard

    def _check(self, session: Session) -> None:
        if len(session.clips) >= self._limits.n_clips:
            raise Refusal(
                f"a session has {self._limits.n_clips} recordings at most; remove some that are "
                "not needed",
                status=507,
            )

    def _check_size(self, session: Session, n_bytes: int) -> None:
        if n_bytes > self._limits.upload_bytes:
            raise Refusal(
                f"a file may have {self._limits.upload_bytes / 2**20:g} MB, got more; cut it, or "
                "send it as flac or mp3",
                status=413,
            )
        if n_bytes > session.free_bytes:
            raise Refusal(
                "there is no room for this file in the session; remove recordings that are not "
                "needed",
                status=507,
            )

    async def _receive(self, session: Session, body: AsyncIterator[bytes], path: Path) -> None:
        free, n_bytes = min(self._limits.upload_bytes, session.free_bytes), 0
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            try:
                async for chunk in self._timed(body):
                    n_bytes += len(chunk)
                    session.incoming_bytes += len(chunk)
                    if n_bytes > free:
                        self._check_size(session, n_bytes)
                        raise Refusal("there is no room for this file", status=507)
                    await asyncio.to_thread(stream.write, chunk)
            finally:
                session.incoming_bytes -= n_bytes

    async def _timed(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The pieces of a body, none of which may be waited for too long, nor for all of them."""
        loop, limits = asyncio.get_running_loop(), self._limits
        end_s = loop.time() + limits.upload_takes_s
        while True:
            try:
                async with asyncio.timeout_at(min(end_s, loop.time() + limits.stall_s)):
                    chunk = await anext(body)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise Refusal("the file came too slowly; send it again", status=408) from error
            yield chunk

    async def _look(self, task: str, *, called: str, **arguments: Any) -> dict[str, Any]:
        try:
            return await self._crew.look(task, **arguments)
        except WorkerError as error:
            names = {arguments["path"]: called, arguments["copy"]: called}
            raise refusal_of(error, names) from error


def refusal_of(error: WorkerError, names: Session | dict[str, str]) -> Refusal:
    """What a worker did not do, as an answer.

    Args:
        error: why.
        names: labels by paths, or the session that has them.
    """
    labels = names.labels if isinstance(names, Session) else names
    kind = error.kind if isinstance(error, TaskRefusedError) else ""
    return Refusal(relabelled(str(error), labels), status=_STATUS.get(kind, 422))


def _folder(session: Session) -> tuple[Path, str]:
    name = session.new_name()
    folder = session.folder / f"clip-{name}"
    folder.mkdir(mode=0o700)
    return folder, name


def _stored(session: Session, clip: StoredClip) -> StoredClip:
    session.clips[clip.id] = clip
    return clip
