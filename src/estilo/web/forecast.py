"""How long jobs will take, by how long earlier ones took."""

_PREPARING_S = 3.0
_PER_SECOND = 1.5
"""Seconds of work for a second of the content, of an engine that has done nothing yet."""
_TRUST = 0.5


class Forecast:
    """Learns how long engines take.

    Example:
        >>> forecast = Forecast()
        >>> forecast.learn("eq", 10.0, 8.0)
        >>> forecast.learn("eq", 10.0, 8.0)
        >>> forecast.seconds("eq", 20.0) < forecast.seconds("mosaic", 20.0)
        True
    """

    def __init__(self) -> None:
        self._per_second: dict[str, float] = {}

    def learn(self, engine: str, content_s: float, took_s: float) -> None:
        """Take note of a job.

        Args:
            engine: name of the engine that was asked for.
            content_s: length of the content, in seconds.
            took_s: how long it took, in seconds.
        """
        now = max(took_s - _PREPARING_S, 0.0) / max(content_s, 1.0)
        before = self._per_second.get(engine, _PER_SECOND)
        self._per_second[engine] = (1.0 - _TRUST) * before + _TRUST * now

    def seconds(self, engine: str, content_s: float) -> float:
        """How long a job will take, in seconds.

        Args:
            engine: name of the engine that is asked for.
            content_s: length of the content, in seconds.
        """
        return _PREPARING_S + content_s * self._per_second.get(engine, _PER_SECOND)
