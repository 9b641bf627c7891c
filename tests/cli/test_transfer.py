import json

import mido
import numpy as np
import pytest
from hostile import HOSTILE, write_hostile

import estilo
from estilo.app import jobs
from estilo.pipeline.report import read_report

# Every seventh of the hostile files: each family of faults is among them.
SOME_HOSTILE = sorted(HOSTILE)[::7]


def test_writes_output_and_recipe_and_names_them(transfer, folder):
    said = transfer()
    assert said.code == 0, said.err
    assert said.out.splitlines() == [str(folder / "out.wav"), str(folder / "out.wav.json")]
    assert "content.wav in the style of style.wav" in said.err
    assert "done in " in said.err
    info, before = estilo.probe(folder / "out.wav"), estilo.probe(folder / "content.wav")
    assert (info.sample_rate, info.n_channels, info.n_samples, info.bit_depth, info.tags) == (
        before.sample_rate,
        before.n_channels,
        before.n_samples,
        "24",
        {"title": "Tone"},
    )
    report = read_report(folder / "out.wav.json")
    assert report.output.path == str(folder / "out.wav")
    assert (report.output.container, report.output.bit_depth) == ("wav", "24")
    assert report.plan.settings.n_steps == 2
    assert report.is_complete
    assert sorted(each.name for each in folder.iterdir()) == [
        "content.wav",
        "other.wav",
        "out.wav",
        "out.wav.json",
        "style.wav",
    ]


def test_options_arrive(transfer, folder, run):
    said = run(
        *(
            "transfer",
            folder / "content.wav",
            folder / "style.wav",
            "--style",
            folder / "other.wav",
        ),
        *("-o", folder / "out.flac", "--bit-depth", "16", "--strength", 0.25, "--mix", 0.5),
        *("--seed", 3, "--threads", 1, "--style-weight", "3", "--style-weight", "1"),
        *("--offset", 0.25, "--duration", 0.5, "--style-offset", 0.1, "--style-duration", 0.75),
        *(
            "--set",
            "representation=stft",
            "--set",
            "stft.n_fft=256",
            "--set",
            "widths=1,2",
            "--set",
            "n_steps=1",
        ),
        *("--set", "standardise=false"),
    )
    assert said.code == 0, said.err
    report = read_report(folder / "out.flac.json")
    assert report.content is not None
    assert (report.content.offset_s, report.content.duration_s) == (0.25, 0.5)
    assert [style.weight for style in report.styles] == [0.75, 0.25]
    assert {(style.offset_s, style.duration_s) for style in report.styles} == {(0.1, 0.75)}
    assert (report.plan.settings.strength, report.plan.mix, report.plan.seed) == (0.25, 0.5, 3)
    assert report.plan.threads == 1
    assert report.plan.settings.stft.n_fft == 256
    assert report.plan.settings.widths == (1, 2)
    assert report.plan.settings.standardise is False
    assert estilo.probe(folder / "out.flac").n_samples == 4000
    assert estilo.probe(folder / "out.flac").bit_depth == "16"


def test_strength_0_returns_the_content_bit_for_bit(transfer, folder):
    assert transfer("--strength", 0).code == 0
    before, after = estilo.load(folder / "content.wav"), estilo.load(folder / "out.wav")
    assert np.array_equal(before.samples, after.samples)


def test_quiet_says_nothing(transfer, folder):
    said = transfer("--quiet")
    assert (said.code, said.out, said.err) == (0, "", "")
    assert (folder / "out.wav").exists()


def test_says_how_good_it_is(transfer, folder):
    said = transfer()
    report = read_report(folder / "out.wav.json")
    kept = round(100 * report.scores["content_kept"])
    assert report.remarks == {"style_taken": "too little to judge"}  # the style is short
    assert f"content kept {kept} %, style taken: too little to judge, artifacts " in said.err
    assert "copy score" not in said.err


def test_without_scores_nothing_is_said_of_them(transfer, folder):
    said = transfer("--no-scores")
    assert said.code == 0
    assert read_report(folder / "out.wav.json").scores == {}
    assert "content kept" not in said.err
    assert "artifacts" not in said.err


def test_a_metric_that_fails_is_a_warning(transfer, folder, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr("estilo.metrics.scores.taken", fail)
    said = transfer()
    assert said.code == 0
    warning = "style_taken could not be measured (ZeroDivisionError: of all things)"
    assert said.err.count(f"warning: {warning}") == 1
    report = read_report(folder / "out.wav.json")
    assert [each.startswith(warning) for each in report.warnings] == [True]
    assert "content_kept" in report.scores


def test_plot_draws_a_picture(transfer, folder):
    said = transfer("--plot")
    assert said.code == 0, said.err
    assert said.out.splitlines()[-1] == str(folder / "out.wav.png")
    assert (folder / "out.wav.png").read_bytes().startswith(b"\x89PNG")


def test_presets_stay_in_force_under_options(transfer, folder):
    preset = folder / "mine.toml"
    preset.write_text(
        'summary = "mine"\n[settings]\nrepresentation = "stft"\nstart = "noise"\n'
        "[settings.stft]\nn_fft = 256\nhop_length = 64\n"
    )
    said = transfer("--preset", preset, "--set", "stft.n_fft=512")
    assert said.code == 0, said.err
    report = read_report(folder / "out.wav.json")
    assert report.plan.settings.start == "noise"
    assert report.plan.settings.stft.n_fft == 512
    assert report.plan.settings.stft.hop_length == 64
    assert report.plan.preset == str(preset)


def test_raw_is_mono_at_the_original_rate(transfer, folder):
    said = transfer(
        *("--preset", "lebedev-ulyanov", "--set", "raw=true"),
        *("--set", "network.n_filters=4"),
        *("--set", "n_phase_iterations=1", "--bit-depth", "float"),
    )
    assert said.code == 0, said.err
    info = estilo.probe(folder / "out.wav")
    assert (info.sample_rate, info.n_channels, info.bit_depth) == (22_050, 1, "float")


def test_a_wrong_extension_is_a_warning_in_words(run, folder):
    (folder / "style.flac").write_bytes((folder / "style.wav").read_bytes())
    said = run(
        *("transfer", folder / "content.wav", folder / "style.flac"),
        *("-o", folder / "out.wav", "--set", "n_steps=1"),
    )
    assert said.code == 0
    warning = f"{folder}/style.flac holds wav audio, which its name does not say"
    assert said.err.count(f"warning: {warning}") == 1
    assert any(warning in each for each in read_report(folder / "out.wav.json").warnings)


def test_level_that_had_to_give_is_said(run, folder):
    """A click train is far below its peak: noise of its loudness is not, but nor can it be loud."""
    loud = np.sign(np.sin(np.arange(8000) * 0.3)) * 0.999
    estilo.save(estilo.Audio(loud, 8000), folder / "loud.wav")
    clicks = np.zeros(8000)
    clicks[::800] = 0.9
    estilo.save(estilo.Audio(clicks, 8000), folder / "clicks.wav")
    said = run(
        *("transfer", folder / "loud.wav", folder / "clicks.wav", "-o", folder / "out.wav"),
        *("--strength", 1, "--set", "n_steps=2"),
    )
    assert said.code == 0
    report = read_report(folder / "out.wav.json")
    assert report.level is not None
    assert report.level.shortfall_lu > 0.05
    assert f"level: {report.level.shortfall_lu:.1f} LU quieter than the content" in said.err


@pytest.mark.parametrize("role", ["content", "style"])
@pytest.mark.parametrize("name", SOME_HOSTILE)
@pytest.mark.filterwarnings("ignore::estilo.io.AudioFileWarning")
def test_hostile_files_write_nothing(run, folder, listing, name, role):
    path, _ = write_hostile(name, folder)
    before = listing()
    files = [path, folder / "style.wav"] if role == "content" else [folder / "content.wav", path]
    said = run("transfer", *files, "-o", folder / "out.wav", "--set", "n_steps=2")
    assert said.code == 2, said.err
    assert said.out == ""
    assert "estilo: error: " in said.err
    assert path.name in said.err
    assert listing() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--set", "n_steps=0"], "n_steps"),
        (["--strength", 1.5], "strength"),
        (["--mix", -1], "mix must lie between 0 and 1"),
        (["--seed", -1], "seed must lie between 0"),
        (["--threads", 0], "threads must lie between 1"),
        (["--engine", "optimize"], "did you mean 'optimise'"),
        (["--preset", "dipanni"], "unknown preset 'dipanni'; did you mean 'dipani'"),
        (["--preset", "nowhere.toml"], "nowhere.toml does not exist"),
        (["--set", "raw=true"], "name such a preset"),
        (["--device", "abacus"], "abacus"),
        (["--offset", 9], "lies beyond its end"),
        (["--offset", -1], "offset must be 0 s or more"),
        (["--duration", 0], "duration must be more than 0"),
        (["--style-offset", 9], "lies beyond its end"),
        (["--style-weight", "1,2"], "2 style weights for 1 styles"),
        (["--style-weight", "0"], "positive"),
        (["--set", "style_views=[{"], "the value of style_views is not JSON"),
        (["--set", 'style_views=[{"widht": 3}]'], "widht"),
        (["--set", "network.kernel=3"], "has an effect only with"),
        (["--bit-depth", "8"], "24"),
    ],
)
def test_bad_options_write_nothing(transfer, listing, options, message):
    before = listing()
    said = transfer(*options, steps=("--set", "n_steps=2"))
    assert said.code == 2, said.err
    assert said.out == ""
    assert message in said.err
    assert listing() == before


@pytest.mark.parametrize(
    ("output", "options", "message"),
    [
        ("style.wav", [], "one of the inputs"),
        ("style.wav", ["--force"], "one of the inputs, which are never overwritten"),
        ("other.wav", [], "already exists; give another name, or force it (--force)"),
        ("there.wav", [], "there.wav.json already exists"),
        ("drawn.wav", ["--plot"], "drawn.wav.png already exists"),
        ("no/out.wav", [], "does not exist; create it first"),
        ("out.txt", [], "must end in one of"),
        ("out", [], "got no extension"),
        ("out.mp3", ["--bit-depth", "24"], "mp3 is lossy and has no bit depth"),
        ("out.flac", ["--bit-depth", "float"], "holds a bit depth of 16 or 24"),
    ],
)
def test_outputs_that_cannot_be_are_refused_before_any_work(
    transfer, folder, listing, monkeypatch, output, options, message
):
    (folder / "there.wav.json").write_text("{}")
    (folder / "drawn.wav.png").write_text("")
    monkeypatch.setattr(jobs, "_result", None)  # work would fail
    before = listing()
    said = transfer(*options, output=output)
    assert said.code == 2, said.err
    assert message in said.err
    assert listing() == before


def test_force_replaces(transfer, folder):
    for name in ("out.wav", "out.wav.json", "out.wav.png"):
        (folder / name).write_text("old")
    assert transfer("--force", "--plot").code == 0
    assert json.loads((folder / "out.wav.json").read_text())["format"] == 2
    assert (folder / "out.wav.png").read_bytes().startswith(b"\x89PNG")
    assert estilo.probe(folder / "out.wav").n_samples == 8000


def test_truncated_files_are_taken_on_request(run, folder):
    path = folder / "cut.wav"
    path.write_bytes((folder / "style.wav").read_bytes()[:14_000])
    files = [folder / "content.wav", path, "-o", folder / "out.wav", "--set", "n_steps=1"]
    assert "--accept-truncated" in run("transfer", *files).err
    said = run("transfer", *files, "--accept-truncated")
    assert said.code == 0, said.err
    assert read_report(folder / "out.wav.json").styles[0].accept_truncated


def test_no_recipe_without_its_output(transfer, folder, listing, monkeypatch):
    from estilo.app import outputs

    def fail(*arguments, **options):
        raise estilo.OutputError("the disk is full; make room")

    monkeypatch.setattr(outputs, "write_audio", fail)
    before = listing()
    said = transfer("--plot")
    assert said.code == 2
    assert "the disk is full" in said.err
    assert listing() == before


def test_a_midi_file_is_played(run, folder):
    on, off = ({"type": each, "note": 64} for each in ("note_on", "note_off"))
    track = [mido.Message(**on, velocity=90), mido.Message(**off, time=480)]
    song = mido.MidiFile(ticks_per_beat=480, tracks=[mido.MidiTrack(track)])
    song.save(folder / "song.mid")
    time_s = np.arange(20_000) / 16_000
    tone = 0.2 * np.sin(2.0 * np.pi * 220.0 * time_s) * (time_s > 0.1) * (time_s < 1.0)
    estilo.save(estilo.Audio(tone, 16_000), folder / "tone.wav")
    out = folder / "out.flac"
    said = run("transfer", f"{folder / 'song.mid'}@channels=1", folder / "tone.wav", "-o", out)
    assert said.code == 0, said.err
    made = estilo.load(out)
    assert (made.sample_rate, made.n_channels, made.n_samples) == (16_000, 1, 40_000)
    level = np.abs(np.fft.rfft(made.samples[0, 1600:8000], 64_000))
    assert level.argmax() / 4.0 == pytest.approx(329.63, rel=3e-3)
    again = run("transfer", folder / "song.mid", folder / "tone.wav", "-o", out)
    assert again.code == 2
    assert "already exists" in again.err
    over = run("transfer", folder / "song.mid", folder / "tone.wav", "-o", folder / "song.mid")
    assert over.code == 2
