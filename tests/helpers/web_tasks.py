"""Tasks for workers of the page: each does what a hostile or unlucky one might."""

import os
import time
from pathlib import Path

import numpy as np

from estilo.errors import SettingsError


def say(tell, *, words):
    for word in words:
        tell(word)
    return " ".join(words)


def sleep(tell, *, seconds):
    tell("asleep")
    time.sleep(seconds)


def refuse(tell):
    raise SettingsError("a number was expected, got a word; give a number")


def crash(tell):
    raise ZeroDivisionError("by zero")


def die(tell):
    os.kill(os.getpid(), 9)


def fill_memory(tell, *, n_bytes):
    return len(np.ones(n_bytes, dtype=np.uint8))


def write(tell, *, path):
    with Path(path).open("wb") as stream:
        stream.write(b"half")
    tell(os.getpid())
    time.sleep(60)
