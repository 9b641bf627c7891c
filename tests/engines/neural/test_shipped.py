"""The weights that come with estilo: what their card promises, heard on sounds they never met."""

import numpy as np
import pytest
import torch

from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.engines.neural.listening import listen
from estilo.engines.neural.offline import transfer_waveform
from estilo.engines.neural.weights import MAX_BYTES, read_weights, shipped_path
from estilo.metrics import METRICS
from estilo.pipeline.transfer import Transfer
from estilo.synthesis.notes import random_phrase
from estilo.synthesis.patches import random_patch, render

RATE = 48_000
SECONDS = 5.0
SEED = 987_654_321  # of no training
PITCHED = ("additive", "fm", "subtractive", "plucked")


def test_the_card_says_what_one_has_to_know():
    _, card = read_weights()
    assert shipped_path().stat().st_size <= MAX_BYTES
    assert card.licence
    assert card.data
    assert card.command
    assert card.hardware
    assert card.steps > 0
    assert card.hours > 0
    assert card.table["lsd"] < 1.0
    assert "TimGM6mb" not in str(card)


def triplet(number):
    rng = np.random.default_rng([SEED, number])
    families = rng.permutation(PITCHED)[:2]
    one, other = (random_patch(rng, family=str(family)) for family in families)
    phrases = [
        random_phrase(rng, duration_s=SECONDS, is_polyphonic=bool(number % 2)) for _ in range(2)
    ]

    def played(notes, patch):
        return render(notes, patch, sample_rate=RATE, duration_s=SECONDS, rng=rng)

    return played(phrases[0], one), played(phrases[1], other), played(phrases[0], other)


@pytest.mark.slow
def test_outputs_are_nearer_to_the_target_than_the_content_is():
    transfer = Transfer(engine="neural", scores=False, threads=1)
    before, after = [], []
    for number in range(6):
        content, style, target = triplet(number)
        output = transfer(Audio(content[None], RATE), Audio(style[None], RATE)).audio
        reference = Sound(target, RATE)
        for row, samples in ((before, content), (after, output.samples[0])):
            row.append(
                [
                    METRICS[name].measure(Sound(samples, RATE), reference)
                    for name in ("lsd", "timbre_mfcc", "timbre_triplet")
                ]
            )
    shares = np.mean(after, axis=0) / np.mean(before, axis=0)
    assert (shares < 0.9).all(), shares


@pytest.mark.parametrize("room_db", [-95.0, -85.0, -75.0])
def test_a_quiet_room_is_not_played(room_db):
    """A tone, then nothing but the room, in the style of noise that never pauses."""
    rng = np.random.default_rng(8)
    seconds = np.arange(4 * RATE) / RATE
    tone = np.where(seconds < 1.5, 0.2 * np.sin(2.0 * np.pi * 440.0 * seconds), 0.0)
    room = 10.0 ** (room_db / 20.0) * rng.normal(size=tone.size)
    style = 0.1 * rng.normal(size=2 * RATE)
    content, style = (torch.from_numpy(each)[None].float() for each in (tone + room, style))
    network, _ = read_weights()
    with torch.inference_mode():
        out = transfer_waveform(network, content, listen(network, style))
    pause = out[0, round(2.5 * RATE) :].square().mean().sqrt()
    assert 20.0 * np.log10(float(pause)) < room_db + 3.0
