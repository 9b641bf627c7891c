"""Trained timbre: the network against torch, its card, and what it must and must not hear."""

import hashlib
import json
from importlib.resources import files

import numpy as np
import pytest
from tones import tone

from estilo.analysis.sound import Sound
from estilo.errors import InputError
from estilo.metrics import timbre_network as net
from estilo.metrics.base import NothingToMeasure
from estilo.metrics.timbre_network import TIMBRE_TRIPLET, timbre_embedding, timbre_triplet
from estilo.synthesis.notes import Note
from estilo.synthesis.patches import random_patch, render

RATE = 16_000
FOLDER = files("estilo.metrics") / "weights"


def _tone(pitches_hz: list[float], slope: float, note_s: float = 0.5) -> np.ndarray:
    return 0.1 * tone(pitches_hz, slope, sample_rate=RATE, note_s=note_s)


def test_equals_its_twin_in_torch(rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    from estilo.evaluation.networks.timbre import Network

    twin = Network(rng.normal(size=net.N_INPUTS), rng.uniform(1.0, 9.0, net.N_INPUTS))
    segments = rng.normal(size=(6, net.N_INPUTS, net.N_FRAMES + net.STEP_FRAMES))
    inputs = torch.from_numpy(segments.astype(np.float32))
    for _ in range(20):  # running means and variances other than 0 and 1
        twin(inputs)
    with torch.no_grad():
        expected = twin.eval()(inputs).numpy()
    found = [net.forward(segment, twin.weights()) for segment in segments]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_sizes_are_the_definition_s() -> None:
    torch = pytest.importorskip("torch")
    layers: list = []
    for size in (4, 4, 4, 2):
        layers += [torch.nn.Conv1d(1, 1, size), torch.nn.MaxPool1d(size)]
    blocks = torch.nn.Sequential(*layers)
    for n_last in (1, 2, 3):
        n_frames = net.N_FRAMES + (n_last - 1) * net.STEP_FRAMES
        assert blocks(torch.zeros(1, 1, n_frames)).shape[2] == n_last
        assert n_last == 1 or blocks(torch.zeros(1, 1, n_frames - 1)).shape[2] == n_last - 1


def test_the_card_belongs_to_the_weights() -> None:
    weights = (FOLDER / "timbre.npz").read_bytes()
    card = json.loads((FOLDER / "timbre.json").read_text(encoding="utf-8"))
    assert card["sha256"] == hashlib.sha256(weights).hexdigest()
    assert card["n_weights"] == sum(a.size for a in net.trained_weights().values())
    assert card["reserved_seed"] == net.METRIC_SEED
    assert card["accuracy"]["any"] >= 0.9


def test_identical_recordings_are_no_distance_apart(rng: np.random.Generator) -> None:
    samples = 0.1 * rng.standard_normal(30_000)
    assert timbre_triplet(Sound(samples, RATE), Sound(samples, RATE)) < 1e-12
    assert TIMBRE_TRIPLET.best == 0.0


def test_other_notes_differ_less_than_another_instrument() -> None:
    low, high = [220.0, 262.0, 330.0, 247.0], [294.0, 247.0, 262.0, 349.0, 220.0, 330.0]
    dull, dull_again = Sound(_tone(low, 2.5), RATE), Sound(_tone(high, 2.5, 0.45), RATE)
    bright = Sound(_tone(low, 0.5), RATE)
    assert timbre_triplet(dull_again, dull) < 0.3 * timbre_triplet(bright, dull)
    assert timbre_triplet(bright, dull) == pytest.approx(timbre_triplet(dull, bright))
    assert 0.0 < timbre_triplet(bright, dull) <= 1.0


@pytest.mark.parametrize("gain", [0.03, 9.0])
def test_level_does_not_matter(gain: float) -> None:
    samples = _tone([220.0, 262.0, 330.0], 1.0)
    assert timbre_triplet(Sound(gain * samples, RATE), Sound(samples, RATE)) < 1e-4


def test_rate_hardly_matters() -> None:
    from estilo.dsp.resample import resample

    samples = _tone([220.0, 262.0, 330.0] * 3, 2.0)
    faster = resample(samples[None].astype(np.float32), RATE, 44_100)
    assert timbre_triplet(Sound(faster, 44_100), Sound(samples, RATE)) < 0.02


def test_repetition_hardly_matters() -> None:
    samples = _tone([220.0, 262.0, 330.0], 1.0)
    sound = Sound(samples, RATE)
    assert timbre_triplet(Sound(np.tile(samples, 7), RATE), sound) < 0.02


def test_every_frame_is_heard(rng: np.random.Generator) -> None:
    samples = 0.1 * rng.standard_normal(10 * RATE)
    quieter_end = samples.copy()
    quieter_end[-RATE // 2 :] *= np.linspace(1.0, 0.0, RATE // 2) ** 4
    assert timbre_triplet(Sound(quieter_end, RATE), Sound(samples, RATE)) > 1e-6


@pytest.mark.parametrize("length", [1, 499, 500, 5_000, 16 * 7_999])
def test_any_length(rng: np.random.Generator, length: int) -> None:
    sound = Sound(0.1 * rng.standard_normal(length), RATE)
    embedding = timbre_embedding(sound)
    assert embedding.shape == (net.N_CHANNELS,)
    assert embedding.min() >= 0.0
    assert embedding.any()
    assert timbre_triplet(sound, Sound(np.diff(_tone([220.0], 1.0)), RATE)) > 0.0


def test_continuing_repeats_from_the_beginning() -> None:
    frames = np.arange(24.0).reshape(2, 12)
    longer = net.continued(frames)
    assert longer.shape == (2, net.N_FRAMES)
    np.testing.assert_array_equal(longer[:, 12:24], frames)
    whole = np.zeros((2, net.N_FRAMES))
    assert net.continued(whole).shape == whole.shape


def test_silence_warns() -> None:
    sound, silence = Sound(_tone([220.0], 1.0), RATE), Sound(np.zeros(RATE), RATE)
    for pair in ((sound, silence), (silence, sound), (silence, silence)):
        with pytest.warns(NothingToMeasure, match="timbre_triplet is not a number"):
            assert np.isnan(timbre_triplet(*pair))
    with pytest.warns(NothingToMeasure, match="too quiet"):
        assert np.isnan(timbre_triplet(sound, Sound(1e-9 * np.ones(RATE), RATE)))


def test_wants_sounds() -> None:
    with pytest.raises(InputError, match="timbre_triplet measures Sounds, got list"):
        timbre_triplet([0.1], Sound(np.ones(9), RATE))  # type: ignore[arg-type]


def test_a_golden_embedding() -> None:
    card = json.loads((FOLDER / "timbre.json").read_text(encoding="utf-8"))
    time_s = np.arange(2 * RATE) / RATE
    golden = timbre_embedding(Sound(0.1 * np.sign(np.sin(2 * np.pi * 220.0 * time_s)), RATE))
    np.testing.assert_allclose(golden, card["golden"]["embedding"], atol=2e-3)


def test_unseen_instruments(rng: np.random.Generator) -> None:
    """Fresh instruments: another phrase of one is nearer than another instrument."""
    from estilo.evaluation.networks.triplets import triplet_accuracy

    def played(patch) -> np.ndarray:
        starts_s, pitches = np.arange(0.0, 4.0, 0.4), rng.integers(50, 80, 10)
        notes = [Note(s, 0.36, float(p), 0.8) for s, p in zip(starts_s, pitches, strict=True)]
        samples = render(notes, patch, sample_rate=RATE, duration_s=4.0, rng=rng)
        return timbre_embedding(Sound(samples, RATE))

    patches = [random_patch(rng) for _ in range(16)]
    embeddings = np.array([[played(patch) for _ in range(3)] for patch in patches])
    assert triplet_accuracy(embeddings) > 0.9


def test_accuracy_counts_triplets() -> None:
    from estilo.evaluation.networks.triplets import triplet_accuracy

    one, other = [1.0, 0.0], [0.0, 1.0]
    assert triplet_accuracy(np.array([[one, one], [other, other]])) == 1.0
    assert triplet_accuracy(np.array([[one, other], [one, other]])) == 0.0
    # Half of the first source's triplets hold, ties being wrong, and none of the second's.
    assert triplet_accuracy(np.array([[one, one], [one, other]])) == pytest.approx(0.25)


def test_loss_is_the_margin_s(rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    from estilo.evaluation.networks.triplets import triplet_loss

    embeddings = torch.from_numpy(rng.normal(size=(4, 3, 5)))
    losses = []
    for a in range(4):
        for i, p in [(i, p) for i in range(3) for p in range(3) if i != p]:
            for n, j in [(n, j) for n in range(4) for j in range(3) if n != a]:
                anchor, same, other = embeddings[a, i], embeddings[a, p], embeddings[n, j]
                cosine = torch.nn.functional.cosine_similarity
                losses.append(cosine(anchor, other, dim=0) - cosine(anchor, same, dim=0) + 0.1)
    expected = np.mean([float(loss) for loss in losses if loss > 0])
    assert triplet_loss(embeddings, margin=0.1).item() == pytest.approx(expected)
