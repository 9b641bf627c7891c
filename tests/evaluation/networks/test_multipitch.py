from collections.abc import Sequence

import numpy as np
import pytest

from estilo.evaluation.networks import multipitch
from estilo.evaluation.networks.pitch_pieces import Part


def test_parts_come_back_from_the_cache_as_they_were(
    monkeypatch: pytest.MonkeyPatch, tmp_path, rng: np.random.Generator
) -> None:
    monkeypatch.setenv("ESTILO_CACHE", str(tmp_path))
    asked: list[int] = []
    made: list[Part] = []

    def parts_of(program: int, *, n_phrases: int, seed: int, soundfont: str) -> Sequence[Part]:
        assert (n_phrases, seed, soundfont) == (2, 5, multipitch.SOUNDFONT)
        asked.append(program)
        new = [
            Part(
                rng.standard_normal(100).astype(np.float32),
                rng.integers(20, 90, n_notes),
                rng.standard_normal((n_notes, 7)).astype(np.float32),
            )
            for n_notes in (3, 1)
        ]
        made.extend(new)
        return new

    monkeypatch.setattr(multipitch, "parts_of", parts_of)
    for _ in range(2):
        parts = multipitch.rendered_parts([4, 9], n_phrases=2, seed=5)
        assert asked == [4, 9]
        for part, expected in zip(parts, made, strict=True):
            for name in ("samples", "pitches", "levels_db"):
                found, wanted = getattr(part, name), getattr(expected, name)
                assert found.dtype == wanted.dtype
                np.testing.assert_array_equal(found, wanted)


def test_scores_at_a_threshold() -> None:
    probability = np.array([[0.9, 0.4, 0.1]])
    truth = np.array([[True, True, False]])
    scores = multipitch.scores_at(0.5, [probability, probability], [truth, ~truth])
    np.testing.assert_allclose(scores, [[1.0, 0.5, 2 / 3], [0.0, 0.0, 0.0]])
