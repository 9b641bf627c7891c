"""Many jobs in one process: by several threads at once, and one after another."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import bench_many_jobs as campaign

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # eight threads on a busy machine


@pytest.fixture
def works(tmp_path):
    """One of each engine and one more."""
    contents, style = campaign.clips(tmp_path, n=campaign.N_THREADS)
    return [campaign.job(number, contents, style, tmp_path) for number in range(8)]


def test_eight_threads_at_once_give_what_each_gives_alone(works):
    with campaign.left_as_it_was() as changed:
        together = campaign.at_once(works)
        alone = [campaign.made(each) for each in works]
    assert together == alone
    assert changed == []
    for work, made in zip(works, together, strict=True):
        name = Path(str(work.content.source)).name
        assert [name in text for text in made.texts if "untidy" in text] == [True]


def test_jobs_leave_nothing_behind(works):
    quick = [each for each in works if each.plan.engine in ("eq", "crossfade")]
    for each in quick:  # loads what they need
        campaign.made(each)
    held = [each for _, each in campaign.one_after_another(quick * 2)]
    grown = campaign.growth(held)
    assert grown["files"] == pytest.approx(0.0, abs=1e-9)
    assert grown["threads"] == pytest.approx(0.0, abs=1e-9)
    assert grown["objects"] < 20.0  # memory finds its size after more jobs than fit here
