from collections import Counter

import numpy as np
import pytest

from estilo.datasets.instruments.library import write_library
from estilo.errors import InputError
from estilo.evaluation.sets.processing import Processing
from estilo.synthesis.effects import KINDS, process


@pytest.mark.usefixtures("instruments", "cache")
@pytest.mark.parametrize("number", range(len(KINDS)))
def test_the_target_is_the_content_through_the_chain_of_the_style(number):
    name = Processing().names(len(KINDS))[number]
    item = Processing().load(name)
    expected = process(item.content.samples[0], Processing().chain(name), 44_100)
    found = item.target.samples[0]

    assert item.group == list(KINDS)[number]
    assert np.corrcoef(expected, found)[0, 1] > 1.0 - 1e-6
    for audio in (item.content, item.style, item.target):
        assert (audio.n_channels, audio.sample_rate, audio.duration_s) == (1, 44_100, 8.0)
        assert np.abs(audio.samples).max() <= 0.951
        assert 0.02 < np.sqrt(np.mean(audio.samples**2)) <= 0.1001
    played, other = Processing().phrases(name)
    assert {note.start_s for note in played} != {note.start_s for note in other}


@pytest.mark.usefixtures("instruments", "cache")
def test_kinds_and_instruments_take_turns():
    drawn = [name.split("-", 2)[::2] for name in Processing().names(72)]
    for side in (0, 1):
        times = Counter(each[side] for each in drawn)
        assert max(times.values()) == min(times.values())
    assert set(Counter(map(tuple, drawn)).values()) == {4}


@pytest.mark.usefixtures("instruments")
def test_equal_files_in_two_caches(monkeypatch, tmp_path):
    made = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        monkeypatch.setenv("ESTILO_CACHE", str(folder))
        Processing().load(Processing().names(2)[1])
        made.append({path.name: path.read_bytes() for path in folder.rglob("*.*")})
    assert made[0] == made[1]
    assert len(made[0]) == 5


@pytest.mark.usefixtures("cache")
def test_without_an_instrument_it_says_what_it_needs(instruments):
    folder, notes = instruments
    write_library(folder, [note for note in notes if note.midi_pitch < 66])
    with pytest.raises(InputError, match=r"no instrument of .* has 9 semitones in a row"):
        Processing().names()
    write_library(folder, [note for note in notes if note.split == "test"])
    with pytest.raises(InputError, match=r"holds 0 instruments, and the set needs 1"):
        Processing().names()
