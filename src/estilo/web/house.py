"""What the routes of a server share."""

from pathlib import Path

from estilo.web.clips import Reception
from estilo.web.crew import Crew
from estilo.web.guard import Address
from estilo.web.jobs import JobBoard
from estilo.web.limits import Limits
from estilo.web.page import BUILT, PageFiles
from estilo.web.sessions import Sessions
from estilo.web.tokens import OneUseToken


class House:
    """A server without its routes: sessions, workers, jobs and the page's files.

    Args:
        folder: private folder for all files.
        address: where it is reached.
        limits: how much of everything there may be.
        token: what lets browsers in.
        built: folder of the built page.
    """

    def __init__(
        self,
        folder: Path,
        *,
        address: Address,
        limits: Limits,
        token: OneUseToken,
        built: Path = BUILT,
    ) -> None:
        self.address, self.limits, self.token = address, limits, token
        self.crew = Crew(limits)
        self.board = JobBoard(self.crew, limits)
        self.sessions = Sessions(folder, limits, on_end=self.board.end)
        self.reception = Reception(self.crew, limits)
        self.files = PageFiles(built)
