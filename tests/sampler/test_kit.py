"""Kits of drums that are known, and hits played on them."""

import pytest
from drum_beats import PATTERN, beat
from sampled import RATE, level_db

from estilo.analysis.transcription.heard import Transcription
from estilo.audio import Audio
from estilo.errors import InputError
from estilo.sampler.hits import cut_hits
from estilo.sampler.kit import Kit, classify, play_hits


def test_classes_are_drums(rng):
    names = classify([*cut_hits(*beat(rng))])
    assert names.tolist() == ["ksh".index(kind) for kind in PATTERN]


def test_each_drum_is_played_by_its_like(rng):
    kit = Kit.of(*([each] for each in beat(rng, pitch=1.5)))
    content = [*cut_hits(*beat(rng))]
    played = play_hits(content, kit, sample_rate=RATE, duration_s=4.0)
    by = [kit.classes[number] for number in played.zones]
    assert by == ["ksh".index(kind) for kind in PATTERN]
    for one, other, kind, after in zip(
        played.zones, played.zones[1:], PATTERN, PATTERN[1:], strict=False
    ):
        assert kind != after or one != other


def test_hits_keep_their_times_and_levels(rng):
    recording, heard = beat(rng)
    kit = Kit.of([recording], [heard])
    content = [*cut_hits(recording, heard)]
    sound = play_hits(content, kit, sample_rate=RATE, duration_s=4.0).audio.samples[0]
    again = [*cut_hits(Audio(sound, RATE), heard)]
    for one, other in zip(content, again, strict=True):
        assert other.start_s == pytest.approx(one.start_s, abs=0.001)
        assert other.level_db == pytest.approx(one.level_db, abs=1.0)
    pause = sound[round(0.12 * RATE) : round(0.14 * RATE)]
    assert level_db(pause) < -100.0


def test_a_kit_of_one_drum_plays_everything(rng):
    recording, heard = beat(rng)
    kit = Kit.of([recording], [Transcription(hits=heard.hits[:1])])
    played = play_hits([*cut_hits(recording, heard)], kit, sample_rate=RATE, duration_s=4.0)
    assert set(played.zones) == {0}


def test_nothing_to_play_is_silence_and_no_hits_are_no_kit(rng):
    recording, heard = beat(rng)
    kit = Kit.of([recording], [heard])
    assert not play_hits([], kit, sample_rate=RATE, duration_s=1.0).audio.samples.any()
    with pytest.raises(InputError, match="no hit can be cut out"):
        Kit.of([recording], [Transcription()])
    with pytest.raises(InputError, match="a transcription of each"):
        Kit.of([recording], [])
    with pytest.raises(InputError, match="at least one sample"):
        play_hits([], kit, sample_rate=RATE, duration_s=0.0)


def test_classes_of_many_hits_are_those_of_some_of_them(rng, monkeypatch):
    monkeypatch.setattr("estilo.sampler.kit._MOST_COMPARED", 16)
    monkeypatch.setattr("estilo.sampler.kit._AT_ONCE", 5)
    names = classify([hit for _ in range(3) for hit in cut_hits(*beat(rng))])
    assert names.tolist() == 3 * ["ksh".index(kind) for kind in PATTERN]
