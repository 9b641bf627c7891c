import re
from itertools import pairwise

import numpy as np
import pytest
from optional_programs import missing, pretend

from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.errors import InputError, SettingsError
from estilo.evaluation.sets import TEST_SETS, real, textures
from estilo.evaluation.sets.real import RECORDINGS, RealPairs
from estilo.evaluation.sets.synthetic import SyntheticTriplets
from estilo.evaluation.sets.textures import Textures
from estilo.io import save
from estilo.metrics import METRICS
from estilo.synthesis.textures import TEXTURES


@pytest.fixture
def recordings(monkeypatch, tmp_path, rng):
    """A folder with short recordings under the names of the set's own."""
    folder = tmp_path / "audio"
    folder.mkdir()
    for name in RECORDINGS:
        save(Audio(0.1 * rng.standard_normal((2, 3000)), 8000), folder / name)
    monkeypatch.setenv("ESTILO_AUDIO", str(folder))
    return folder


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    monkeypatch.setenv("ESTILO_AUDIO", str(tmp_path / "nowhere"))


@pytest.mark.usefixtures("recordings", "instruments", "cache")
@pytest.mark.parametrize("name", TEST_SETS)
def test_fewer_items_are_the_first_ones(name):
    chosen = TEST_SETS[name]()
    every = chosen.names()
    assert len(set(every)) == len(every)
    assert chosen.names(5) == every[:5]
    for n in (0, 5000):
        with pytest.raises(SettingsError, match=rf"got( n =)? {n}"):
            chosen.names(n)


@pytest.mark.needs_fluidsynth
def test_triplets_are_equal_files_in_two_caches(monkeypatch, tmp_path):
    made = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        monkeypatch.setenv("ESTILO_CACHE", str(folder))
        item = SyntheticTriplets().load("poly-0001")
        files = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.flac")}
        assert len(files) == 3
        made.append((files, item))
    assert made[0][0] == made[1][0]
    for role in ("content", "style", "target"):
        one, two = (getattr(item, role).samples for _, item in made)
        np.testing.assert_array_equal(one, two)


@pytest.mark.needs_fluidsynth
@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("name", ["mono-0000", "poly-0001"])
def test_a_triplet_is_what_it_says(name):
    item = SyntheticTriplets().load(name)
    assert (item.name, item.group) == (name, name[:4])
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


@pytest.mark.needs_fluidsynth
@pytest.mark.usefixtures("cache")
def test_another_seed_is_another_set():
    one, two = (SyntheticTriplets(seed=seed).load("mono-0000") for seed in (0, 1))
    assert not np.array_equal(one.content.samples, two.content.samples)


PROGRAMS = [(), ("fluidsynth",), ("soundfont",), ("fluidsynth", "soundfont")]


@pytest.mark.parametrize("has_recordings", [False, True])
@pytest.mark.parametrize("present", PROGRAMS)
def test_each_set_needs_its_own_parts_and_no_others(
    monkeypatch, tmp_path, cache, recordings, present, has_recordings
):
    pretend(monkeypatch, tmp_path / "programs", "mido", *present)
    if not has_recordings:
        monkeypatch.setenv("ESTILO_AUDIO", str(tmp_path / "nowhere"))
    if len(present) == 2:
        assert SyntheticTriplets().load("mono-0000").target.duration_s == 8.0
    else:
        with pytest.raises(InputError, match=re.escape(missing("mido", *present)) + "$"):
            SyntheticTriplets().load("mono-0000")
        assert not list(cache.rglob("*.flac"))
    assert Textures().names()[-1] == list(TEXTURES)[-1]
    if has_recordings:
        assert RealPairs().load(RealPairs().names()[0]).target is None
    else:
        with pytest.raises(InputError, match=r"no folder .*nowhere.*ESTILO_AUDIO"):
            RealPairs().names()


def test_real_pairs_are_all_ordered_pairs(recordings):
    pairs = [tuple(name.split("--")) for name in RealPairs().names()]
    assert len(pairs) == 132
    assert all(content != style for content, style in pairs)
    stems = {name.rpartition(".")[0] for name in RECORDINGS}
    assert {content for content, _ in pairs} == {style for _, style in pairs} == stems
    # A few of them are already varied.
    assert len({content for content, _ in pairs[:8]}) >= 5


def test_a_real_pair(recordings, rng):
    long = rng.uniform(-0.5, 0.5, (2, 9 * 8000))
    save(Audio(long, 8000), recordings / "rain.wav", bit_depth="float", force=True)
    item = RealPairs().load("rain--piano")
    assert (item.group, item.target) == ("real", None)
    assert item.content.duration_s == 8.0
    expected = long.mean(0)[None, : 8 * 8000]
    np.testing.assert_allclose(item.content.samples, expected, atol=1e-6)
    assert (item.style.n_channels, item.style.n_samples) == (1, 3000)


@pytest.mark.usefixtures("nowhere")
def test_real_pairs_say_where_they_look():
    with pytest.raises(InputError, match=r"no folder .*nowhere.*ESTILO_AUDIO"):
        RealPairs().names()


def test_missing_recordings_are_all_named(recordings):
    (recordings / "piano.wav").unlink()
    (recordings / "rain.wav").unlink()
    for ask in (RealPairs().names, lambda: RealPairs().load("rain--piano")):
        with pytest.raises(
            InputError, match=r"missing in .*: (rain|piano)\.wav, (rain|piano)\.wav;"
        ):
            ask()
    with pytest.raises(InputError, match=r"missing in .*: piano\.wav;"):
        RealPairs().load("ocean--piano")


@pytest.mark.usefixtures("nowhere")
def test_generated_textures_need_no_recordings():
    assert Textures().names() == list(TEXTURES)


def test_recorded_textures_come_first(recordings):
    assert Textures().names()[:2] == ["rain", "ocean"]
    (recordings / "ocean.wav").unlink()
    assert Textures().names() == ["rain", *TEXTURES]


def test_both_halves_of_a_recording(recordings):
    item = Textures().load("rain")
    assert (item.content, item.group) == (None, "recorded")
    whole = real.read_recording("rain.wav").samples
    halves = np.concatenate([item.style.samples, item.target.samples], axis=1)
    np.testing.assert_array_equal(halves, whole)
    assert item.style.n_samples == item.target.n_samples


@pytest.mark.usefixtures("nowhere")
def test_generated_textures_are_equal_files_in_two_caches(monkeypatch, tmp_path):
    monkeypatch.setattr(textures, "DURATION_S", 2.0)
    files = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        monkeypatch.setenv("ESTILO_CACHE", str(folder))
        items = [Textures().load(name) for name in TEXTURES]
        files.append([path.read_bytes() for path in sorted(folder.rglob("*.flac"))])
    assert files[0] == files[1]
    assert len(set(files[0])) == len(TEXTURES)
    for item in items:
        assert (item.group, item.style.duration_s, item.target.duration_s) == ("generated", 1, 1)
        assert not np.array_equal(item.style.samples, item.target.samples)


def test_melodies_are_melodies(monkeypatch, rng):
    """No two notes of a mono item overlap; those of a poly item do."""
    heard = {}

    def listen(self, name, notes, program):
        heard[name] = sorted(notes)
        return Audio([0.0], 8000)

    monkeypatch.setattr(SyntheticTriplets, "_audio", listen)
    for name in SyntheticTriplets().names(20):
        SyntheticTriplets().load(name)
    assert len(heard) == 60
    for name, notes in heard.items():
        overlaps = [a.start_s + a.duration_s > b.start_s + 1e-9 for a, b in pairwise(notes)]
        assert any(overlaps) == name.startswith("poly")
    for name in SyntheticTriplets().names(20):
        assert heard[f"{name}-target"] == heard[f"{name}-content"] != heard[f"{name}-style"]
