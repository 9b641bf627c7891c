import json
from dataclasses import fields

import numpy as np
import pytest
from hostile import write_hostile

import estilo
from estilo.analysis.sound import Sound
from estilo.metrics import METRICS
from estilo.metrics.fault import Fault
from estilo.metrics.scores import score
from estilo.pipeline.report import read_report


@pytest.fixture
def files(folder):
    """content.wav, style.wav and a mix of both, as options of evaluate."""
    content, style = (estilo.load(folder / f"{name}.wav") for name in ("content", "style"))
    samples = 0.8 * content.samples.mean(0) + 0.2 * style.samples[0]
    estilo.save(estilo.Audio(samples, content.sample_rate), folder / "mix.wav", bit_depth="float")
    return {"content": folder / "content.wav", "style": folder / "style.wav"}


def _evaluate(run, output, given, *options):
    named = [part for name, path in given.items() for part in (f"--{name}", path)]
    return run("evaluate", output, *named, *options)


def test_json_is_what_the_library_says(run, folder, files):
    said = _evaluate(run, folder / "mix.wav", files, "--target", files["content"], "--json")
    assert (said.code, said.err) == (0, "")
    sounds = {
        name: Sound.of(estilo.load(folder / f"{name}.wav")) for name in ("content", "style", "mix")
    }
    assert json.loads(said.out)["scores"] == score(
        sounds["mix"],
        content=sounds["content"],
        styles=[sounds["style"]],
        target=sounds["content"],
    )


@pytest.mark.parametrize("engine", ["eq", "optimise"])
def test_it_is_what_the_recipe_says(run, transfer, folder, files, engine):
    steps = ("--set", "n_steps=2") if engine == "optimise" else ()
    transfer("--engine", engine, "--bit-depth", "float", steps=steps)
    said = _evaluate(run, folder / "out.wav", files, "--json")
    found, report = json.loads(said.out), read_report(folder / "out.wav.json")
    assert found["scores"] == pytest.approx(report.scores)
    assert found["remarks"] == report.remarks
    assert [each["kind"] for each in found["faults"]] == [each.kind for each in report.faults]


def test_json_says_which_faults_there_are_and_why_a_number_is_missing(run, folder, files):
    content = estilo.load(files["content"])
    torn = content.samples.copy()
    torn[:, content.n_samples // 2] += 0.6
    estilo.save(estilo.Audio(torn, content.sample_rate), folder / "torn.wav", bit_depth="float")
    found = json.loads(_evaluate(run, folder / "torn.wav", files, "--json").out)
    assert set(found) == {"scores", "faults", "remarks"}
    click = next(each for each in found["faults"] if each["kind"] == "clicks")
    assert set(click) == {field.name for field in fields(Fault)}
    assert click["start_s"] == pytest.approx(content.duration_s / 2, abs=0.01)
    assert click["severity"] >= 0.5
    assert "style_taken" not in found["scores"]
    assert found["remarks"]["style_taken"] == "too little to judge"


def test_several_styles_with_shares(run, folder, files):
    more = {**files, "style-weight": "3,1"}
    said = _evaluate(run, folder / "mix.wav", more, "--style", folder / "other.wav", "--json")
    assert said.code == 0, said.err
    sounds = [
        Sound.of(estilo.load(folder / f"{n}.wav")) for n in ("mix", "content", "style", "other")
    ]
    assert json.loads(said.out)["scores"] == score(
        sounds[0], content=sounds[1], styles=sounds[2:], style_weights=[0.75, 0.25]
    )


def test_tables_show_every_metric_and_descriptors_side_by_side(run, folder, files, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    said = _evaluate(run, folder / "mix.wav", files)
    assert (said.code, said.err) == (0, "")
    lines = [line.strip() for line in said.out.splitlines()]
    assert lines[0].startswith("content kept ")
    assert ", style taken: too little to judge, " in lines[0]  # the style is short
    assert ", artifacts " in lines[0]
    values = json.loads(_evaluate(run, folder / "mix.wav", files, "--json").out)["scores"]
    for name in METRICS:
        assert any(line.startswith(METRICS[name].label) for line in lines) == (name in values), name
    groups = [line for line in lines[1:] if ": " in line]
    assert [group.partition(":")[0] for group in groups] == [
        "against the content",
        "against the style",
        "of the output alone",
    ]
    assert ["descriptors", "content", "style", "output", "moved"] in [
        line.split() for line in lines
    ]
    heads = ["attributes", "content", "output", "style", "moved"]
    rows = [line.split() for line in lines][[line.split() for line in lines].index(heads) :]
    spectrum = next(row for row in rows if row[:1] == ["spectrum,"])
    assert spectrum[-2:] == [f"{values['moved_spectrum_percent']:.0f}", "%"]
    assert float(spectrum[-5]) > float(spectrum[-4]) > float(spectrum[-3]) == 0.0
    centroid = next(line.split() for line in lines if line.startswith("spectral centroid"))
    low, high, middle = (float(each) for each in centroid[3:6])
    assert low < middle < high
    moved = 100.0 * np.log(middle / low) / np.log(high / low)
    assert float(centroid[6]) == pytest.approx(moved, abs=1.0)


def test_no_movement_is_no_minus_zero(run, folder, files, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    how_far = "estilo.analysis.movement.how_far"
    monkeypatch.setattr(how_far, lambda *_: {"spectral_centroid_hz": -0.3, "n_partials": -0.7})
    said = _evaluate(run, folder / "mix.wav", files)
    rows = {line.strip().partition("  ")[0]: line.split()[-2:] for line in said.out.splitlines()}
    assert rows["spectral centroid"] == ["0", "%"]
    assert rows["partials at once"] == ["-1", "%"]


def test_with_a_target_timbre_and_notes_are_held_against_it(run, folder, files, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    said = _evaluate(run, folder / "mix.wav", {"target": files["content"]})
    lines = [line.strip() for line in said.out.splitlines()]
    of_target = lines[lines.index(next(each for each in lines if "against the target" in each)) :]
    assert any(line.startswith(METRICS["timbre_mfcc"].label) for line in of_target)
    assert any(line.startswith(METRICS["lsd"].label) for line in of_target)
    assert ["descriptors", "target", "output"] in [line.split() for line in lines]
    assert "against the content" not in said.out


def test_without_references_faults_are_left(run, folder):
    samples = np.zeros(8000)
    samples[4000] = 0.5
    estilo.save(estilo.Audio(samples, 8000), folder / "click.wav")
    said = run("evaluate", folder / "click.wav")
    assert said.code == 0
    assert said.out.splitlines()[0] == "artifacts strong"


def test_faults_are_a_table_with_times(run, folder, files, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    content = estilo.load(files["content"])
    assert "severity" not in _evaluate(run, files["content"], files).out
    torn = content.samples.copy()
    torn[:, content.n_samples // 2] += 0.6
    estilo.save(estilo.Audio(torn, content.sample_rate), folder / "torn.wav", bit_depth="float")
    said = _evaluate(run, folder / "torn.wav", files)
    rows = [line.split() for line in said.out.splitlines()]
    first = rows.index(["faults"]) + 1
    *words, severity, start_s, _, end_s, _, _ = rows[first]
    assert "click" in " ".join(words)
    assert float(severity) >= 0.5
    assert start_s == end_s == f"{content.duration_s / 2:.1f}"


def test_failures_are_warnings(run, folder, files, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr("estilo.metrics.scores.taken", fail)
    said = _evaluate(run, folder / "mix.wav", files, "--json")
    assert said.code == 0
    assert "warning: style_taken could not be measured (ZeroDivisionError: of all th" in said.err
    assert "style_taken" not in json.loads(said.out)["scores"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.wav"], "error: nowhere.wav does not exist"),
        (["style.wav", "--content", "nowhere.wav"], "error: nowhere.wav does not exist"),
        (["style.wav", "--style", "."], "."),
        (["style.wav", "--style-weight", 1], "--style-weight is given and no style"),
        (["style.wav", "--style", "other.wav", "--style-weight", "1,2"], "2 style weights for 1"),
        (["style.wav", "--style", "other.wav", "--style-weight", "much"], "--style-weight must be"),
        (["style.wav", "other.wav"], "see estilo evaluate --help"),
        ([], "see estilo evaluate --help"),
    ],
)
def test_bad_input(run, folder, monkeypatch, arguments, message):
    monkeypatch.chdir(folder)
    said = run("evaluate", *arguments)
    assert (said.code, said.out) == (2, "")
    assert message in said.err


@pytest.mark.parametrize("name", ["NaN", "flac cut in half"])
def test_hostile_files(run, folder, name):
    path, _ = write_hostile(name, folder)
    for arguments in ([path], [folder / "style.wav", "--content", path]):
        said = run("evaluate", *arguments)
        assert (said.code, said.out) == (2, "")
        assert path.name in said.err
