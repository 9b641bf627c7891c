"""Reports: what is written can be read again, and bad ones are refused in words."""

from pathlib import Path

import pytest
from clips import audio, melody, rain

from estilo.errors import InputError
from estilo.pipeline.report import Report, read_report, versions
from estilo.pipeline.transfer import Transfer

RATE = 8000


@pytest.fixture(scope="module")
def report() -> Report:
    transfer = Transfer(n_steps=2, seed=3)
    content, style = (audio(make(1.0, RATE), RATE) for make in (melody, rain))
    return transfer(content, [style, style], style_weights=[1.0, 3.0]).report


def test_json_and_back_is_the_same(report: Report, tmp_path: Path) -> None:
    assert Report.model_validate_json(report.to_json()) == report
    path = tmp_path / "out.wav.json"
    path.write_text(report.to_json(), encoding="utf-8")
    assert read_report(path) == report


def test_it_holds_what_is_needed_to_do_it_again(report: Report) -> None:
    assert report.content is not None
    assert report.content.path is None
    assert len(report.content.sha256) == 64
    assert [style.weight for style in report.styles] == [0.25, 0.75]
    assert report.styles[0].sha256 == report.styles[1].sha256 != report.content.sha256
    assert (report.content.sample_rate, report.content.n_channels) == (RATE, 1)
    assert report.plan.settings.n_steps == 2
    assert report.plan.settings == Transfer(n_steps=2).plan.settings
    assert report.plan.seed == 3
    assert report.is_complete
    assert report.plan.threads >= 1
    assert len(report.loss_curve) == 2
    assert report.losses
    assert {"read", "engine", "levels", "total"} <= report.timings_s.keys()
    assert report.versions == versions()
    assert {"estilo", "python", "numpy", "torch", "soxr", "soundfile"} <= versions().keys()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a recipe of estilo"),
        ("[]", "is not a recipe of estilo"),
        ("{}", "job: Field required"),
        ('{"job": "transfer", "colour": 1}', "is not a recipe of estilo"),
    ],
)
def test_what_is_not_a_report_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=f"{message}.*give the .json that estilo wrote"):
        read_report(path)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the recipe .*none.json does not exist"):
        read_report(tmp_path / "none.json")
    with pytest.raises(InputError, match="is a folder"):
        read_report(tmp_path)
    path = tmp_path / "sound.json"
    path.write_bytes(b"RIFF\xff\xfe\x00")
    with pytest.raises(InputError, match=r"nor any JSON that it reads: .*codec"):
        read_report(path)
