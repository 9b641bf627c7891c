"""Faults in words: the severest kinds, each at its worst place."""

from estilo.app.words import faults_in_words
from estilo.metrics.fault import Fault


def _fault(kind: str, severity: float, start_s: float, end_s: float, words: str) -> Fault:
    return Fault(kind, severity, start_s, end_s, 0.0, 8000.0, None, words)


def test_the_severest_place_of_the_severest_kinds() -> None:
    faults = [
        _fault("noise in pauses", 0.3, 1.0, 2.0, "noise in the pauses, up to 12 dB"),
        _fault("noise in pauses", 0.9, 3.2, 4.0, "noise in the pauses, up to 24 dB"),
        _fault("clicks", 0.5, 71.0, 71.0, "a click"),
        _fault("level jumps", 0.4, 2.5, 2.5, "the level jumps by -6 dB"),
        _fault("flicker", 0.2, 0.0, 3.0, "partials flicker, up to 1.4 dB more"),
    ]
    said = (
        "faults: noise in the pauses from 3.2 s, up to 24 dB; a click at 1 min 11 s; "
        "the level jumps by -6 dB at 2.5 s; and 1 more kind"
    )
    assert faults_in_words(faults) == said
    assert faults_in_words(faults, most=4).endswith(
        "; partials flicker from 0.0 s, up to 1.4 dB more"
    )
    assert faults_in_words(faults, most=1).endswith("24 dB; and 3 more kinds")
    burst = _fault("edges", 1.0, 0.0, 0.05, "a burst at the beginning, 50 dB")
    assert faults_in_words([burst]) == "faults: a burst at the beginning, 50 dB"
    assert faults_in_words([]) == ""
