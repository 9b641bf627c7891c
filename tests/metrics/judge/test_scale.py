import math

import numpy as np
import pytest

from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.evaluation.controls import with_noise_bed
from estilo.metrics.judge import scale
from estilo.metrics.judge.judging import timbre_judge
from estilo.synthesis.notes import random_phrase
from estilo.synthesis.patches import random_patch, render

RATE = 44_100


def phrase(patch_seed, phrase_seed, *, seconds=6.0):
    rng = np.random.default_rng(phrase_seed)
    notes = random_phrase(rng, duration_s=seconds, is_polyphonic=False, low=55, high=75)
    patch = random_patch(np.random.default_rng(patch_seed))
    return Sound(render(notes, patch, sample_rate=RATE, duration_s=seconds, rng=rng), RATE)


@pytest.fixture(scope="module")
def pair():
    """Content, style and another phrase of the style, by instruments that are far apart."""
    clips = phrase(1, 10), phrase(2, 11), phrase(2, 12)
    assert timbre_judge(clips[0], clips[1]) > 0.5
    return clips


def test_the_ends_of_the_scale(pair):
    content, style, another = pair
    assert scale.taken(content, content, style).share == pytest.approx(0.0, abs=1e-6)
    of = scale.taken(another, content, style)
    assert of.why == ""
    assert 0.7 < of.share < 1.3
    assert of.low < of.share < of.high
    # The style itself is nearer than another phrase of it would be, and nothing is clipped.
    assert scale.taken(style, content, style).share > 1.0
    third = phrase(6, 13)
    assert scale.taken(third, content, style).share < 0.5


def test_what_is_alike_has_no_percentage(pair):
    content, style, another = pair
    of = scale.taken(content, another, style)
    assert of.why == "already alike"
    assert math.isnan(of.share)


@pytest.mark.parametrize("seconds", [0.0, 1.0, 2.5])
def test_a_short_style_is_too_little(pair, seconds):
    content, style, another = pair
    short = Sound(style.audio.samples[:, : round(seconds * RATE)], RATE)
    assert scale.taken(another, content, short).why == "too little to judge"


def test_a_short_output_is_too_little_and_silence_is_said(pair):
    content, style, another = pair
    for seconds, why in ((0.0, "the output is silent"), (0.5, "too little to judge"), (2.0, "")):
        output = Sound(another.audio.samples[:, : round(seconds * RATE)], RATE)
        assert scale.taken(output, content, style).why == why
    silence = Sound(np.zeros(RATE), RATE)
    assert scale.taken(silence, content, style).why == "the output is silent"
    assert scale.taken(another, silence, style).why == "the content is silent"


def test_what_cancels_in_mono_is_judged(pair):
    content, style, another = (each.audio.samples for each in pair)
    apart = [Sound(np.concatenate([each, -each]), RATE) for each in (another, content, style)]
    expected = scale.taken(pair[2], pair[0], pair[1])
    assert scale.taken(apart[0], pair[0], pair[1]).share == pytest.approx(expected.share, abs=0.02)
    assert scale.taken(pair[2], apart[1], pair[1]).share == pytest.approx(expected.share, abs=0.1)
    assert scale.taken(pair[2], pair[0], apart[2]).why == ""


def test_one_long_note_is_too_little(pair):
    time_s = np.arange(6 * RATE) / RATE
    note = Sound(0.1 * np.sign(np.sin(2 * np.pi * 220 * time_s)) * np.exp(-time_s), RATE)
    assert scale.taken(pair[1], pair[0], note).why == "too little to judge"


def test_noise_needs_no_notes(pair, rng):
    hiss = Sound(0.1 * rng.normal(size=5 * RATE), RATE)
    assert scale.is_enough(hiss)
    assert scale.taken(hiss, pair[0], hiss).share > 0.9


def test_pauses_do_not_make_a_style_longer():
    time_s = np.arange(RATE) / RATE
    second = np.sin(2 * np.pi * 300 * time_s)
    sound = Sound(np.concatenate([second, np.zeros(5 * RATE), second]), RATE)
    assert scale.sounding_s(sound) == pytest.approx(2.0, abs=0.15)


def test_the_median_pitch_is_that_of_the_notes():
    time_s = np.arange(3 * RATE) / RATE
    notes = [220.0, 261.63, 440.0]  # 57, 60, 69
    wave = np.concatenate(
        [sum(np.sin(2 * np.pi * k * f * time_s) / k for k in range(1, 8)) for f in notes]
    )
    assert scale.median_pitch(Sound(wave, RATE)) == pytest.approx(60, abs=1)
    assert scale.n_notes(Sound(wave, RATE)) >= 3


def test_the_table_is_read_between_its_places():
    at = [scale.same_source(length_s, gap).median for length_s, gap in ((4, 0), (4, 6), (4, 3))]
    assert at[2] == pytest.approx((at[0] + at[1]) / 2, rel=1e-5)
    assert scale.same_source(100.0, 90.0) == scale.same_source(16.0, 24.0)
    assert scale.same_source(0.0, 0.0) == scale.same_source(1.0, 0.0)


def test_another_source_is_further_away_than_the_same():
    for length_s in scale.LENGTHS_S[1:]:
        for gap in scale.GAPS_SEMITONES[:3]:
            own = scale.same_source(length_s, gap)
            assert own.low <= own.median <= own.high
            assert 2.0 * own.median < scale.other_sources(length_s, gap)


@pytest.mark.parametrize("level_db", [-30.0, -20.0])
def test_noise_of_the_style_buys_nothing_of_a_dense_one(level_db):
    rng = np.random.default_rng(0)
    content = phrase(1, 10)
    dense = sum(phrase(2, seed).audio.samples for seed in range(20, 26)) / 3.0
    bed = with_noise_bed(content.audio, Audio(dense, RATE), level_db=level_db, rng=rng)
    share = scale.taken(Sound.of(bed), content, Sound(dense, RATE)).share
    assert share < 0.05


def test_noise_counts_where_it_is_the_style(pair, rng):
    content, *_ = pair
    hiss = Sound(0.1 * rng.normal(size=5 * RATE), RATE)
    noisy = Sound(content.audio.samples + 0.1 * rng.normal(size=content.audio.n_samples), RATE)
    assert scale.taken(noisy, content, hiss).share > 0.2
