import pytest
from hostile import write_hostile


def test_draws_recordings(run, folder):
    said = run("plot", folder / "content.wav", folder / "style.wav", "-o", folder / "two.png")
    assert said.code == 0, said.err
    assert said.out.splitlines() == [str(folder / "two.png")]
    assert (folder / "two.png").read_bytes().startswith(b"\x89PNG")


def test_lies_beside_the_first_file_and_overwrites_only_when_forced(run, folder):
    files = [folder / "style.wav", folder / "other.wav"]
    assert run("plot", *files, "--offset", 0.2, "--duration", 0.3, "--quiet").out == ""
    assert (folder / "style.wav.png").exists()
    said = run("plot", *files)
    assert (said.code, "style.wav.png already exists" in said.err) == (2, True)
    assert run("plot", *files, "--force").code == 0


def test_draws_a_transfer_from_its_recipe(run, transfer, folder):
    depth = ("--bit-depth", "float")  # so that the file holds the very samples
    assert transfer(*depth).code == 0
    said = run("plot", folder / "out.wav.json")
    assert said.code == 0, said.err
    assert said.out.splitlines() == [str(folder / "out.wav.png")]
    drawn = (folder / "out.wav.png").read_bytes()
    assert transfer("--plot", "--force", *depth).code == 0
    assert (folder / "out.wav.png").read_bytes() == drawn


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        (["nowhere.wav"], [], "nowhere.wav does not exist"),
        (["nowhere.json"], [], "the recipe nowhere.json does not exist"),
        (["style.wav"], ["-o", "a.jpg"], "must end in .png, got '.jpg'"),
        (["style.wav"], ["-o", "no/a.png"], "does not exist; create it first"),
        (["style.wav"], ["--offset", 2], "lies beyond its end"),
        (["style.wav", "style.wav.json"], [], "does not exist"),
    ],
)
def test_bad_input_writes_nothing(run, folder, listing, monkeypatch, files, options, message):
    monkeypatch.chdir(folder)
    before = listing()
    said = run("plot", *files, *options)
    assert said.code == 2
    assert message in said.err
    assert listing() == before


@pytest.mark.parametrize("name", ["NaN", "flac cut in half", "a PDF called wav"])
def test_hostile_files_write_nothing(run, folder, listing, name):
    path, _ = write_hostile(name, folder)
    before = listing()
    assert run("plot", folder / "style.wav", path).code == 2
    assert listing() == before
