import json
import os
import subprocess
import sys

import coded_engine
import pytest
import soundfile
from hostile_tensors import MARKER, write_hostile
from networks import write_small

import estilo
from estilo.engines.neural.style_file import read_style
from estilo.pipeline.report import read_report


@pytest.fixture
def make(run, folder):
    """`estilo style make` of style.wav into rain.estilo-style, with small weights."""
    write_small(folder / "small.safetensors")

    def make(*options, clips=("style.wav",), output="rain.estilo-style", weights=None):
        files = [folder / clip for clip in clips]
        weights = folder / (weights or "small.safetensors")
        return run("style", "make", *files, "-o", folder / output, "--weights", weights, *options)

    return make


@pytest.fixture
def coded(monkeypatch):
    coded_engine.register(monkeypatch)
    return coded_engine.CodedEngine


def test_makes_a_file_and_names_it(make, folder):
    said = make("--licence", "CC0-1.0", "--consent", "my own voice", "--name", "Soft rain")
    assert said.code == 0, said.err
    assert said.out == f"{folder / 'rain.estilo-style'}\n"
    assert "the style 'Soft rain' of 1 clip" in said.err
    card = read_style(folder / "rain.estilo-style").card
    assert (card.name, card.licence, card.consent) == ("Soft rain", "CC0-1.0", "my own voice")
    assert [clip.name for clip in card.clips] == ["style.wav"]


def test_several_clips_with_weights_and_parts(make, folder):
    options = ("--style-weight", "3,1", "--style-offset", 0.25, "--style-duration", 0.5)
    said = make(*options, clips=("style.wav", "other.wav"))
    assert said.code == 0, said.err
    assert "the style 'rain' of 2 clips" in said.err
    assert "state them with --licence" in said.err
    clips = read_style(folder / "rain.estilo-style").card.clips
    assert [(c.name, c.weight, c.offset_s, c.duration_s) for c in clips] == [
        ("style.wav", 0.75, 0.25, 0.5),
        ("other.wav", 0.25, 0.25, 0.5),
    ]


def test_nothing_is_overwritten_without_force(make, folder, listing):
    assert make("-q").code == 0
    before = listing()
    said = make("--name", "Other")
    assert (said.code, "already exists" in said.err) == (2, True)
    assert listing() == before
    said = make("--name", "Other", "--force", "-q")
    assert (said.code, said.out, said.err) == (0, "", "")
    assert read_style(folder / "rain.estilo-style").card.name == "Other"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"output": "rain.wav"}, "rain.wav must end in .estilo-style, got '.wav'"),
        ({"output": "rain"}, "must end in .estilo-style, got 'no extension'"),
        ({"output": "nowhere/rain.estilo-style"}, "does not exist; create it first"),
        ({"clips": ("nowhere.wav",)}, "nowhere.wav does not exist"),
        ({"clips": ("small.safetensors",)}, "small.safetensors "),
        ({"options": ["--name", " "]}, "--name is empty"),
        ({"options": ["--name", "a\nb"]}, "'name': expected one line"),
        ({"options": ["--consent", "\x1b[2J"]}, "expected printable text in the card"),
        ({"options": ["--style-weight", "1,2"]}, "2 style weights for 1 styles"),
        ({"options": ["--style-offset", "9"]}, "lies beyond its end"),
        ({"weights": "nowhere"}, "nowhere does not exist"),
        ({"weights": "style.wav"}, "style.wav is not a sound safetensors file"),
    ],
)
def test_what_cannot_be_made_is_refused(make, listing, options, message):
    before = listing()
    said = make(*options.pop("options", []), **options)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert listing() == before


def test_deafening_floats_are_a_style_too(make, folder):
    samples, rate = soundfile.read(folder / "style.wav", dtype="float32")
    soundfile.write(folder / "loud.wav", 1e5 * samples, rate, subtype="FLOAT")
    said = make(clips=("loud.wav",))
    assert said.code == 0, said.err
    assert read_style(folder / "rain.estilo-style").card.loudness_lufs == 20.0


def test_shows_the_card(run, make, folder):
    make("--licence", "CC0-1.0", "--name", "Régen [bold]", clips=("style.wav", "other.wav"))
    said = run("style", "show", folder / "rain.estilo-style")
    assert (said.code, said.err) == (0, "")
    for text in ("Régen [bold]", "CC0-1.0", "not stated", "LUFS", "style.wav, 1.00 s, share 50 %"):
        assert text in said.out
    said = run("style", "show", folder / "rain.estilo-style", "--json")
    (shown,) = json.loads(said.out)
    card = read_style(folder / "rain.estilo-style").card
    assert shown == {"path": str(folder / "rain.estilo-style"), **card.model_dump(mode="json")}


def test_shows_what_can_be_shown(run, make, folder):
    make()
    path, match = write_hostile("pickle 2", folder)
    said = run("style", "show", folder / "rain.estilo-style", path, folder / "style.wav")
    assert said.code == 2
    assert "not stated" in said.out
    assert "2 of 3 files cannot be shown" in said.err
    assert match in said.err
    assert not (folder / MARKER).exists()
    said = run("style", "show", path)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"estilo: error: {path} looks like a pickle")


def test_looking_and_refusing_load_no_torch(make, folder):
    assert make("-q").code == 0
    good = folder / "rain.estilo-style"
    bad, _ = write_hostile("pickle 2", folder)
    for arguments, code in [
        (["style", "--help"], 0),
        (["style", "show", good], 0),
        (["style", "make", folder / "nowhere.wav", "-o", folder / "new.estilo-style"], 2),
        (["transfer", folder / "content.wav", bad, "-o", folder / "out.wav"], 2),
    ]:
        script = (
            f"import sys; from estilo.cli import main; code = main({[str(a) for a in arguments]!r})"
            "; print('LOADED', code, 'torch' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        assert done.stdout.rsplit("LOADED", 1)[1].strip() == f"{code} False", arguments


def test_a_name_that_is_not_unicode(run, make, folder):
    clip = os.fsdecode(b"caf\xe9.wav")
    (folder / clip).write_bytes((folder / "style.wav").read_bytes())
    output = os.fsdecode(b"caf\xe9.estilo-style")
    assert make(clips=(clip,), output=output).code == 0
    card = read_style(folder / output).card
    assert (card.name, card.clips[0].name) == ("caf_", "caf_.wav")
    assert run("style", "show", folder / output).code == 0
    assert run("style", "show", folder / output, "--json").code == 0


# In the place of a recording.


@pytest.fixture
def played(run, make, folder, coded):
    """`estilo transfer` of content.wav and rain.estilo-style with an engine that takes it."""
    assert make().code == 0

    def played(*options, output="out.wav"):
        files = [folder / "content.wav", folder / "rain.estilo-style", "-o", folder / output]
        return run("transfer", *files, "--engine", "coded", *options)

    return played


def test_transfers_draws_and_renders_again(run, played, folder, coded):
    said = played("--plot", "--bit-depth", "float")  # the picture is drawn before it is dithered
    assert said.code == 0, said.err
    assert "content.wav in the style of rain.estilo-style" in said.err
    assert "content kept" in said.err
    assert "style taken" not in said.err
    assert coded.tasks[0].styles[0].card.name == "rain"
    report = read_report(folder / "out.wav.json")
    assert report.styles[0].path == str(folder / "rain.estilo-style")
    said = run("rerun", folder / "out.wav.json", "-o", folder / "again.wav")
    assert said.code == 0, said.err
    assert "identical" in said.err
    said = run("plot", folder / "out.wav.json", "-o", folder / "again.png")
    assert said.code == 0, said.err
    assert (folder / "again.png").read_bytes() == (folder / "out.wav.png").read_bytes()


def test_a_style_that_changed_is_not_rendered_again(run, played, make, folder):
    assert played().code == 0
    assert make("--name", "Other", "--force").code == 0
    said = run("rerun", folder / "out.wav.json", "-o", folder / "again.wav")
    assert (said.code, "rain.estilo-style has changed since" in said.err) == (2, True)


def test_a_style_is_never_overwritten(run, make, folder, coded):
    assert make(output="rain.estilo-style").code == 0
    (folder / "rain.wav").write_bytes((folder / "rain.estilo-style").read_bytes())
    files = [folder / "content.wav", folder / "rain.wav", "-o", folder / "rain.wav"]
    said = run("transfer", *files, "--engine", "coded", "--force")
    assert said.code == 2
    assert "is one of the inputs" in said.err


def test_a_hostile_style_is_refused_before_anything_is_computed(run, folder, coded, listing):
    path, match = write_hostile("zip as of torch.save", folder)
    before = listing()
    files = [folder / "content.wav", path, "-o", folder / "out.wav"]
    said = run("transfer", *files, "--engine", "coded")
    assert (said.code, match in said.err) == (2, True)
    assert "in the style of" not in said.err
    assert listing() == before
    assert coded.tasks == []


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            "transfer CONTENT RAIN -o OUT --engine optimise",
            "the engine 'optimise' needs the style's audio, and RAIN is a style file; "
            "give a recording, or choose the engine 'neural'",
        ),
        ("transfer CONTENT RAIN -o OUT --engine eq", "the engine 'eq' needs the style's audio"),
        ("transfer CONTENT RAIN -o OUT --preset dipani", "the engine 'optimise' needs"),
        ("transfer CONTENT RAIN -o OUT --style-offset 1", "RAIN is a style file, which has no pa"),
        ("transfer RAIN CONTENT -o OUT", "RAIN is a style file, which holds no audio"),
        ("texture RAIN --seconds 1 -o OUT", "RAIN is a style file, which holds no audio"),
        ("texture CONTENT RAIN --seconds 1 -o OUT", "RAIN is a style file, which holds no audio"),
        ("evaluate CONTENT --style RAIN", "RAIN is a style file, which holds no audio"),
        ("describe RAIN", "RAIN is a style file, which holds no audio"),
        ("plot RAIN", "RAIN is a style file, which holds no audio"),
    ],
)
def test_what_needs_audio_says_so(run, make, folder, listing, command, message):
    assert make("-q").code == 0
    before = listing()
    names = {
        "CONTENT": folder / "content.wav",
        "RAIN": folder / "rain.estilo-style",
        "OUT": folder / "out.wav",
    }
    said = run(*(names.get(word, word) for word in command.split()))
    assert said.code == 2
    assert message.replace("RAIN", str(names["RAIN"])) in said.err
    assert listing() == before


def test_a_style_file_beside_a_recording(run, make, folder, coded):
    assert make("-q").code == 0
    files = [folder / name for name in ("content.wav", "rain.estilo-style")]
    options = ("--engine", "coded", "--style-weight", "3,1", "--plot", "-o", folder / "out.wav")
    said = run("transfer", *files, "--style", folder / "style.wav", *options)
    assert said.code == 0, said.err
    assert coded.tasks[0].style_weights == (0.75, 0.25)
    assert coded.tasks[0].styles[1].shape == estilo.load(folder / "style.wav").samples.shape
