"""How much the page's server takes from one user and from all of them. Imports no FastAPI."""

import os
from dataclasses import dataclass

_MIB = 2**20


def _job_memory() -> int:
    """Three quarters of the machine's memory; 8 GiB where the system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * 3 // 4
    except (AttributeError, OSError, ValueError):
        return 8192 * _MIB


@dataclass(frozen=True)
class Limits:
    """How much of everything there may be.

    Args:
        upload_bytes: size of a file that is sent.
        upload_s: duration of a recording, in seconds.
        decoded_bytes: size of a recording's samples, four bytes each.
        upload_takes_s: longest that sending a file may take, in seconds.
        stall_s: time in which the next piece of a request has to come, in seconds.
        session_bytes: size of all files of one session.
        n_clips: number of clips of one session.
        n_kept_jobs: number of jobs of one session, those that have ended included.
        n_sessions: number of sessions.
        session_s: time after which a session that nobody used is removed, in seconds.
        n_jobs_at_once: number of jobs that run at a time.
        n_waiting_jobs: number of jobs that wait, of all sessions.
        job_s: longest that a job may take, in seconds.
        job_bytes: memory of a job's process.
        n_looks_at_once: number of recordings that are decoded or listened to at a time.
        look_s: longest that this may take, in seconds.
        look_bytes: memory of a process that does it.
    """

    upload_bytes: int = 100 * _MIB
    upload_s: float = 1800.0
    decoded_bytes: int = 1536 * _MIB
    upload_takes_s: float = 900.0
    stall_s: float = 15.0
    session_bytes: int = 4096 * _MIB
    n_clips: int = 100
    n_kept_jobs: int = 100
    n_sessions: int = 50
    session_s: float = 3600.0
    n_jobs_at_once: int = 1
    n_waiting_jobs: int = 8
    job_s: float = 7200.0
    job_bytes: int = _job_memory()
    n_looks_at_once: int = 2
    look_s: float = 120.0
    look_bytes: int = 4096 * _MIB
