"""The token that stops a job."""


class CancelToken:
    """Says that the work should stop; it may be set from any thread.

    An application whose users can interrupt the program itself, as those of the command line can,
    overrides the notices.

    Example:
        >>> token = CancelToken()
        >>> token.set()
        >>> token.is_set()
        True
    """

    def __init__(self) -> None:
        # A plain attribute, as a lock could not be taken twice by a signal that follows a signal.
        self._is_set = False

    def is_set(self) -> bool:
        """Whether the work should stop."""
        return self._is_set

    def set(self) -> None:
        """Ask the work to stop before its next step."""
        self._is_set = True

    def in_steps(self) -> None:
        """Notice that the token is asked often from now on."""

    def in_one_go(self) -> None:
        """Notice that the token is not asked for a while, as a file is being written."""

    def too_late(self) -> None:
        """Notice that there is nothing left to stop, as the files take their places."""
