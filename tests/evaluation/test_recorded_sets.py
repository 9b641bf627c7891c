from collections import Counter

import numpy as np
import pytest
from instrument_folder import PARTIALS, write_note

from estilo.analysis.sound import Sound
from estilo.datasets.instruments.library import by_instrument, write_library
from estilo.errors import InputError, SettingsError
from estilo.evaluation.makers import Ceiling
from estilo.evaluation.sets import TEST_SETS
from estilo.evaluation.sets.recorded import Recorded, RecordedDev, pairs, right_pitches
from estilo.metrics import METRICS

ROW = range(60, 72)


@pytest.fixture
def notes(instruments):
    return by_instrument(note for note in instruments[1] if note.split == "train")


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("number", [0, 1])
def test_a_triplet_is_what_it_says(instruments, number):
    name = RecordedDev().names(2)[number]
    item = RecordedDev().load(name)
    assert item.group == ("mono", "poly")[number]
    assert name.startswith(f"{item.group}-000{number}-")
    for audio in (item.content, item.style, item.target):
        assert (audio.n_channels, audio.sample_rate, audio.duration_s) == (1, 44_100, 8.0)
        assert np.abs(audio.samples).max() <= 0.951
        assert np.sqrt(np.mean(audio.samples**2)) <= 0.1001
    content, style, target = (Sound.of(a) for a in (item.content, item.style, item.target))
    # The notes of the target are the content's, its sound is the style's.
    for metric in (METRICS["onset_f1"], METRICS["chroma"]):
        assert metric.measure(target, content) > metric.measure(style, content) + 0.2
    timbre = METRICS["timbre_mfcc"].measure
    assert timbre(target, style) < timbre(content, style)


@pytest.mark.usefixtures("cache")
def test_the_halves_share_nothing(instruments):
    """Each is silenced in turn: the other one's phrases stay, and its own are gone."""
    folder, notes = instruments
    for kept, lost in ((Recorded(), "train"), (RecordedDev(), "test")):
        write_library(folder, [note for note in notes if note.split != lost])
        item = kept.load(kept.names(1)[0])
        assert np.abs(item.target.samples).max() > 0.05
        with pytest.raises(InputError, match=rf"the {lost} half .* holds 0 instruments"):
            (RecordedDev() if lost == "train" else Recorded()).names()


def test_equal_files_in_two_caches(instruments, monkeypatch, tmp_path):
    made = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        monkeypatch.setenv("ESTILO_CACHE", str(folder))
        Recorded().load(Recorded().names(2)[1])
        made.append({path.name: path.read_bytes() for path in folder.rglob("*.*")})
    assert made[0] == made[1]
    assert len(made[0]) == 4


def test_only_whole_and_right_pitches_are_played(instruments, notes):
    folder, _ = instruments
    flute = notes["flute"]
    assert right_pitches(folder, flute) == list(ROW)
    wrong = next(note for note in flute if note.midi_pitch == 64)
    write_note(folder, wrong, sounding=76, partials=PARTIALS["flute"])
    lacking = [note for note in flute if note.midi_pitch != 70 or note.velocity == 60]
    assert right_pitches(folder, lacking) == [60, 61, 62, 63, 65, 66, 67, 68, 69, 71]


@pytest.mark.usefixtures("cache")
def test_other_recordings_are_other_triplets(instruments):
    folder, notes = instruments
    name = RecordedDev().names(1)[0]
    before = RecordedDev().load(name).content
    write_library(folder, [note for note in notes if note.midi_pitch < 69])
    assert RecordedDev().names(1)[0] == name
    assert not np.array_equal(RecordedDev().load(name).content.samples, before.samples)


def test_pairs_are_of_two_kinds_with_enough_in_common():
    pitches = {"reed-a": ROW, "reed-b": ROW, "flute": ROW, "tuba": range(40, 68)}
    drawn = pairs(pitches, 100)
    assert set(drawn) == {("reed-a", "flute"), ("flute", "reed-a"), ("reed-b", "flute")} | {
        ("flute", "reed-b")
    }
    pitches["tuba"] = range(40, 69)  # nine in common
    assert len(set(pairs(pitches, 100))) == 10
    pitches["tuba"] = [each for each in range(40, 75) if each != 66]  # not in a row
    assert len(set(pairs(pitches, 100))) == 4
    with pytest.raises(InputError, match="no two instruments of reed-a, reed-b"):
        pairs({"reed-a": ROW, "reed-b": ROW}, 1)


def test_no_pair_comes_again_before_all_have_come():
    pitches = {f"{kind}-1": ROW for kind in ("a", "b", "c", "d", "e")}
    drawn = pairs(pitches, 60)  # of 20 pairs
    assert max(Counter(drawn).values()) == 3
    assert len(set(drawn[:20])) == len(set(drawn[20:40])) == 20
    # As a melody first, as chords the second time, or the other way round.
    assert set(drawn[:20:2]).isdisjoint(drawn[20:40:2])
    # Every instrument lends and takes equally often, at any time almost.
    for n in (10, 20, 40, 60):
        for side in (0, 1):
            times = Counter(pair[side] for pair in drawn[:n])
            assert max(times.values()) - min(times.values()) <= 1
    assert pairs(pitches, 13) == drawn[:13]


def test_without_instruments_it_says_where_it_looks(monkeypatch, tmp_path):
    monkeypatch.setenv("ESTILO_INSTRUMENTS", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="ESTILO_INSTRUMENTS"):
        TEST_SETS["recorded"]().names()
    with pytest.raises(SettingsError, match="1 to 2000 triplets, got 0"):
        TEST_SETS["recorded"]().names(0)


@pytest.mark.usefixtures("cache", "instruments")
def test_a_ceiling_is_nearer_to_the_target_than_the_content():
    triplets = RecordedDev()
    item = triplets.load(triplets.names(1)[0])
    assert item.content is not None
    assert item.target is not None
    best = Sound.of(Ceiling().make(item))
    content, target = Sound.of(item.content), Sound.of(item.target)
    assert best.audio.samples.shape == item.content.samples.shape
    for name in ("lsd", "timbre_mfcc"):
        measure = METRICS[name].measure
        assert measure(best, target) < 0.5 * measure(content, target)
