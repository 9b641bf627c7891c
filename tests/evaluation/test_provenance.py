import subprocess

import pytest

import estilo
from estilo.evaluation.provenance import commit, n_cores, provenance


def git(folder, *arguments):
    names = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    command = ["git", "-C", folder, *names, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.needs_git
def test_commit_and_what_changed_since(tmp_path):
    code = tmp_path / "src"
    code.mkdir()
    for path in (code / "__init__.py", code / "other.py", tmp_path / "page.md"):
        path.write_text("")
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "x")
    git(tmp_path, "tag", "-a", "v9", "-m", "v9")  # a tag is no commit
    assert commit(code) == git(tmp_path, "rev-parse", "HEAD")[:10]
    (tmp_path / "page.md").write_text("changed")  # which changes no result
    assert not commit(code).endswith("-dirty")
    (code / "other.py").write_text("changed")
    assert commit(code) == git(tmp_path, "rev-parse", "HEAD")[:10] + "-dirty"


@pytest.mark.needs_git
def test_the_commit_of_somebody_elses_repository_is_not_ours(tmp_path):
    git(tmp_path, "init")
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "__init__.py").write_text("")
    assert commit(tmp_path / "venv") == "unknown"


def test_no_git_is_no_error(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit() == "unknown"


def test_it_names_versions_and_machine():
    made = provenance()
    assert f"estilo {estilo.__version__}" in made["versions"]
    assert f"{n_cores()} cores" in made["machine"]
    assert n_cores() >= 1
