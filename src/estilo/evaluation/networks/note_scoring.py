"""How many notes the transcriber finds in pieces whose notes are known, and its thresholds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.salience import LOWEST_MIDI
from estilo.analysis.transcription.decoding import Thresholds, hit_times, spans
from estilo.analysis.transcription.network import Heard, heard
from estilo.analysis.transcription.spectra import log_levels
from estilo.evaluation.networks.note_examples import Truth, pieces
from estilo.evaluation.networks.note_sounds import Bank

NEAR_S = 0.05
"""Two starts at most so far apart are the same, as in MIREX and mir_eval, in seconds."""

_N_PIECES = 40
_VALIDATION = 899
_NEVER = 2.0
_ONSET, _HELD = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4), (0.35, 0.45, 0.5, 0.55)
_HARMONIC = (0.0, 0.1, 0.2, 0.3)
_LONE = (0.6, 0.75, 0.9, _NEVER)
_HIT = (0.2, 0.3, 0.4, 0.5, 0.6)
_NOTHING = Thresholds(_NEVER, _NEVER, _NEVER, _NEVER, _NEVER)


class Judged(NamedTuple):
    """A piece and what the network says of it.

    Args:
        heard: what the network says.
        truth: what there is to hear.
    """

    heard: Heard
    truth: Truth


def judged(bank: Bank, weights: Mapping[str, NDArray], *, seed: int) -> list[Judged]:
    """What the network says of pieces that training has not heard.

    Args:
        bank: players that training has not heard.
        weights: weights of the network.
        seed: random seed of the training.
    """
    rng = np.random.default_rng((seed, _VALIDATION))
    return [
        Judged(heard(log_levels(samples), weights), truth)
        for samples, truth in pieces(bank, n_pieces=_N_PIECES, rng=rng)
    ]


def n_matched(found_s: Iterable[float], true_s: Iterable[float]) -> int:
    """How many of the times that were found are true, each true one found once.

    Args:
        found_s: times that were found, in seconds.
        true_s: true times, in seconds.

    Example:
        >>> n_matched([0.0, 0.04, 1.0], [0.01, 0.99, 2.0])
        2
    """
    left = sorted(true_s)
    n, place = 0, 0
    for time_s in sorted(found_s):
        while place < len(left) and left[place] < time_s - NEAR_S:
            place += 1
        if place < len(left) and left[place] <= time_s + NEAR_S:
            n, place = n + 1, place + 1
    return n


def scores_at(thresholds: Thresholds, of: Sequence[Judged]) -> dict[str, float]:
    """Precision, recall and F1 of notes over all pieces, the mean F1 of a piece, and F1 of hits.

    Args:
        thresholds: where probabilities begin to count.
        of: pieces to judge.
    """
    notes, hits = np.zeros((len(of), 3)), np.zeros(3)
    for place, (said, truth) in enumerate(of):
        found = spans(said, thresholds)
        columns = {span.column for span in found}
        n_right = sum(
            n_matched(
                (span.start_s for span in found if span.column == column),
                (n.start_s for n in truth.notes if round(n.pitch) - LOWEST_MIDI == column),
            )
            for column in columns
        )
        notes[place] = n_right, len(found), len(truth.notes)
        times_s = hit_times(said, thresholds)
        hits += n_matched(times_s, truth.hits), len(times_s), len(truth.hits)
    precision, recall, f1 = _rates(notes.sum(axis=0))
    of_pieces = [_rates(each)[2] if each[1:].any() else 1.0 for each in notes]
    return {
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "f1_per_piece": float(np.mean(of_pieces)),
        "f1_of_hits": _rates(hits)[2],
    }


def chosen_thresholds(of: Sequence[Judged]) -> Thresholds:
    """The thresholds at which the mean F1 of a piece, and that of hits, is highest.

    Those of starts and of being held are chosen together, then each of the others. Pieces count
    alike, so that crowded ones, in which much is drowned, do not make it hear ghosts in all others.

    Args:
        of: pieces to choose on.
    """
    hit = max(_HIT, key=lambda each: scores_at(replace(_NOTHING, hit=each), of)["f1_of_hits"])

    def f1(thresholds: Thresholds) -> float:
        return scores_at(thresholds, of)["f1_per_piece"]

    pairs = [Thresholds(onset, onset, held, _NEVER, hit) for onset, held in product(_ONSET, _HELD)]
    best = max(pairs, key=f1)
    best = max((replace(best, harmonic=best.onset + more) for more in _HARMONIC), key=f1)
    return max((replace(best, lone=lone) for lone in _LONE), key=f1)


def _rates(counts: NDArray) -> tuple[float, float, float]:
    n_right, n_found, n_true = counts
    return (
        float(n_right / max(n_found, 1)),
        float(n_right / max(n_true, 1)),
        float(2 * n_right / max(n_found + n_true, 1)),
    )
