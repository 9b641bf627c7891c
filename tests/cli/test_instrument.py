import numpy as np
import pytest

import estilo


@pytest.fixture
def flute(folder):
    """Three notes of five partials, held for half a second each."""
    time_s = np.arange(40_000) / 16_000
    sound = np.zeros(len(time_s))
    for base_hz, start_s in ((220.0, 0.2), (329.63, 0.9), (440.0, 1.6)):
        since_s = time_s - start_s
        is_on = (since_s >= 0.0) & (since_s < 0.5)
        for order in range(1, 6):
            sound += 0.1 / order * is_on * np.sin(2 * np.pi * order * base_hz * since_s)
    estilo.save(estilo.Audio(sound[None], 16_000), folder / "flute.wav")
    return folder / "flute.wav"


def test_an_instrument_of_a_recording(run, flute, folder):
    said = run("instrument", flute, "-o", folder / "flute.sfz")
    assert said.code == 0, said.err
    assert said.out.splitlines() == [str(folder / "flute.sfz")]
    text = (folder / "flute.sfz").read_text()
    keys = {line.partition("pitch_keycenter=")[2].split()[0] for line in text.splitlines()[1:]}
    assert {"57", "64", "69"} <= keys
    assert len(list((folder / "flute samples").iterdir())) == text.count("<region>")
    again = run("instrument", flute, "-o", folder / "flute.sfz")
    assert again.code == 2
    assert "already exists" in again.err
    assert run("instrument", flute, "-o", folder / "flute.sfz", "--force").code == 0


def test_what_is_no_instrument(run, folder):
    estilo.save(estilo.Audio(np.zeros((1, 16_000)), 16_000), folder / "silence.wav")
    said = run("instrument", folder / "silence.wav", "-o", folder / "silence.sfz")
    assert said.code == 2
    assert "neither notes nor hits" in said.err
    assert "must end in .sfz" in run("instrument", folder / "silence.wav", "-o", "a.wav").err
