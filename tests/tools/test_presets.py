"""The tool that renders presets; it is no part of the package."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from estilo.datasets.instruments.checks import checked
from estilo.datasets.instruments.takes import SAMPLE_RATE, TAIL_S
from estilo.errors import InputError

FILE = Path(__file__).parents[2] / "tools" / "presets" / "render.py"

BANK = """amSynth
<preset> <name> one
<parameter> amp_attack 0.5
<parameter> reverb_wet 1
<preset> <name> another
<parameter> amp_attack 0.25
<parameter> reverb_wet 0
<preset> <name> the first again, in a larger room
<parameter> amp_attack 0.5
<parameter> reverb_wet 0.5
EOF
"""
TURTLE = '''
<http://zynaddsubfx.sourceforge.net#preset_Two%20Banks_0007-Bass%201>
    state:state [
        <urn:distrho:state>
"""
<?xml version="1.0"?> <PART/>
"""
    ] .
'''
# Plays the number of the note on the left and nothing on the right.
HOST = """
import array, json, sys
request = json.load(sys.stdin)
for number, (pitch, velocity, held_s) in enumerate(request["notes"], 1):
    n = round((held_s + request["tail_s"]) * request["rate"])
    sys.stdout.buffer.write(array.array("f", [number] * n + [0] * n).tobytes())
"""


@pytest.fixture
def tool(monkeypatch):
    spec = importlib.util.spec_from_file_location("presets_render", FILE)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def hosted(tool, tmp_path, monkeypatch):
    """A preset whose program is the test's own."""

    def make(program):
        (tmp_path / "host.py").write_text(program)
        monkeypatch.setattr(tool, "HERE", tmp_path)
        return tool.Preset("one", "a test", "host.py", "{}")

    return make


def test_equal_presets_of_amsynth_are_taken_once_and_dry(tool, tmp_path, monkeypatch):
    (tmp_path / "A.amSynth.bank").write_text(BANK)
    (tmp_path / "B.bank").write_text(BANK)
    monkeypatch.setattr(tool, "BANKS", tmp_path)
    presets = tool.amsynth(None)
    assert [preset.name for preset in presets] == ["amsynth-A-000", "amsynth-A-001"]
    assert presets[0].request == '{"controls": {"amp_attack": 0.5, "reverb_wet": 0.0}}'
    assert tool.amsynth(1) == presets[:1]


def test_presets_of_zyn_are_read_from_turtle(tool, tmp_path, monkeypatch):
    (tmp_path / "Two Banks.ttl").write_text(TURTLE)
    monkeypatch.setattr(tool, "PRESETS", tmp_path)
    (preset,) = tool.zyn(None)
    assert preset.name == "zyn-Two-Banks-0007"
    assert "<PART/>" in preset.request


def test_samples_come_note_by_note_and_are_mixed_to_mono(hosted):
    takes = hosted(HOST).play()
    assert len(takes) == 12
    for number, take in enumerate(takes, 1):
        assert len(take.samples) == round((take.key.held_s + TAIL_S) * SAMPLE_RATE)
        assert set(take.samples.tolist()) == {number / 2}


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("raise SystemExit(3)", "failed with status 3"),
        ("import os; os.kill(os.getpid(), 11)", "failed with status -11"),
        ("import time; time.sleep(60)", "took more than 1 s"),
        ("print('abcde')", "gave 1 values instead of"),
    ],
)
def test_a_program_that_fails_harms_one_preset_only(tool, hosted, monkeypatch, program, words):
    monkeypatch.setattr(tool, "TIMEOUT_S", 1)
    with pytest.raises(InputError, match=words):
        hosted(program).play()


@pytest.mark.needs_synthesisers
@pytest.mark.parametrize("name", ["amsynth", "zyn"])
def test_a_preset_sounds_at_its_pitch(tool, name):
    preset = tool.SYNTHESISERS[name](None)[0]
    takes = preset.play()
    assert len(takes) == 12
    good, _ = checked(name, takes)
    assert len(good) >= 9
    if name == "amsynth":
        again = replace(preset).play()
        for one, other in zip(takes, again, strict=True):
            np.testing.assert_array_equal(one.samples, other.samples)
