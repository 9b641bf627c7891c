"""A tune played on an instrument whose notes are known in every detail."""

import numpy as np
import pytest
import torch
from clips import rain, task
from scipy import signal

from estilo.engines.base import run
from estilo.engines.notes.attacks import attack_s
from estilo.engines.notes.engine import NotesEngine
from estilo.engines.notes.settings import NotesSettings

RATE = 16_000
TUNE = ((0.3, 1.2, 60), (1.4, 2.3, 64), (2.5, 3.6, 67))
BELL_DB_S = 30.0


def _tone(
    spans, *, seconds, n_partials=6, decay_db_s=0.0, slope=1.0, vibrato_cents=0.0, attack=0.008
):
    """Notes (start, end, pitch) of partials that fall by a slope, each fading by itself."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    out = np.zeros(len(time_s))
    for start_s, end_s, pitch in spans:
        hz = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
        age_s = np.maximum(time_s - start_s, 0.0)
        cents = vibrato_cents * np.sin(2 * np.pi * 5.0 * age_s)
        phase = 2 * np.pi * np.cumsum(hz * 2.0 ** (cents / 1200.0)) / RATE
        shape = 10.0 ** (-decay_db_s * age_s / 20.0) * (time_s >= start_s)
        shape *= np.clip(age_s / attack, 0, 1) * np.clip((end_s - time_s) / 0.03, 0, 1)
        out += 0.1 * shape * sum(np.sin(k * phase) / k**slope for k in range(1, n_partials + 1))
    return out.astype(np.float32)


def _organ(**more):
    return _tone(TUNE, seconds=4.0, slope=1.0, **more)


def _bells():
    """Bright notes that fade; none of them is in the tune."""
    spans = ((0.1, 1.9, 62), (2.0, 3.8, 66), (4.0, 5.8, 59), (6.0, 7.8, 69))
    return _tone(spans, seconds=8.0, n_partials=10, decay_db_s=BELL_DB_S, slope=0.3)


def _made(content, *styles, **settings):
    engine = NotesEngine(NotesSettings(**settings))
    output, state = run(engine, task(content, *styles, sample_rate=RATE))
    return output.numpy(), engine, state


def _levels_db(samples, hz, span):
    """Level of a partial over time, every 50 ms."""
    part = samples[round(span[0] * RATE) : round(span[1] * RATE)]
    t = np.arange(len(part)) / RATE
    low = signal.firwin(1601, 30.0, fs=RATE)
    shifted = np.abs(signal.fftconvolve(part * np.exp(-2j * np.pi * hz * t), low, mode="same"))
    return 20.0 * np.log10(shifted[1600:-800:800] + 1e-9)


def _hz(pitch):
    return 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)


def _slope_db_s(samples, hz, span):
    levels = _levels_db(samples, hz, span)
    return np.polyfit(0.05 * np.arange(len(levels)), levels, 1)[0]


@pytest.fixture(scope="module")
def played():
    return _made(_organ(), _bells(), expression=0.0)


def test_the_tune_is_played_on_bells(played):
    samples = played[0][0]
    for start_s, end_s, pitch in TUNE:
        part = samples[round((start_s + 0.1) * RATE) : round((end_s - 0.1) * RATE)]
        hz, power = signal.welch(part, RATE, nperseg=8192, nfft=1 << 16)
        loudest_hz = hz[np.argmax(power * (np.abs(hz - _hz(pitch)) < 30.0))]
        assert 1200.0 * abs(np.log2(loudest_hz / _hz(pitch))) < 10.0
        # In the bells the sixth partial is hardly weaker than the first; the organ has no tenth.
        levels = [power[np.abs(hz - k * _hz(pitch)) < 12.0].max() for k in (1, 6, 10)]
        relative_db = 10.0 * np.log10(np.array(levels[1:]) / levels[0])
        np.testing.assert_allclose(relative_db, -1.8 * np.log2([6, 10]), atol=4.0)
        assert _slope_db_s(samples, _hz(pitch), (start_s, end_s)) == pytest.approx(
            -BELL_DB_S, abs=6.0
        )


def test_notes_begin_when_they_did(played):
    envelope = np.abs(signal.hilbert(played[0][0]))
    for start_s, _, _ in TUNE:
        near = envelope[round((start_s - 0.05) * RATE) : round((start_s + 0.1) * RATE)]
        begins_s = start_s - 0.05 + np.argmax(near > 0.5 * near.max()) / RATE
        assert begins_s == pytest.approx(start_s + 0.004, abs=0.015)


def test_the_report_tells_which_note_of_the_style_plays_which(played):
    _, engine, state = played
    grains = engine.grains(state)
    assert len(grains) >= len(TUNE)
    for start_s, _, pitch in TUNE:
        grain = min(grains, key=lambda each: abs(each.start_s - start_s))
        taken = {0.1: 62, 2.0: 66, 4.0: 59, 6.0: 69}
        begin_s = min(taken, key=lambda each: abs(each - grain.style_start_s))
        assert grain.style_start_s == pytest.approx(begin_s, abs=0.05)
        assert grain.semitones == pytest.approx(pitch - taken[begin_s], abs=0.1)
    assert engine.remarks(state) == []


@pytest.mark.parametrize("strength", [0.25, 0.5, 0.75])
def test_strength_leads_from_steady_to_fading_notes(strength):
    samples = _made(_organ(), _bells(), strength=strength, expression=0.0)[0][0]
    for start_s, end_s, pitch in TUNE:
        for k, organ_db, bell_db in ((1, 0.0, 0.0), (4, -12.0, -3.6)):
            slope = _slope_db_s(samples, k * _hz(pitch), (start_s, end_s))
            assert slope == pytest.approx(-strength * BELL_DB_S, abs=6.0)
            first, own = (
                _levels_db(samples, j * _hz(pitch), (start_s, end_s))[:3].mean() for j in (1, k)
            )
            wanted = (1.0 - strength) * organ_db + strength * bell_db
            assert own - first == pytest.approx(wanted, abs=3.0)


def test_half_way_attacks_are_half_way_as_well():
    """Half way in the logarithm: from a tenth of a second to a hundredth."""
    content = _organ(attack=0.1)
    made = _made(content, _bells(), strength=0.5, expression=0.0)[0][0]
    wanted = _organ(attack=0.028, decay_db_s=0.5 * BELL_DB_S)
    for start_s, _, pitch in TUNE:
        own_s, made_s, wanted_s = (
            attack_s(each, round(start_s * RATE), pitch=pitch, sample_rate=RATE)
            for each in (content, made, wanted)
        )
        assert own_s > 0.08
        assert made_s == pytest.approx(wanted_s, abs=0.012)


def test_half_way_attacks_are_those_of_all_styles_in_any_order():
    slow = _tone(((0.1, 1.9, 62), (2.0, 3.8, 67)), seconds=4.0, attack=0.15)
    pairs = (slow, _bells()), (_bells(), slow)
    one, other = (_made(_organ(), *pair, strength=0.5, expression=0.0)[0] for pair in pairs)
    np.testing.assert_allclose(one, other, atol=1e-3 * np.abs(one).max())


def test_expression_is_the_contents_vibrato():
    content = _organ(vibrato_cents=20.0)

    def swing(samples):
        low = signal.butter(2, [0.92 * _hz(67), 1.08 * _hz(67)], "band", fs=RATE, output="sos")
        phase = np.unwrap(np.angle(signal.hilbert(signal.sosfiltfilt(low, samples))))
        course = signal.savgol_filter(np.diff(phase) * RATE / (2 * np.pi), 401, 2)
        cents = 1200.0 * np.log2(course[round(2.7 * RATE) : round(3.5 * RATE)] / _hz(67))
        turning = np.exp(-2j * np.pi * 5.0 * np.arange(len(cents)) / RATE)
        return 2.0 * abs(np.mean((cents - cents.mean()) * turning))

    plain, expressive = (
        swing(_made(content, _bells(), expression=each)[0][0]) for each in (0.0, 1.0)
    )
    assert plain < 3.0
    assert expressive == pytest.approx(20.0, abs=5.0)


def test_two_styles_are_two_layers():
    low = _tone(((0.1, 1.9, 62), (2.0, 3.8, 67)), seconds=4.0, n_partials=2)
    both, engine, state = _made(_organ(), _bells(), low)
    assert {grain.style for grain in engine.grains(state)} == {0, 1}
    assert {grain.share for grain in engine.grains(state)} == {0.5}
    one, other = (_made(_organ(), each)[0] for each in (_bells(), low))
    products = np.stack([both[0], one[0], other[0]]) @ np.stack([one[0], other[0]]).T
    shares = np.linalg.solve(products[1:], products[0])
    np.testing.assert_allclose(shares, 0.5**0.5, atol=0.1)


def test_notes_keep_their_places_in_stereo():
    left, right = (_tone(span, seconds=4.0) for span in (TUNE[:1], TUNE[1:2]))
    made = _made(np.stack([left, right]), _bells())[0]
    first, second = (
        np.square(made[:, round(a * RATE) : round(b * RATE)]).sum(1)
        for a, b in ((0.4, 1.0), (1.5, 2.1))
    )
    assert first[0] > 100.0 * first[1]
    assert second[1] > 30.0 * second[0]


def test_what_is_no_instrument_is_shaped_by_the_notes():
    made, engine, state = _made(_organ(), rain(2.0, RATE))
    assert engine.remarks(state) == [
        "few notes are heard in style 1, so that it is no instrument: its sound is shaped by the "
        "content's instead"
    ]
    assert engine.grains(state)
    hz, power = signal.welch(made[0, round(0.4 * RATE) : round(1.1 * RATE)], RATE, nperseg=2048)
    stands_out = [
        power[np.abs(hz - k * _hz(60)) < 12.0].mean()
        / power[np.abs(hz - (k + 0.5) * _hz(60)) < 40].mean()
        for k in (2, 3)
    ]
    assert min(stands_out) > 3.0


def test_what_rumbles_below_a_style_is_not_played(rng):
    low = signal.butter(4, 90.0, fs=RATE, output="sos")
    rumble = np.asarray(signal.sosfilt(low, rng.standard_normal(8 * RATE)), np.float32)
    rumble *= 0.04 / rumble.std()

    def lows(style):
        made = _made(_organ(), style)[0][0]
        hz, power = signal.welch(made[round(0.4 * RATE) : round(3.5 * RATE)], RATE, nperseg=4096)
        return 10.0 * np.log10(power[hz < 90.0].sum() / power[hz > 200.0].sum())

    assert 20.0 * np.log10(rumble.std() / _bells().std()) > -3.0
    assert lows(_bells() + rumble) < -20.0


def test_content_without_notes_gets_the_spectrum_of_the_style():
    content, style = rain(2.0, RATE), _bells()
    made, engine, state = _made(content, style)
    assert engine.remarks(state) == [
        "few notes are heard in the content, so that none is played",
        "the content gets the average spectrum of style 1 instead",
    ]
    hz, power = signal.welch(np.stack([content, made[0]]), RATE, nperseg=2048)
    _, wanted = signal.welch(style, RATE, nperseg=2048)
    edges = 250.0 * 2.0 ** np.arange(5)
    bands_db = 10.0 * np.log10(
        [[each[(hz >= a) & (hz < 2 * a)].sum() for a in edges] for each in (*power, wanted)]
    )
    own, ours, theirs = bands_db - bands_db.mean(1, keepdims=True)
    assert np.abs(ours - theirs).max() < 3.0 < np.abs(own - theirs).max()


@pytest.mark.parametrize("span", [TUNE[:1], ((0.5, 2.0, 60), (0.5, 2.0, 64), (0.5, 2.0, 67))])
def test_one_note_or_chord_on_one_note_of_a_style(span):
    content = _tone(span, seconds=2.5)
    style = _tone(((0.2, 1.8, 65),), seconds=2.0, n_partials=12, slope=0.5)
    made, engine, state = _made(content, style)
    assert engine.remarks(state) == []
    held = slice(round(0.7 * RATE), round(1.1 * RATE))
    hz, power = signal.welch(made[0, held], RATE, nperseg=6400)
    for _, _, pitch in span:
        assert power[np.abs(hz - _hz(pitch)) < 8.0].max() > 0.02 * power.max()


def test_pauses_of_the_content_stay_silent():
    made = _made(_tone(TUNE, seconds=5.0), _bells())[0][0]
    played_db, pause_db = (
        10.0 * np.log10(np.mean(np.square(made[round(a * RATE) : round(b * RATE)])) + 1e-12)
        for a, b in ((0.3, 1.2), (4.2, 4.9))
    )
    assert pause_db < played_db - 70.0


def test_what_still_sounds_at_the_end_fades():
    content = _tone(((0.3, 2.0, 60),), seconds=1.0)
    made = _made(content, _bells())[0][0]
    assert np.abs(content[-200:]).max() > 0.05
    assert np.abs(np.diff(made[-100:], append=0.0)).max() < 0.5 * np.abs(np.diff(made)).max()
    assert abs(made[-1]) < 1e-6


def test_blocks_make_no_difference(monkeypatch):
    from estilo.engines import blocks

    content, style = _organ(), _bells()
    for strength in (0.6, 1.0):
        whole = _made(content, style, strength=strength)[0]
        monkeypatch.setattr(blocks, "BLOCK", 7001)
        parts = _made(content, style, strength=strength)[0]
        monkeypatch.undo()
        torch.testing.assert_close(
            torch.from_numpy(parts), torch.from_numpy(whole), rtol=0, atol=2e-5
        )


def test_styles_share_the_notes_out_by_range():
    low = _tone(((0.1, 1.9, 50), (2.0, 3.8, 52)), seconds=4.0)
    # Half way between the medians of both styles, 51 and 64, lies 57.5.
    for number, styles in enumerate(((low, _bells()), (_bells(), low))):
        made, engine, state = _made(_organ(), *styles, expression=0.0, split=True)
        assert {grain.style for grain in engine.grains(state)} == {1 - number}
        assert {grain.share for grain in engine.grains(state)} == {1.0}
        alone = _made(_organ(), _bells(), expression=0.0)[0]
        np.testing.assert_allclose(made, alone, atol=0.02 * np.abs(alone).max())
    content = _tone(((0.3, 1.2, 54), (1.4, 2.3, 67)), seconds=4.0)
    for strength in (1.0, 0.5):
        _, engine, state = _made(content, low, _bells(), split=True, strength=strength)
        assert {round(g.pitch): g.style for g in engine.grains(state)} == {54: 0, 67: 1}


def test_one_style_has_nobody_to_share_with():
    _, engine, state = _made(_organ(), _bells(), split=True)
    assert engine.remarks(state) == ["there is no other style to share the notes with by range"]


def test_short_notes_of_a_style_are_held_for_as_long_as_the_contents():
    spans = tuple((0.1 + 0.4 * place, 0.22 + 0.4 * place, 60 + place) for place in range(9))
    made = _made(_organ(), _tone(spans, seconds=4.0), expression=0.0)[0][0]
    for start_s, end_s, pitch in TUNE:
        levels_db = _levels_db(made, _hz(pitch), (start_s, end_s))
        assert levels_db.min() > levels_db.max() - 12.0
