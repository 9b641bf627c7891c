"""What comes from outside besides audio: commands end with 2 and words, and write nothing."""

import contextlib
import json
import os
import random
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")
EVIL = "e\x1b[31m\x07\u202e\x9b"


@pytest.fixture
def odd(tmp_path):
    """What is there and no plain file, or is no file, by its kind."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "inside").mkdir()
    (tmp_path / "endless").symlink_to("/dev/zero")
    with contextlib.chdir(tmp_path), socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")  # whose names are short
    names = ("pipe", "loop", "inside", "endless", "socket", "nothing", "name\0null")
    return [str(tmp_path / name) for name in (*names, "n" * 300)] + ["https://a.example/c.wav"]


def refused(said):
    assert said.code == 2, said.err
    assert "internal" not in said.err
    assert said.err.splitlines()[-1].startswith("estilo: error: ")
    assert not STEERING.search(said.err.replace("\n", ""))


INPUTS = {
    "content": "transfer {odd} {dir}/style.wav -o {dir}/o.wav",
    "style": "transfer {dir}/content.wav --style {odd} -o {dir}/o.wav",
    "style in ranges": "transfer {dir}/content.wav --style {odd}@0s-0.5s -o {dir}/o.wav",
    "mask": "transfer {dir}/content.wav {dir}/style.wav --mask {odd} -o {dir}/o.wav",
    "preset": "transfer {dir}/content.wav {dir}/style.wav --preset {odd}.toml -o {dir}/o.wav",
    "notes": "transfer {odd}.mid {dir}/style.wav -o {dir}/o.wav",
    "weights": "export --weights {odd} -o {dir}/o.onnx",
    "style file": "style show {odd}",
    "recipe": "rerun {odd} -o {dir}/o.wav",
    "recordings of a recipe": "plot {odd}.json",
    "training": "train {odd} -o {dir}/trained",
    "dataset": "train --fine-tune {odd} -o {dir}/trained",
    "listening": "listen {odd}",
}


@pytest.mark.parametrize("command", INPUTS.values(), ids=list(INPUTS))
def test_no_input_is_waited_for_or_read_without_end(run, folder, odd, listing, command):
    before = listing()
    for path in odd:
        typed = command.split()
        for ending in (".toml", ".mid", ".json"):
            if f"{{odd}}{ending}" in typed and os.path.lexists(path.partition("\0")[0]):
                Path(path + ending).symlink_to(path)
        refused(run(*(each.format(odd=path, dir=folder) for each in typed)))
    assert listing() == before


OUTPUTS = {
    "audio": "transfer {dir}/content.wav {dir}/style.wav -o {odd}.wav --force --engine eq",
    "recipe": "texture {dir}/style.wav --seconds 1 -o {beside}.wav --force",
    "picture": "plot {dir}/content.wav -o {odd}.png --force",
    "notes": "notes {dir}/content.wav -o {odd}.mid --force",
    "instrument": "instrument {dir}/content.wav -o {odd}.sfz --force",
    "style file": "style make {dir}/content.wav -o {odd}.estilo-style --force",
    "network": "export -o {odd}.onnx --force",
}


@pytest.mark.parametrize("command", OUTPUTS.values(), ids=list(OUTPUTS))
def test_no_output_takes_the_place_of_what_is_no_plain_file(run, folder, command):
    for kind in ("pipe", "loop", "device", "folder"):
        ending = re.search(r"\{(?:odd|beside)\}(\.[a-z-]+)", command)[1]
        ending += ".json" if "{beside}" in command else ""
        target = folder / f"{kind}{ending}"
        if kind == "pipe":
            os.mkfifo(target)
        elif kind == "folder":
            target.mkdir()
        else:
            target.symlink_to(target if kind == "loop" else "/dev/null")
        before = os.lstat(target)
        typed = command.format(dir=folder, odd=folder / kind, beside=folder / kind).split()
        refused(run(*typed))
        assert os.path.samestat(os.lstat(target), before)


def test_names_do_not_steer_the_terminal(run, transfer, folder, monkeypatch):
    monkeypatch.chdir(folder)
    for command in (
        f"transfer {EVIL}.wav style.wav -o o.wav",
        f"transfer content.wav style.wav -o {EVIL}",
        f"transfer content.wav style.wav -o o.wav --engine {EVIL}",
        f"transfer content.wav style.wav -o o.wav --set {EVIL}=1",
        f"transfer content.wav style.wav -o o.wav --{EVIL}",
        f"transfer content.wav style.wav -o o.wav --mask {EVIL}",
        f"completion {EVIL}",
        EVIL,
    ):
        refused(run(*command.split()))
    (folder / "style.wav").rename(folder / f"{EVIL}\nerror: x.wav")
    options = ("--engine", "eq", "--no-scores")
    said = run("transfer", "content.wav", f"{EVIL}\nerror: x.wav", "-o", "o.wav", *options)
    assert said.code == 0
    assert not STEERING.search(said.err)
    assert "\nerror" not in said.err
    said = run("describe", f"{EVIL}\nerror: x.wav")
    assert not STEERING.search(said.out)


def test_many_ranges_are_ranges_and_no_name(run, folder):
    ranges = ",".join(f"0.{step:02d}s-0.{step + 1:02d}s" for step in range(0, 60, 3))
    files = [folder / "content.wav", "--style", f"{folder / 'style.wav'}@{ranges}"]
    said = run("transfer", *files, "-o", folder / "o.wav", "--engine", "eq", "--no-scores")
    assert said.code == 0, said.err
    files[-1] = f"{folder / 'style.wav'}@{ranges},nonsense"
    refused(run("transfer", *files, "-o", folder / "p.wav"))
    refused(run("transfer", *files[:2], "s.wav@" + "9" * 5000 + "s-", "-o", folder / "p.wav"))
    song = f"{folder / 'song.mid'}@tracks=0-999999999999"
    refused(run("transfer", song, folder / "style.wav", "-o", folder / "p.wav"))


FIELDS = (
    *("seed", "engine", "self", "cls", "mask", "scores", "settings", "content", "styles", "plan"),
    *("preset", "job", "match", "mix", "on", "refine", "formants", "raw", "device", "threads"),
    *("feature_network", "keep_best", "model_config", "__class__"),
)
NUMBERS = ("nan", "inf", "-inf", "1e999", "9" * 5000, "[NaN]", "[" * 100_000, '{"a":1,"a":2}')


def test_settings_and_numbers_that_are_none(run, folder):
    files = ("transfer", folder / "content.wav", folder / "style.wav", "-o", folder / "o.wav")
    for name in FIELDS:
        refused(run(*files, "--set", f"{name}=1"))
    for number in NUMBERS:
        for name in ("strength", "n_steps"):
            refused(run(*files, "--set", f"{name}={number}"))
        for option in ("--mix", "--seed", "--offset", "--duration", "--style-weight"):
            refused(run(*files, option, number))
    refused(run(*files, "--offset", "1e308"))
    refused(run(*files, "--style-weight", "0"))


HEAD = 'summary = "x"\n'
PRESETS = {
    "no summary": "",
    "numbers of many digits": HEAD + f"[settings]\nn_steps = {'9' * 5000}",
    "no number": HEAD + "[settings]\nn_steps = nan",
    "an infinite number": HEAD + "refine = inf",
    "deep": HEAD + f"a = {'[' * 5000}{']' * 5000}",
    "a name of many parts": HEAD + f"{'.'.join('a' * 30_000)} = 1",
    "a name twice": HEAD + HEAD,
    "an engine that is a number": HEAD + "engine = 1",
    "a name that steers": HEAD + '["\\u001b[31m"]',
    "a date": HEAD + "[settings]\nn_steps = 1979-05-27",
    "no text": b"\xff\xfe\x00",
    "endless": b"#" * 2**20,
    **{f"the setting {name}": HEAD + f"[settings]\n{name} = 1" for name in FIELDS},
}


def test_presets_that_are_none(run, folder):
    path = folder / "mine.toml"
    files = (folder / "content.wav", folder / "style.wav", "-o", folder / "o.wav")
    for document in PRESETS.values():
        path.write_bytes(document if isinstance(document, bytes) else document.encode())
        refused(run("transfer", *files, "--preset", path))
    path.write_bytes(b"\xef\xbb\xbf" + f'{HEAD}engine = "eq"'.encode())  # as Windows saves it
    assert run("transfer", *files, "--preset", path, "--no-scores").code == 0


VALUES = (
    *(None, True, -1, 0, 1e308, 10**18, "", "\0", EVIL, "x" * 10_000, [], {}, [[]], {"a": {}}),
    *(float("nan"), float("inf"), "../../../etc/passwd", "/dev/zero", "texture"),
)


def places(value, above=()):
    """The ways to everything in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in inner:
        yield (*above, key)
        if isinstance(each, dict | list):
            yield from places(each, (*above, key))


def test_recipes_that_somebody_changed(run, transfer, folder):
    """Every value of a recipe with another one in its place: done or refused, and no other way."""
    drawn = random.Random(0)
    options = ("--engine", "crossfade", "--no-scores", "--threads", 1)
    assert transfer(*options, steps=()).code == 0
    good = (folder / "out.wav.json").read_text()
    recipe = folder / "r.wav.json"
    for way in places(json.loads(good)):
        report = place = json.loads(good)
        for key in way[:-1]:
            place = place[key]
        place[way[-1]] = drawn.choice(VALUES)
        recipe.write_text(json.dumps(report))
        said = run("rerun", recipe, "-o", folder / "again.wav", "--force")
        if said.code:
            refused(said)
    end = good.rstrip()[:-1]
    for text in (
        "[" * 100_000,
        '{"a":' * 100_000,
        end + ', "job": "texture"}',
        end + f', "x": 1{"0" * 5000}}}',
        good.replace('"seed": 0', '"seed": 1e999'),
        good.replace('"job": "transfer"', '"job": "texture"'),
        good.replace("content.wav", "content\\u0000.wav"),
        good[:100],
        "null",
        good + " " * 2**24,
    ):
        recipe.write_text(text)
        refused(run("rerun", recipe, "-o", folder / "again.wav", "--force"))


def test_without_a_folder_or_characters_beyond_ascii(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    code = "import os, sys; os.chdir(sys.argv.pop(1)); os.rmdir(os.getcwd()); "
    code += "from estilo.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, gone, "describe", "x.wav"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (
        2,
        "estilo: error: the folder that you are in does not exist any more; change to another "
        "one\n",
    )
    plain = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-m", "estilo", "list", "presets"]
    said = subprocess.run(command, capture_output=True, env=plain, check=False)
    assert said.returncode == 0, said.stderr
    said.stdout.decode("ascii")
    command = [*command[:3], "describe", "n\u00e9\u2212.wav"]
    said = subprocess.run(command, capture_output=True, env=plain, check=False)
    assert said.returncode == 2
    assert said.stderr.startswith(b"estilo: error: n")
