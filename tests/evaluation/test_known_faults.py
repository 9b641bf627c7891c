"""Known faults move their own score, the more the stronger they are, and hardly any other."""

import numpy as np
import pytest

from estilo.analysis.sound import Sound
from estilo.evaluation.fault_makers import KNOWN_FAULTS
from estilo.evaluation.fault_phrases import patch_phrase
from estilo.evaluation.known_faults import COUPLED, NAMES, KnownFault, Played, moved, scores_of
from estilo.metrics.faults import KINDS, Compared

PHRASES = (("additive", 0), ("fm", 0))


@pytest.fixture(scope="module")
def phrases() -> list[Played]:
    return [patch_phrase(*each, n_notes=6) for each in PHRASES]


def test_a_phrase_has_no_fault_beside_itself(phrases: list[Played]) -> None:
    for phrase in phrases:
        content, style = (Sound(each, phrase.sample_rate) for each in (phrase.mixed, phrase.style))
        assert scores_of(Compared(Sound(phrase.mixed, phrase.sample_rate), content, style)) == [
            0.0
        ] * len(NAMES)


@pytest.mark.parametrize("fault", KNOWN_FAULTS, ids=lambda fault: fault.name)
def test_a_fault_moves_its_own_score(phrases: list[Played], fault: KnownFault) -> None:
    (found,) = moved(phrases, [fault])
    assert found.is_monotonic, found.own
    assert found.own[-1] > 0.35
    assert found.leaks == {}


def test_what_is_coupled_is_named_rightly() -> None:
    faults = {fault.name for fault in KNOWN_FAULTS}
    assert {name for name, _ in COUPLED} <= faults
    assert {score for _, score in COUPLED} <= set(NAMES)
    assert {fault.moves for fault in KNOWN_FAULTS} <= set(NAMES)
    assert set(KINDS) - {fault.moves for fault in KNOWN_FAULTS} == {"broken samples", "silence"}
    for fault in KNOWN_FAULTS:
        assert len(fault.strengths) == 5
        assert np.all(np.diff(fault.strengths) > 0)
