import pytest

from estilo.datasets.instruments.library import read_library


@pytest.fixture
def here(monkeypatch):
    """Instruments are rendered in this process, which saves the start of another."""
    from estilo.datasets.instruments import rendering

    def inline(function, tasks, *, n_jobs):
        yield from ((place, function(task)) for place, task in enumerate(tasks))

    monkeypatch.setattr(rendering, "run_all", inline)


def test_the_table_is_named_on_stdout_and_the_rest_on_stderr(run, here, tmp_path):
    out = tmp_path / "notes"
    command = ("data", "instruments", "--sources", "own", "--n-patches", 2, "-o", out, "--jobs", 1)
    said = run(*command)
    assert said.code == 0, said.err
    assert said.out == f"{out / 'notes.csv'}\n"
    assert f"2 instruments, into {out}, 1 process\n" in said.err
    n_notes = len(read_library(out))
    assert f"the folder has {n_notes} notes of 2 instruments:" in said.err
    if n_notes < 24:
        assert "another pitch" in said.err
        assert "skipped.csv" in said.err

    listed = run("data", "instruments", "--list", "-o", out)
    assert listed.code == 0, listed.err
    row = next(line for line in listed.out.splitlines() if "estilo's synthesiser" in line)
    assert row.split()[2:5] == ["CC0-1.0", "2", str(n_notes)]

    assert run(*command, "--quiet").err == ""


def test_bad_requests_are_refused(run, tmp_path):
    unknown = run("data", "instruments", "--sources", "owm", "-o", tmp_path)
    assert (unknown.code, unknown.out) == (2, "")
    assert "did you mean 'own'" in unknown.err
    nothing = run("data", "instruments", "--list", "-o", tmp_path / "nowhere")
    assert (nothing.code, nothing.out) == (2, "")
    assert "notes.csv does not exist" in nothing.err
    wrong = run("data", "instruments", "--n-patches", -1, "-o", tmp_path)
    assert wrong.code == 2
    assert "n_patches" in wrong.err
