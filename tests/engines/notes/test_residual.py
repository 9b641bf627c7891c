"""What is left of mixtures whose parts are known."""

import numpy as np
import pytest
import torch
from scipy import signal

from estilo.analysis.transcription.heard import STEP_S, HeardNote, Hit, Transcription
from estilo.engines.notes.residual import Residual, residual
from estilo.errors import InputError

RATE = 16_000
SECONDS = 3.0
TIME_S = np.arange(round(SECONDS * RATE)) / RATE


def _note(start_s, end_s, pitch, *, level=0.1, vibrato_cents=0.0):
    """A note with ten partials and the samples that it was made as."""
    hz = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
    cents = vibrato_cents * np.sin(2 * np.pi * 5.0 * (TIME_S - start_s))
    phase = 2 * np.pi * np.cumsum(hz * 2.0 ** (cents / 1200.0)) / RATE
    is_on = np.clip((TIME_S - start_s) / 0.01, 0, 1) * np.clip((end_s - TIME_S) / 0.03, 0, 1)
    samples = level * is_on * sum(np.sin(k * phase) / k for k in range(1, 11) if k * hz < RATE / 2)
    course = np.interp(np.arange(start_s, end_s, STEP_S), TIME_S, cents).astype(np.float32)
    return HeardNote(start_s, end_s, pitch, 20 * np.log10(level), cents=course), samples


def _left(samples, notes=(), hits=()):
    content = torch.from_numpy(np.atleast_2d(samples).astype(np.float32))
    return residual(content, Transcription(tuple(notes), tuple(hits)), sample_rate=RATE).numpy()


def _db(power):
    return 10.0 * np.log10(power)


def _noise(rng, *, level=0.01):
    return level * signal.lfilter([0.3], [1.0, -0.7], rng.standard_normal(len(TIME_S)))


@pytest.mark.parametrize("vibrato_cents", [0.0, 25.0])
@pytest.mark.parametrize("pitches", [(57.0,), (69.0,), (60.0, 64.0, 67.0)])
def test_notes_go_and_noise_stays(rng, pitches, vibrato_cents):
    noise = _noise(rng)
    parts = [_note(0.5, 2.5, pitch, vibrato_cents=vibrato_cents) for pitch in pitches]
    tones = sum(samples for _, samples in parts)
    left = _left(noise + tones, [note for note, _ in parts])[0]
    held = slice(round(0.7 * RATE), round(2.3 * RATE))
    assert abs(_db(np.square(left[held]).mean() / np.square(noise[held]).mean())) < 1.0
    # What of the tones is left: that which goes along with them.
    share = np.dot(left[held], tones[held]) / np.square(tones[held]).sum()
    assert _db(share**2) < -10.0
    hz, power = signal.welch(np.stack([noise + tones, left])[:, held], RATE, nperseg=4096)
    for pitch in pitches:
        near = np.abs(hz - 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)) < 20.0
        before, after = power[:, near].sum(1)
        assert _db(after / before) < -10.0


def test_noise_keeps_its_spectrum_where_notes_are(rng):
    noise, (note, samples) = _noise(rng, level=0.03), _note(0.2, 2.8, 57.0)
    left = _left(noise + samples, [note])[0]
    hz, power = signal.welch(np.stack([noise, left])[:, 6000:42_000], RATE, nperseg=1024)
    edges = 200.0 * 2.0 ** np.arange(6)
    bands = [power[:, (hz >= a) & (hz < 2 * a)].sum(1) for a in edges[:5]]
    assert all(abs(_db(after / before)) < 1.0 for before, after in bands)


def test_hits_go_and_noise_goes_on_through_them(rng):
    noise = _noise(rng)
    starts_s = (0.5, 1.2, 1.9)
    drum = rng.standard_normal(len(TIME_S)) * sum(
        0.3 * (s <= TIME_S) * np.exp(-np.maximum(TIME_S - s, 0.0) / 0.02) for s in starts_s
    )
    hits = [Hit(s, s + 0.14, -10.0) for s in starts_s]
    left = _left(noise + drum, hits=hits)[0]
    for s in starts_s:
        during = slice(round(s * RATE), round((s + 0.1) * RATE))
        assert _db(np.square(left[during]).mean() / np.square(drum[during]).mean()) < -10.0
    assert abs(_db(np.square(left).mean() / np.square(noise).mean())) < 1.0


def test_a_consonant_that_no_note_explains_stays(rng):
    note, samples = _note(1.0, 2.5, 60.0)
    hiss = 0.05 * rng.standard_normal(len(TIME_S)) * ((TIME_S > 0.6) & (TIME_S < 0.9))
    left = _left(hiss + samples, [note])[0]
    spoken = slice(round(0.6 * RATE), round(0.9 * RATE))
    assert np.abs(_db(np.square(left[spoken]).mean() / np.square(hiss[spoken]).mean())) < 0.5
    held = slice(round(1.2 * RATE), round(2.3 * RATE))
    assert _db(np.square(left[held]).mean() / np.square(samples[held]).mean()) < -20.0


def test_channels_have_residuals_of_their_own(rng):
    note, samples = _note(0.2, 2.8, 69.0)
    noise = np.stack([_noise(rng), _noise(rng, level=0.001)])
    left = _left(noise + np.stack([samples, 0.1 * samples]), [note])
    held = slice(8000, 40_000)
    levels = np.square(left[:, held]).mean(1) / np.square(noise[:, held]).mean(1)
    assert np.abs(_db(levels)).max() < 1.0


def test_parts_are_the_whole(rng):
    (note, samples), hit = _note(0.4, 2.0, 62.0), Hit(2.2, 2.3, -20.0)
    content = torch.from_numpy((samples + _noise(rng))[None].astype(np.float32))
    content = content.repeat(1, 6)
    left = Residual(content, Transcription((note,), (hit,)), sample_rate=RATE)
    whole = left.read(0, content.shape[1])
    for start, stop in ((0, 9000), (30_001, 60_011), (200_000, content.shape[1])):
        torch.testing.assert_close(left.read(start, stop), whole[:, start:stop], rtol=0, atol=1e-6)


def test_silence_stays_and_wrong_shapes_are_refused():
    note, _ = _note(0.4, 2.0, 62.0)
    assert not _left(np.zeros(8000), [note], [Hit(0.1, 0.2, -20.0)]).any()
    with pytest.raises(InputError, match="add an axis for its channels"):
        residual(torch.zeros(8000), Transcription(), sample_rate=RATE)
