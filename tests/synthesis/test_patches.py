"""Every family of instruments, over random settings: what training relies on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estilo.errors import InputError, SettingsError
from estilo.synthesis.notes import Note, random_phrase
from estilo.synthesis.patches import FAMILIES, random_patch, render

RATE = 22_050


def _played(notes, *, family, seed, duration_s=1.5, sample_rate=RATE):
    rng = np.random.default_rng(seed)
    patch = random_patch(rng, family=family)
    return render(notes, patch, sample_rate=sample_rate, duration_s=duration_s, rng=rng)


@pytest.mark.parametrize("family", FAMILIES)
@given(
    seed=st.integers(0, 2**32 - 1),
    pitch=st.floats(24.0, 96.0),
    velocity=st.floats(0.05, 1.0),
    duration_s=st.floats(0.01, 0.8),
    sample_rate=st.sampled_from((8000, 22_050)),
)
@settings(max_examples=15, deadline=None, derandomize=True)
def test_any_note_on_any_patch_is_sound_and_never_clips(
    family, seed, pitch, velocity, duration_s, sample_rate
):
    note = Note(0.1, duration_s, pitch, velocity)
    waveform = _played([note], family=family, seed=seed, duration_s=1.0, sample_rate=sample_rate)

    assert waveform.dtype == np.float32
    assert waveform.shape == (sample_rate,)
    assert np.isfinite(waveform).all()
    assert 0.0 < np.abs(waveform).max() <= 0.9 + 1e-6


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_sound(family):
    phrase = random_phrase(np.random.default_rng(0), duration_s=1.5, is_polyphonic=True)

    first, again, other = (_played(phrase, family=family, seed=seed) for seed in (7, 7, 8))

    assert first.tobytes() == again.tobytes()
    assert not np.allclose(first, other)


@pytest.mark.parametrize("family", FAMILIES)
def test_notes_begin_at_their_sample_on_every_patch(family):
    """Exact silence before it, sound soon after: two patches make an aligned pair."""
    start = round(0.3 * RATE)
    for seed in range(8):
        waveform = _played([Note(0.3, 0.5, 62.0, 0.8)], family=family, seed=seed)

        assert not waveform[:start].any()
        assert np.abs(waveform[start : start + round(0.03 * RATE)]).max() > 1e-4


@pytest.mark.parametrize("family", FAMILIES)
def test_notes_end_by_themselves(family):
    """A note's last samples fade: cutting releases off would click."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        patch = random_patch(rng, family=family)
        sound = patch.play(Note(0.0, 0.2, 57.0, 0.9), sample_rate=RATE, rng=rng)

        assert np.abs(sound[-3:]).max() < 0.02 * np.abs(sound).max()


@pytest.mark.parametrize("family", FAMILIES)
def test_harder_is_louder(family):
    for seed in range(4):
        patch = random_patch(np.random.default_rng(seed), family=family)
        levels = [
            np.square(
                patch.play(
                    Note(0.0, 0.3, 60.0, velocity),
                    sample_rate=RATE,
                    rng=np.random.default_rng(seed),
                )
            ).max()
            for velocity in (0.3, 0.6, 1.0)
        ]
        assert levels == sorted(levels)


def test_brightness_follows_velocity():
    """Over many patches, the spectral centroid of hard notes lies above that of soft ones."""
    ratios = []
    for seed in range(30):
        patch = random_patch(np.random.default_rng(seed), family="plucked")
        soft, hard = (
            _centroid_hz(
                patch.play(
                    Note(0.0, 0.3, 50.0, v), sample_rate=RATE, rng=np.random.default_rng(seed)
                )
            )
            for v in (0.2, 1.0)
        )
        ratios.append(hard / soft)
    assert np.mean(np.log(ratios)) > 0.1


def test_random_patches_draw_from_every_family(rng):
    kinds = {type(random_patch(rng)) for _ in range(150)}

    assert kinds == {FAMILIES[name] for name in FAMILIES}


def test_instruments_lie_far_apart():
    """Spectral centroids of one note on many patches spread over more than three octaves."""
    note = Note(0.0, 0.5, 55.0, 0.8)
    centroids = [
        _centroid_hz(_played([note], family=None, seed=seed, duration_s=0.7)) for seed in range(60)
    ]
    low, high = np.percentile(centroids, (5.0, 95.0))
    assert np.log2(high / low) > 3.0


def test_levels_are_those_of_a_recording(rng):
    phrase = random_phrase(rng, duration_s=3.0, is_polyphonic=True)
    for seed in range(10):
        waveform = _played(phrase, family=None, seed=seed, duration_s=3.0)
        assert 0.02 < np.sqrt(np.mean(np.square(waveform))) < 0.1001


def test_no_notes_is_silence(rng):
    silent = render([], random_patch(rng), sample_rate=8000, duration_s=0.5, rng=rng)

    assert silent.shape == (4000,)
    assert not silent.any()


def test_notes_after_the_end_are_left_out(rng):
    late = [Note(2.0, 1.0, 60.0, 1.0)]

    assert not render(late, random_patch(rng), sample_rate=8000, duration_s=0.5, rng=rng).any()


def test_notes_that_cannot_be_played_are_refused(rng):
    patch = random_patch(rng)
    options = {"sample_rate": 8000, "duration_s": 0.5, "rng": rng}
    with pytest.raises(InputError, match=r"starts at -0\.1 s"):
        render([Note(-0.1, 1.0, 60.0, 1.0)], patch, **options)
    with pytest.raises(InputError, match="too high for 8000 Hz"):
        render([Note(0.0, 1.0, 120.0, 1.0)], patch, **options)
    with pytest.raises(InputError, match="at least one sample"):
        render([], patch, sample_rate=8000, duration_s=0.0, rng=rng)


def test_an_unknown_family_is_refused(rng):
    with pytest.raises(SettingsError, match="did you mean 'plucked'"):
        random_patch(rng, family="pluckd")


def _centroid_hz(waveform):
    power = np.abs(np.fft.rfft(waveform)) ** 2
    return (power * np.fft.rfftfreq(len(waveform), 1.0 / RATE)).sum() / power.sum()
