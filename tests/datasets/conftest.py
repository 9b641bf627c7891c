import pytest

from estilo.datasets import synth


def files_of(folder):
    """Names and contents of all files in a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def tree():
    return files_of


@pytest.fixture
def here(monkeypatch):
    """Clips are rendered in this process, which saves the start of another; how many were."""
    rendered = []

    def inline(function, tasks, *, n_jobs):
        for place, task in enumerate(tasks):
            yield place, function(task)
            rendered.append(task)

    monkeypatch.setattr(synth, "run_all", inline)
    return rendered
