import numpy as np
import pytest

from estilo.evaluation.networks import sources
from estilo.evaluation.networks.sources import rendered_sources


def test_sources_are_rendered_once(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("ESTILO_CACHE", str(tmp_path))
    monkeypatch.setattr(sources, "_PER_FILE", 2)
    asked: list[int] = []

    def features_of(index: int) -> np.ndarray:
        asked.append(index)
        return np.full((2, 3), index, dtype=np.float64)

    first = rendered_sources(3, folder="some/train", features_of=features_of)
    assert asked == [0, 1, 2, 3]
    assert first.features.dtype == np.float16
    np.testing.assert_array_equal(first.features[:, 0, 0], [0, 1, 2])
    more = rendered_sources(5, folder="some/train", features_of=features_of)
    assert asked == [0, 1, 2, 3, 4, 5]
    np.testing.assert_array_equal(more.features[:, 1, 2], [0, 1, 2, 3, 4])
    rendered_sources(1, folder="other/train", features_of=features_of)
    assert asked[6:] == [0, 1]
    assert more.cpu_s >= first.cpu_s >= 0.0
