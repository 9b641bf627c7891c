"""Work that goes wrong in every way that a process of its own is there for."""

import os
import time

import numpy as np


def begin():
    return work


def work(what):
    if what == "crash":
        os.abort()
    elif what == "hang":
        while time.process_time() < 100.0:
            pass
    elif what == "error":
        raise KeyError(what)
    elif what == "memory":
        np.ones(75_000_000)
    return "read"
