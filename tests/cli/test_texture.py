import pytest

import estilo
from estilo.pipeline.report import read_report

STEPS = ("--set", "representation=waveform", "--set", "n_steps=2")


def test_makes_audio_of_any_length_and_says_how_much_was_copied(run, folder):
    said = run(
        *("texture", folder / "style.wav", folder / "other.wav", "--style-weight", "2,1"),
        *("--seconds", 1.5, "-o", folder / "out.wav", "--plot", *STEPS),
    )
    assert said.code == 0, said.err
    names = [str(folder / f"out.wav{end}") for end in ("", ".json", ".png")]
    assert said.out.splitlines() == names
    info = estilo.probe(folder / "out.wav")
    assert (info.n_samples, info.sample_rate, info.n_channels) == (12_000, 8_000, 1)
    report = read_report(folder / "out.wav.json")
    assert (report.job, report.seconds) == ("texture", 1.5)
    assert [round(style.weight or 0, 3) for style in report.styles] == [0.667, 0.333]
    score = report.scores["copy_score"]
    assert f"copy score {score:.2f}: how much of the output was taken from the style" in said.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--seconds", 0], "seconds must be more than 0, got 0.0"),
        (["--seconds", "nan"], "seconds must be more than 0, got nan"),
        (["--seconds", 1, "--strength", 1], "--strength"),
        (["--seconds", 1, "--style-offset", 2], "lies beyond its end"),
    ],
)
def test_bad_options_write_nothing(run, folder, listing, options, message):
    before = listing()
    said = run("texture", folder / "style.wav", "-o", folder / "out.wav", *STEPS, *options)
    assert said.code == 2
    assert message in said.err
    assert listing() == before
