"""Parts of the content and voices from the command line, and again from their recipes."""

import json

import numpy as np
import pytest
from matplotlib.image import imsave

from estilo.pipeline.report import read_report


@pytest.fixture
def placed(run, folder):
    """`estilo transfer` of content.wav with styles that may have ranges, by the eq engine."""

    def placed(*options, styles=()):
        files = [folder / "content.wav", *styles, "-o", folder / "out.wav"]
        return run("transfer", *files, "--engine", "eq", "--threads", 1, *options)

    return placed


def test_styles_with_ranges_stand_beside_or_in_place_of_others(placed, folder):
    style, other = folder / "style.wav", folder / "other.wav"
    said = placed("--style", f"{other}@0.2s-0.5s,1kHz-", "--style-weight", "1,3", styles=[style])
    assert said.code == 0, said.err
    assert "content.wav in the style of style.wav, other.wav" in said.err
    report = read_report(folder / "out.wav.json")
    assert [each.at for each in report.styles] == ["", "0.2s-0.5s,1kHz-"]
    assert [each.weight for each in report.styles] == [0.25, 0.75]
    said = placed(
        *("--style", f"{style}@-300Hz", "--style", f"{other}@300Hz-", "--force"),
        styles=[f"{style}@0.5s-"],
    )
    assert said.code == 0, said.err
    at = [each.at for each in read_report(folder / "out.wav.json").styles]
    assert at == ["0.5s-", "-300Hz", "300Hz-"]


def test_an_at_in_a_name_is_one(placed, folder):
    odd = folder / "me@0.2s-0.5s.wav"
    odd.write_bytes((folder / "style.wav").read_bytes())
    assert placed("--style", odd).code == 0
    assert placed("--style", f"{odd}@0.2s-0.5s", "--force").code == 0
    (style,) = read_report(folder / "out.wav.json").styles
    assert (style.path, style.at) == (str(odd), "0.2s-0.5s")


def test_all_of_it_renders_again_bit_for_bit(run, placed, folder):
    mask = folder / "mask.png"
    imsave(mask, np.random.default_rng(0).uniform(size=(4, 6, 3)))
    said = placed(
        *("--style", f"{folder / 'style.wav'}@0.1s-0.7s", "--mask", mask, "--on", "harmonic"),
        *("--formants", 0.5, "--set", "formant_shift_semitones=-3"),
        styles=[folder / "other.wav"],
    )
    assert said.code == 0, said.err
    recipe = folder / "out.wav.json"
    before = read_report(recipe)
    assert (before.plan.on, before.plan.formants, before.plan.formant_shift_semitones) == (
        "harmonic",
        0.5,
        -3.0,
    )
    said = run("rerun", recipe, "-o", folder / "again.wav")
    assert said.code == 0, said.err
    assert "identical: every sample is as it was the first time" in said.err
    varying = {"created", "timings_s", "output"}
    after = read_report(folder / "again.wav.json")
    assert before.model_dump(exclude=varying) == after.model_dump(exclude=varying)
    imsave(mask, np.zeros((4, 6, 3)))
    said = run("rerun", recipe, "-o", folder / "third.wav")
    assert said.code == 2
    assert "mask.png has changed since" in said.err


def test_recipes_from_before_there_were_parts_are_read(run, transfer, folder):
    assert transfer("--threads", 1).code == 0
    recipe = folder / "out.wav.json"
    report = read_report(recipe).model_dump(mode="json")
    plan = report.pop("plan")
    for name in ("on", "mask", "formants", "formant_shift_semitones", "scores", "raw", "tempo_bpm"):
        del plan[name]
    report |= {**plan, "format": 1, "raw": False}  # as version 0.1.0 wrote it
    for given in (report["content"], *report["styles"]):
        del given["at"]
    recipe.write_text(json.dumps(report))
    assert "identical" in run("rerun", recipe, "--force").err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "no style was given; name one after the content, or with --style"),
        (("--style", "style.wav@1x-2x"), "'1x-2x' is no range of time or frequency"),
        (("--style", "style.wav@0.5s-0.1s"), "is empty: it ends where it begins, or before"),
        (("--style", "style.wav@9s-"), "lies beyond the content, which is 1.000 s long"),
        (("--style", "style.wav@5kHz-"), "lies beyond the content, which ends at 4000 Hz"),
        (("--style", "none.wav@0s-1s"), "none.wav"),
        (("--style", "style.wav", "--style", "other.wav@0s-"), "style 1 applies nowhere"),
        (("--style", "style.wav", "--mask", "style.wav"), "expected a PNG"),
        (("--style", "style.wav", "--formants", 2), "formants must lie between 0 and 1"),
        (
            ("--style", "style.wav", "--set", "formant_shift_semitones=99"),
            "must lie between -24 and 24",
        ),
    ],
)
def test_what_cannot_be_writes_nothing(placed, folder, listing, monkeypatch, options, message):
    monkeypatch.chdir(folder)
    before = listing()
    said = placed(*options)
    assert said.code == 2, said.err
    assert message in said.err
    assert listing() == before
