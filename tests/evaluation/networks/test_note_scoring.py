import mir_eval
import numpy as np
import pytest

from estilo.analysis.transcription.decoding import Thresholds, spans
from estilo.analysis.transcription.network import Heard
from estilo.evaluation.networks.note_examples import Truth
from estilo.evaluation.networks.note_scoring import Judged, chosen_thresholds, scores_at
from estilo.synthesis.notes import Note

N_FRAMES = 300
NOTHING = np.zeros(0, np.uint8)


def piece(rng: np.random.Generator, *, peak: float) -> Judged:
    """Notes of which some are not heard, or heard too late, and ghosts whose onsets are weak."""
    onset, held = np.full((2, N_FRAMES, 88), 1e-3, np.float32)
    notes = []
    for number, column in enumerate(rng.permutation(np.arange(20, 60))):
        start_s = float(rng.uniform(0.1, 4.0))
        frame = (start_s + float(rng.choice((0.0, 0.02, 0.08)))) * 62.5
        is_ghost = number % 4 == 0
        height = 0.3 if is_ghost else peak
        bell = height * np.exp(-0.5 * ((np.arange(N_FRAMES) - frame) / 0.8) ** 2)
        onset[:, column] = np.maximum(onset[:, column], bell)
        held[round(frame) : round(frame) + 20, column] = 0.9
        if not is_ghost:
            notes.append(Note(start_s, 0.32, float(column + 21), 1.0))
    odds = [np.log(p / (1.0 - p)) for p in (onset, held)]
    silent = np.full(N_FRAMES, -9.0, np.float32)
    heard = Heard(*odds, np.zeros_like(held), silent)
    return Judged(heard, Truth(tuple(notes), (), NOTHING, NOTHING, NOTHING))


def test_scores_are_those_of_mir_eval(rng: np.random.Generator) -> None:
    judged = piece(rng, peak=0.8)
    thresholds = Thresholds(0.2, 0.2, 0.4, 2.0, 0.5)
    found = [(span.start_s, span.column + 21) for span in spans(judged.heard, thresholds)]
    known = [(note.start_s, note.pitch) for note in judged.truth.notes]
    sides = []
    for each in (known, found):
        starts, pitches = np.transpose(each)
        sides += [np.column_stack([starts, starts + 1.0]), 440.0 * 2 ** ((pitches - 69) / 12)]
    expected = mir_eval.transcription.precision_recall_f1_overlap(*sides, offset_ratio=None)
    scores = scores_at(thresholds, [judged])
    assert [scores[name] for name in ("precision", "recall", "f1")] == pytest.approx(expected[:3])
    assert 0.3 < scores["f1"] < 0.9


def test_pieces_count_alike_in_their_mean(rng: np.random.Generator) -> None:
    judged = piece(rng, peak=0.8)
    nothing = Heard(*(np.full_like(each, -9.0) for each in judged.heard))
    silent = Judged(nothing, Truth((), (), NOTHING, NOTHING, NOTHING))
    missed = Judged(nothing, Truth(judged.truth.notes[:1], (), NOTHING, NOTHING, NOTHING))
    thresholds = Thresholds(0.2, 0.2, 0.4, 2.0, 0.5)
    alone = scores_at(thresholds, [judged])["f1"]
    scores = scores_at(thresholds, [judged, silent, missed])
    assert scores["f1_per_piece"] == pytest.approx((alone + 1.0 + 0.0) / 3.0)


def test_thresholds_leave_ghosts_out(rng: np.random.Generator) -> None:
    chosen = chosen_thresholds([piece(rng, peak=0.8)])
    assert chosen.onset >= 0.3
