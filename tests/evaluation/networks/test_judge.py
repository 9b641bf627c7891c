import json

import numpy as np
import pytest
import torch

from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.datasets.instruments.library import InstrumentNote, write_library
from estilo.errors import InputError
from estilo.evaluation.networks import judge, judge_calibration, judge_trials, note_bank
from estilo.evaluation.networks.judge_calibration import calibrated
from estilo.evaluation.networks.judge_clips import between, clip_of, draw_batch, draw_morphs
from estilo.evaluation.networks.judge_textures import PITCHES as PIECES
from estilo.evaluation.networks.judge_textures import texture_bank
from estilo.evaluation.networks.judge_trials import accuracy, draw_note_trial, draw_phrase_trial
from estilo.evaluation.networks.note_bank import NoteBank, joined, read_bank
from estilo.evaluation.networks.runner import run
from estilo.evaluation.networks.sessions import in_noise, smooth_random, through_sessions
from estilo.io import save
from estilo.metrics.judge.hearing import N_BANDS, RATE_HZ, audible, band_powers

PITCHES = range(48, 73, 2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twelve instruments of two libraries, whose partials tell them apart."""
    folder = tmp_path_factory.mktemp("instruments")
    time_s = np.arange(round(0.4 * RATE_HZ)) / RATE_HZ
    notes = []
    for number in range(12):
        rng = np.random.default_rng(number)
        partials = rng.random(8) ** 2
        if number % 3 == 0:
            partials[1::2] = 0.0  # hollow
        course = np.exp(-time_s * (0.0, 4.0, 15.0, 40.0)[number % 4])
        for place, pitch in enumerate(PITCHES):
            hz = 440.0 * 2.0 ** ((pitch - 69) / 12)
            wave = sum(g * np.sin(2 * np.pi * k * hz * time_s) for k, g in enumerate(partials, 1))
            path = folder / f"{number}-{pitch}.flac"
            save(Audio(0.05 * (course * wave)[None], RATE_HZ), path)
            notes.append(
                InstrumentNote(
                    path.name,
                    f"instrument {number}",
                    pitch,
                    (60, 110)[place % 2],
                    0.4,
                    "train",
                    "own",
                    f"library {number % 2}",
                )
            )
    write_library(folder, notes)
    return folder


@pytest.fixture(scope="module")
def bank(folder, tmp_path_factory) -> NoteBank:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ESTILO_CACHE", str(tmp_path_factory.mktemp("cache")))
        return read_bank([folder])


def test_a_bank_knows_its_notes(bank):
    assert len(bank.names) == 12
    assert sorted(set(bank.library.tolist())) == [0, 1]
    for number, notes in enumerate(bank.of_instrument):
        assert (bank.instrument[notes] == number).all()
        assert bank.pitch[notes].tolist() == list(PITCHES)
    power = bank.power(0)
    assert power.sum(0).max() == pytest.approx(1.0, rel=1e-3)
    assert not power[:, -1].any()


def test_what_was_heard_is_not_heard_again(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("ESTILO_CACHE", str(tmp_path))
    first = read_bank([folder])
    monkeypatch.setattr(note_bank, "load", None)
    np.testing.assert_array_equal(read_bank([folder]).levels_db, first.levels_db)


def test_a_folder_without_notes_is_refused(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("ESTILO_CACHE", str(tmp_path))
    with pytest.raises(InputError, match="no test note"):
        read_bank([folder], split="test")


def test_textures_stand_beside_instruments(bank):
    textures = texture_bank(3)
    both = joined(bank, textures)
    assert len(both.names) == 15
    assert both.levels_db.shape[0] == len(both.notes) == len(bank.notes) + 3 * len(PIECES)
    assert both.library[12:].tolist() == [2, 2, 2]
    assert (both.instrument[both.of_instrument[14]] == 14).all()
    np.testing.assert_array_equal(both.power(len(bank.notes)), textures.power(0))
    assert textures.power(0)[:, -1].any()  # it goes on to the end


def test_batches_hold_both_libraries_and_their_own_clips(bank, rng):
    batch = draw_batch(bank, np.arange(12), rng, n_instruments=8, n_clips=3)
    assert batch.powers.shape == (24, N_BANDS, 216)
    assert (np.bincount(batch.instrument, minlength=12) % 3 == 0).all()
    again = draw_batch(bank, np.arange(12), np.random.default_rng(7), n_instruments=4, n_clips=2)
    same = draw_batch(bank, np.arange(12), np.random.default_rng(7), n_instruments=4, n_clips=2)
    np.testing.assert_array_equal(again.powers, same.powers)


def test_a_clip_is_the_sum_of_its_notes(bank):
    rng = np.random.default_rng(1)
    single = clip_of(bank, [3], rng)
    assert single.sum(0).max() > 0
    # The spectrum of the note, at some level.
    note = bank.power(3).sum(1)
    spectrum = single.sum(1)
    np.testing.assert_allclose(spectrum / spectrum.sum(), note / note.sum(), atol=1e-5)


def test_morphs_lie_between_their_ends(bank, rng):
    low, high = (np.full((2, 3), x, np.float32) for x in (1e-4, 1.0))
    assert between(low, high, 0.25) == pytest.approx(1e-3)
    np.testing.assert_allclose(between(low, high, 0.0), low)
    np.testing.assert_allclose(between(low, high, 1.0), high)
    morphs = draw_morphs(bank, np.arange(12), rng, n=5)
    assert morphs.powers.shape == (5, 3, N_BANDS, 216)
    assert ((morphs.shares >= 0) & (morphs.shares <= 1)).all()


def test_sessions_differ_from_clip_to_clip_and_keep_what_sounds(bank):
    clip = clip_of(bank, [3], np.random.default_rng(1))
    clips = np.repeat(clip[None], 40, axis=0)
    kept = clips.copy()
    out = through_sessions(clips, np.random.default_rng(2))
    np.testing.assert_array_equal(clips, kept)
    assert out.shape == clips.shape
    assert np.isfinite(out).all()
    assert (out >= 0).all()
    assert len({each.tobytes() for each in out}) == 40
    loudest = clips.sum(1).argmax(1)
    heard = out.sum(1)[np.arange(40), loudest]
    assert (np.abs(10 * np.log10(heard)) < 25).all()
    again = through_sessions(clips, np.random.default_rng(2))
    np.testing.assert_array_equal(out, again)


def test_random_curves_have_the_spread_that_was_asked_for(rng):
    curves = smooth_random(2000, rng, width=10.0, spread_db=4.0)
    assert curves.shape == (2000, N_BANDS)
    assert 2.5 < curves.std() < 4.2
    assert np.abs(np.diff(curves, axis=1)).max() < 8.0


def test_what_the_network_hears_is_what_the_judge_hears(rng):
    powers = (rng.random((3, N_BANDS, 60)) ** 8).astype(np.float32)
    powers[:, :, 40:] *= 1e-6
    levels, weights = judge.audible(torch.from_numpy(powers))
    for number, each in enumerate(powers):
        heard = audible(each)
        np.testing.assert_allclose(levels[number].numpy(), heard.levels, atol=1e-5)
        np.testing.assert_allclose(weights[number].numpy(), heard.weights, atol=1e-5)


def test_the_loss_is_that_of_the_formula():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(6, 4))
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    owner = np.array([0, 0, 0, 1, 1, 1])
    terms = []
    for i in range(6):
        others = [a for a in range(6) if a != i]
        log_sum = np.log(sum(np.exp(z[i] @ z[a] / judge.TEMPERATURE) for a in others))
        own = [a for a in others if owner[a] == owner[i]]
        terms.append(-np.mean([z[i] @ z[p] / judge.TEMPERATURE - log_sum for p in own]))
    loss = judge.belonging_loss(torch.from_numpy(z), torch.from_numpy(owner))
    assert loss.item() == pytest.approx(np.mean(terms))


def test_morphs_in_their_places_cost_nothing():
    a, b = torch.eye(4)[:2]
    for share in (0.0, 0.3, 1.0):
        # 1 - <m, b> is to be the rest of the way.
        m = torch.tensor([np.sqrt(1 - share**2), share, 0, 0], dtype=torch.float32)
        triple = torch.stack([a, m, b])[None]
        assert judge.morph_loss(triple, torch.tensor([share])).item() == pytest.approx(0, abs=1e-9)
    off = torch.stack([a, a, b])[None]
    assert judge.morph_loss(off, torch.tensor([0.5])).item() == pytest.approx(0.25)


def test_trials_are_what_they_say(bank, rng):
    for _ in range(30):
        trial = draw_note_trial(bank, 0, 2, rng)
        assert trial is not None
        (a,), (s,), (o,) = trial
        assert bank.instrument[[a, s, o]].tolist() == [0, 0, 2]
        assert 0 < abs(bank.pitch[a] - bank.pitch[s]) <= 12
        assert bank.velocity[a] != bank.velocity[s]
        assert bank.pitch[a] == bank.pitch[o]
        phrase = draw_phrase_trial(bank, 0, 2, rng)
        if phrase is not None:
            assert (bank.pitch[phrase.anchor] == bank.pitch[phrase.other]).all()
            assert np.ptp(bank.pitch[phrase.anchor]) <= 12


def test_training_learns_and_writes_all_that_the_judge_needs(folder, tmp_path, monkeypatch, bank):
    monkeypatch.setenv("ESTILO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(judge, "N_INSTRUMENTS", 8)
    monkeypatch.setattr(judge, "N_CLIPS", 2)
    monkeypatch.setattr(judge, "N_MORPHS", 2)
    monkeypatch.setattr(judge, "_N_TRIALS", 20)
    for module in (judge, judge_trials):  # what 30 steps can learn is without them
        monkeypatch.setattr(module, "through_sessions", lambda powers, _rng: powers)
    monkeypatch.setattr(judge, "_N_CALIBRATION", 2)
    monkeypatch.setattr(judge_calibration, "LENGTHS_S", (1.0, 2.0))
    monkeypatch.setattr(judge_calibration, "GAPS_SEMITONES", (0.0, 12.0))
    given = [
        "--output",
        str(tmp_path),
        "--instruments",
        str(folder),
        "--n-steps",
        "30",
        "--n-textures",
        "2",
    ]
    card = json.loads(run([judge.TRAINING], ["judge", *given]).read_text(encoding="utf-8"))
    assert list(card["sources"]) == ["library 0", "library 1", "estilo's textures"]
    with np.load(tmp_path / "judge.npz") as arrays:
        weights = {name: array.astype(np.float32) for name, array in arrays.items()}
    assert weights["same_source"].shape == (3, 2, 2)
    assert weights["other_source"].shape == (2, 2)
    assert np.isfinite(weights["same_source"][:, :, 0]).all()
    learnt = accuracy(weights, bank, np.arange(12), np.random.default_rng(3), n=40, is_phrase=True)
    assert learnt > 0.6


def test_calibration_measures_clips_of_one_source_nearer(bank, monkeypatch):
    from estilo.metrics.judge.network import trained_weights

    monkeypatch.setattr(judge_calibration, "LENGTHS_S", (1.0, 4.0))
    monkeypatch.setattr(judge_calibration, "GAPS_SEMITONES", (0.0, 6.0))
    rng = np.random.default_rng(5)
    found = calibrated(trained_weights(), bank, np.arange(12), rng, n=6)
    assert found["same_source"][1].mean() < 0.6 * found["other_source"].mean()


@pytest.mark.parametrize("tone", [0.0, 0.3], ids=["noise", "noise under a tone"])
def test_noise_of_a_session_fluctuates_as_that_of_a_recording(tone):
    rng = np.random.default_rng(0)
    time_s = np.arange(20 * RATE_HZ) / RATE_HZ
    clean = tone * sum(np.sin(2 * np.pi * 220 * k * time_s + k) / k for k in range(1, 40))
    noise = 0.02 * rng.normal(size=len(time_s))
    powers, of_noise, recorded = (
        band_powers(Sound(each, RATE_HZ))[:, 10:-10]
        for each in (clean + 0.0 * noise, noise, clean + noise)
    )
    mean = np.broadcast_to(of_noise.mean(axis=1, keepdims=True), powers.shape)
    made = in_noise(powers[None], mean[None], rng)[0]
    bands = slice(20, None)  # no partial lies half in one of them
    for measure, within in ((np.mean, 0.6), (np.std, 0.3), (_next_alike, 0.25)):
        ours, theirs = (
            np.array([measure(10 * np.log10(band)) for band in each[bands]])
            for each in (made, recorded)
        )
        assert np.abs(ours - theirs).mean() < within, measure


def _next_alike(values) -> float:
    return float(np.corrcoef(values[1:], values[:-1])[0, 1])
