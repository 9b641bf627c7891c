"""A small campaign of damaged files, and whether a campaign sees a crash, a hang and the rest."""

import sys
from pathlib import Path

import misbehaving
import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import bench_mutations
from guarded import Guarded
from mending import mended_ogg, mended_png
from mutating import mutant
from specimens import kinds

N_FILES = 12
"""Of each kind; `python benchmarks mutations` tries far more."""


@pytest.fixture
def guarded():
    process = Guarded(misbehaving.begin)
    yield process
    process.close()


def test_what_goes_wrong_is_seen_and_the_next_file_is_read(guarded):
    assert guarded.do("crash").ending == "crash"
    assert guarded.do("nothing").ending == "read"
    error = guarded.do("error")
    assert error.ending == "error"
    assert "KeyError: 'error'" in error.detail
    assert guarded.do("nothing").memory_mb < 50.0
    assert 550.0 < guarded.do("memory").memory_mb < 700.0
    assert guarded.do("nothing").memory_mb < 50.0


@pytest.mark.slow
def test_a_hang_is_ended_and_the_next_file_is_read(guarded):
    assert guarded.do("hang").ending == "hang"
    assert guarded.do("nothing").ending == "read"


def test_damage_is_drawn_from_its_number_and_never_nothing(rng):
    data = rng.bytes(3000)
    others = [rng.bytes(1000)]
    for number in range(300):
        got = mutant(data, others, is_text=False, number=number)
        assert got == mutant(data, others, is_text=False, number=number)
        assert got != data


def test_checksums_of_sound_files_are_right_already(tmp_path):
    n_mended = 0
    for kind in kinds():
        if kind.mend in (mended_ogg, mended_png):
            path = tmp_path / kind.file_name
            kind.make(path)
            data = path.read_bytes()
            assert kind.mend(data) == data
            n_mended += 1
    assert n_mended >= 5


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_damaged_file_does_harm(tmp_path, monkeypatch):
    monkeypatch.setattr(bench_mutations, "FOLDER", tmp_path / "faults")
    pytest.importorskip("av", reason="the extra formats is not installed")
    found = bench_mutations.all_tried(
        N_FILES * len(kinds()), n_jobs=2, log=tmp_path / "log.jsonl", only=()
    )
    assert len(found) == len(kinds()) >= 40
    for each in found:
        assert sum(each.counts.values()) == N_FILES
        assert set(each.counts) <= {"read", "refused"}, (each.kind, each.counts)
