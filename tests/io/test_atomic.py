from pathlib import Path

import pytest

from estilo.errors import OutputError
from estilo.io import atomic, write_atomic


def test_writes_bytes_or_by_a_function(tmp_path):
    assert write_atomic(tmp_path / "a.json", b"{}") == tmp_path / "a.json"
    write_atomic(tmp_path / "b.txt", lambda path: path.write_text("drawn") and None)
    assert (tmp_path / "a.json").read_bytes() == b"{}"
    assert (tmp_path / "b.txt").read_text() == "drawn"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.json", "b.txt"]


def test_permissions_are_those_of_any_new_file(tmp_path):
    write_atomic(tmp_path / "ours", b"")
    (tmp_path / "theirs").write_bytes(b"")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "theirs").stat().st_mode


def test_nothing_is_overwritten_without_force(tmp_path):
    path = tmp_path / "there"
    path.write_bytes(b"old")
    with pytest.raises(OutputError, match="already exists; give another name, or force it"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    write_atomic(path, b"new", force=True)
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("has_links", [True, False])
def test_a_file_that_appears_meanwhile_is_not_lost(tmp_path, monkeypatch, has_links):
    path = tmp_path / "there"
    if not has_links:
        monkeypatch.setattr(atomic.os, "link", refuse_link)
    with pytest.raises(OutputError, match="already exists"):
        write_atomic(path, lambda temporary: appear(path))
    assert path.read_bytes() == b"theirs"
    assert [each.name for each in tmp_path.iterdir()] == ["there"]
    path.unlink()
    write_atomic(path, b"ours")
    assert path.read_bytes() == b"ours"
    assert [each.name for each in tmp_path.iterdir()] == ["there"]


def refuse_link(source, target):
    raise PermissionError("no hard links here")


def appear(path):
    path.write_bytes(b"theirs")


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_any_exception_leaves_all_as_it_was(tmp_path, error):
    path = tmp_path / "there"
    path.write_bytes(b"old")

    def fail(temporary: Path) -> None:
        assert temporary.name.startswith(".")
        assert temporary.parent == tmp_path
        temporary.write_bytes(b"half")
        raise error

    with pytest.raises(error):
        write_atomic(path, fail, force=True)
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["there"]


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match=r"folder .* does not exist; create it first"):
        write_atomic(tmp_path / "no" / "a", b"")
    with pytest.raises(OutputError, match="is a file, not a folder"):
        write_atomic(tmp_path / "file" / "a", b"")
    with pytest.raises(OutputError, match="is a folder; give the name of a file in it"):
        write_atomic(tmp_path, b"", force=True)
    with pytest.raises(OutputError, match="null character"):
        write_atomic("a\0b", b"")


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_atomic(tmp_path / "link", b"new", force=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


def test_the_longest_name(tmp_path):
    write_atomic(tmp_path / ("n" * 255), b"fits")
    with pytest.raises(OutputError, match="too long"):
        write_atomic(tmp_path / ("n" * 256), b"does not")
