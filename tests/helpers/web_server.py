"""A server of the page that runs in a thread, and what tests send to it."""

import asyncio
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import uvicorn

import estilo
from estilo.web.app import create_app
from estilo.web.guard import Address
from estilo.web.house import House
from estilo.web.limits import Limits
from estilo.web.serving import listening_socket
from estilo.web.tokens import OneUseToken

RATE = 8_000


@dataclass
class Running:
    """A server that runs in a thread, and browsers for it."""

    house: House
    folder: Path
    loop: asyncio.AbstractEventLoop

    @property
    def url(self):
        return f"http://127.0.0.1:{self.house.address.port}"

    def stranger(self, **options):
        # Without certificates, which take longer to load than a request takes.
        more = {"timeout": 60, "trust_env": False, "verify": False, **options}
        return httpx.Client(base_url=self.url, **more)

    @contextmanager
    def browser(self):
        with self.stranger() as client:
            answer = client.post("/api/session", json={"token": self.house.token.text})
            assert answer.status_code == 204
            yield client


@contextmanager
def running(folder, *, built=None, **limits):
    sock = listening_socket("127.0.0.1", 0)
    address = Address(port=sock.getsockname()[1])
    given = {} if built is None else {"built": built}
    house = House(folder, address=address, limits=Limits(**limits), token=OneUseToken(), **given)
    # A worker that waits would load torch anew for every test.
    app = create_app(house, is_warm=False)
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="error", ws="none", timeout_graceful_shutdown=1)
    )
    found = []

    def serve():
        async def main():
            found.append(asyncio.get_running_loop())
            await server.serve(sockets=[sock])

        asyncio.run(main())

    thread = threading.Thread(target=serve)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield Running(house, folder, found[0])
    finally:
        server.should_exit = True
        thread.join()
        sock.close()


def tone(hz, seconds=1.0, rate=RATE):
    time_s = np.arange(round(seconds * rate)) / rate
    return estilo.Audio(0.2 * np.sin(2 * np.pi * hz * time_s), rate)


def noise(seconds=1.0, rate=RATE):
    rng = np.random.default_rng(7)
    return estilo.Audio(0.1 * rng.standard_normal(round(seconds * rate)), rate)


def file_of(audio, folder, name="sent.wav", **options):
    path = folder / name
    estilo.save(audio, path, force=True, **options)
    return path.read_bytes()


def send(client, data, name="sent.wav"):
    return client.post("/api/clips", params={"name": name}, content=data)


def whole(clip, **more):
    return {"clip": clip["id"], "start_s": None, "end_s": None, **more}


def until_ended(client, job):
    while (shown := client.get(f"/api/jobs/{job}").json())["state"] in ("waiting", "running"):
        time.sleep(0.05)
    return shown


def wait_until(is_so, *, most_s=60.0):
    end_s = time.monotonic() + most_s
    while not is_so():
        assert time.monotonic() < end_s
        time.sleep(0.02)
