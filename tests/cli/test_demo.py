import estilo
from estilo import demo as clips
from estilo.cli import demo
from estilo.pipeline.report import read_report


def test_makes_clips_and_a_tune_in_two_styles(run, tmp_path, monkeypatch):
    monkeypatch.setattr(clips, "DURATION_S", 1.0)
    folder = tmp_path / "deep" / "demo"
    said = run("demo", folder)
    assert said.code == 0, said.err
    outputs = [f"{demo.CONTENT}-as-{style}.wav" for style in demo.STYLES]
    names = [*(f"{name}.wav" for name in clips.CLIPS)]
    names += [f"{output}{suffix}" for output in outputs for suffix in ("", ".json", ".png")]
    assert said.out.splitlines() == [str(folder / name) for name in names]
    assert sorted(each.name for each in folder.iterdir()) == sorted(names)
    for output in outputs:
        assert estilo.probe(folder / output).n_samples == 22_050
        report = read_report(folder / f"{output}.json")
        assert report.output.path == str(folder / output)

    before = {each.name: each.stat().st_mtime_ns for each in folder.iterdir()}
    said = run("demo", folder)
    assert (said.code, "already exists" in said.err) == (2, True)
    assert {each.name: each.stat().st_mtime_ns for each in folder.iterdir()} == before
    assert run("demo", folder, "--force", "--quiet").code == 0


def test_a_file_in_the_way(run, tmp_path):
    (tmp_path / "demo").write_text("")
    said = run("demo", tmp_path / "demo")
    assert said.code == 2
    assert "is a file; give the name of a folder" in said.err
    said = run("demo", tmp_path / "demo" / "deeper")
    assert (said.code, "cannot be made" in said.err) == (2, True)
