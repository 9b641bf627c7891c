"""Content kept of perfect transfers, by another instrument, and of content that is harmed."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from estilo.analysis.sound import Sound
from estilo.metrics.scores import measured, references
from estilo.synthesis.notes import Note, random_phrase
from estilo.synthesis.patches import Patch, random_patch

RATE, SECONDS = 44_100, 7.0
NAMES = (
    *("harmony_kept", "notes_kept", "note_levels_db", "onsets_kept", "pauses_db"),
    "loudness_correlation",
)
PAIRS = (
    *(("additive", "plucked"), ("plucked", "additive"), ("additive", "fm")),
    *(("subtractive", "additive"), ("fm", "additive"), ("subtractive", "plucked")),
)
Harm = Callable[[Sequence[Note], float], Sequence[Note]]


def _patches(number: int) -> tuple[Patch, Patch]:
    rng = np.random.default_rng([7, number])
    first, second = PAIRS[number]
    return random_patch(rng, family=first), random_patch(rng, family=second)


def _phrase(number: int) -> tuple[Note, ...]:
    rng = np.random.default_rng([8, number])
    is_polyphonic = number % 2 == 1
    return random_phrase(
        rng, duration_s=SECONDS - 0.6, is_polyphonic=is_polyphonic, low=50, high=76
    )


def _play(patch: Patch, notes: Sequence[Note]) -> np.ndarray:
    out = np.zeros(round(SECONDS * RATE))
    for note in notes:
        sound = patch.play(note, sample_rate=RATE, rng=np.random.default_rng(1))
        gain = note.velocity / 0.7  # whatever an instrument makes of a velocity, this is heard
        start = round(note.start_s * RATE)
        heard = sound[: max(len(out) - start, 0)]
        out[start : start + len(heard)] += gain * heard
    return 0.1 * out / out.std()


def _kept(output: np.ndarray, content: np.ndarray) -> float:
    against = references(content=Sound(content, RATE))
    return measured(Sound(output, RATE), against, names=NAMES).values["content_kept"]


def _removed(notes: Sequence[Note], share: float) -> Sequence[Note]:
    order = np.random.default_rng(0).permutation(len(notes))
    return [notes[place] for place in sorted(order[round(share * len(notes)) :])]


def _unbalanced(notes: Sequence[Note], change_db: float) -> Sequence[Note]:
    gain = 10.0 ** (change_db / 20.0)
    return [
        replace(note, velocity=note.velocity * gain ** (place % 2))
        for place, note in enumerate(notes)
    ]


def _wrong(notes: Sequence[Note], share: float) -> Sequence[Note]:
    bad = set(np.random.default_rng(1).permutation(len(notes))[: round(share * len(notes))])
    return [
        replace(note, pitch=note.pitch + 1 + place % 2) if place in bad else note
        for place, note in enumerate(notes)
    ]


def _jittered(notes: Sequence[Note], shift_s: float) -> Sequence[Note]:
    signs = np.random.default_rng(2).choice((-1.0, 1.0), size=len(notes))
    return [
        replace(note, start_s=max(note.start_s + shift_s * sign, 0.0))
        for note, sign in zip(notes, signs, strict=True)
    ]


HARMS: dict[str, tuple[Harm, tuple[float, ...]]] = {
    "notes removed": (_removed, (0.15, 0.3, 0.5)),
    "balance of notes in dB": (_unbalanced, (2.5, 5.0, 10.0)),
    "wrong pitches": (_wrong, (0.15, 0.3, 0.6)),
    "jitter of onsets in s": (_jittered, (0.05, 0.1)),
}


@pytest.fixture(scope="module")
def transfers() -> list[tuple[np.ndarray, np.ndarray]]:
    """Phrases on one instrument, and the same phrases on another."""
    played = []
    for number in range(len(PAIRS)):
        first, second = _patches(number)
        notes = _phrase(number)
        played.append((_play(first, notes), _play(second, notes)))
    return played


def test_the_same_notes_on_another_instrument_keep_the_content(
    transfers: list[tuple[np.ndarray, np.ndarray]],
) -> None:
    kept = [_kept(target, content) for content, target in transfers]
    assert np.median(kept) >= 0.9, kept
    # Other music on the same instrument keeps next to nothing.
    others = [_kept(transfers[n - 1][1], content) for n, (content, _) in enumerate(transfers)]
    assert np.median(others) < 0.25, others


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("is_transfer", [False, True], ids=["content", "transfer"])
def test_harm_costs_the_more_the_stronger_it_is(
    harm: str, is_transfer: bool, transfers: list[tuple[np.ndarray, np.ndarray]]
) -> None:
    apply, strengths = HARMS[harm]
    kept = []
    for number in (0, 4):
        content, target = transfers[number]
        patch = _patches(number)[int(is_transfer)]
        harmed = [_play(patch, apply(_phrase(number), strength)) for strength in strengths]
        plain = target if is_transfer else content
        kept.append([_kept(each, content) for each in (plain, *harmed)])
    means = np.mean(kept, axis=0)
    assert np.all(np.diff(means) < 0.0), means
    assert means[0] - means[-1] > 0.05


def test_filled_pauses_cost(transfers: list[tuple[np.ndarray, np.ndarray]]) -> None:
    content, _ = transfers[0]
    noise = 0.1 * np.random.default_rng(3).standard_normal(len(content))
    gains = (0.0, 1e-3, 1e-2, 1e-1)
    kept = [_kept(content + gain * noise, content) for gain in gains]
    assert kept[0] == 1.0
    assert np.all(np.diff(kept) < 0.0), kept


def test_a_crossfade_costs_content_and_its_end_has_none(
    transfers: list[tuple[np.ndarray, np.ndarray]],
) -> None:
    faded = []
    for number, (content, target) in enumerate(transfers[:3]):
        other = transfers[number - 1][1]
        weights = (0.25, 0.5, 0.75, 1.0)
        mixed = [_kept((1.0 - w) * content + w * other, content) for w in weights]
        faded.append([_kept(target, content), *mixed])
    means = np.mean(faded, axis=0)
    assert np.all(np.diff(means) < 0.0), means
    assert means[-1] < 0.25


def test_a_slow_attack_is_no_loss_of_rhythm() -> None:
    """Every onset late by as much: the output moved as a whole keeps all of its rhythm."""
    patch, _ = _patches(0)
    notes = _phrase(0)
    content = _play(patch, notes)
    late = _play(patch, [replace(note, start_s=note.start_s + 0.045) for note in notes])
    assert _kept(late, content) > 0.95
