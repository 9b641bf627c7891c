"""The token that lets a browser in, once."""

import secrets
import threading
from collections.abc import Callable


class OneUseToken:
    """A token that counts once; a new one takes its place.

    Args:
        on_new: function that is told of every token after the first.

    Example:
        >>> token = OneUseToken()
        >>> first = token.text
        >>> token.exchange("guessed"), token.exchange(first), token.exchange(first)
        (False, True, False)
    """

    def __init__(self, on_new: Callable[[str], None] = lambda _: None) -> None:
        self._on_new = on_new
        self._lock = threading.Lock()
        self.text = secrets.token_urlsafe(24)

    def exchange(self, given: str) -> bool:
        """Whether it is the token, which does not count any more then.

        Args:
            given: whatever a browser sends.
        """
        with self._lock:
            if not secrets.compare_digest(given.encode("utf-8", "replace"), self.text.encode()):
                return False
            self.text = secrets.token_urlsafe(24)
        self._on_new(self.text)
        return True
