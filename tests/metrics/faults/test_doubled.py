"""Two sounds at once: crossfades of every weight, beside what changes one sound."""

import numpy as np
import pytest
from scipy import signal
from struck import PITCHES_HZ, RATE, struck

from estilo.analysis.attacks import attacks_at, second_attacks
from estilo.analysis.sound import Sound
from estilo.metrics.faults import faults

OTHER_HZ = (349.0, 220.0, 440.0, 247.0, 494.0)


def _doubled(output: np.ndarray, content: np.ndarray, style: np.ndarray | None) -> float:
    sounds = [None if each is None else Sound(each, RATE) for each in (output, content, style)]
    assert sounds[0] is not None
    found = [each.severity for each in faults(*sounds) if each.kind == "doubled"]
    return max(found, default=0.0)


@pytest.mark.parametrize("weight", [0.25, 0.5, 0.75])
@pytest.mark.parametrize("style", ["notes", "noise"])
def test_a_crossfade_is_two_sounds(weight: float, style: str, rng: np.random.Generator) -> None:
    content = struck(rng)
    other = struck(rng, pitches_hz=OTHER_HZ, delay_s=0.25)
    if style == "noise":
        other = rng.standard_normal(len(content))
    other *= content.std() / other.std()
    mixed = (1.0 - weight) * content + weight * other
    assert _doubled(mixed, content, other) > 0.6
    if weight < 0.75:  # nor need the style be known
        assert _doubled(mixed, content, None) > 0.25
        assert _doubled(mixed, content, np.roll(other, 30_000)) > 0.25


def test_a_target_may_be_two_sounds(rng: np.random.Generator) -> None:
    content, other = struck(rng), struck(rng, pitches_hz=OTHER_HZ, delay_s=0.25)
    both = [Sound(each, RATE) for each in (content + other, content, other, content + other)]
    assert faults(*both) == []


def test_one_sound_is_not_two(rng: np.random.Generator) -> None:
    content = struck(rng)
    other = struck(rng, pitches_hz=OTHER_HZ, delay_s=0.25)
    dark = signal.lfilter([0.1], [1.0, -0.9], content)
    swelling = content * (1.0 + 0.8 * np.sin(np.arange(len(content)) / 3e3))
    target = struck(rng, attack_s=0.03)
    for one in (content, other, dark, swelling, target):
        assert _doubled(one, content, other) == 0.0


def _sustained_and_plucked(
    seed: int, decay_per_s: float, *, tonic_hz: float = 220.0
) -> list[np.ndarray]:
    """One tune of twelve partials as an organ plays it, and the same waves plucked."""
    rng = np.random.default_rng(seed)
    both, start_s = np.zeros((2, 7 * RATE)), 0.1
    while start_s < 6.2:
        length_s = rng.choice([0.3, 0.5, 0.7])
        time_s = np.arange(int(length_s * RATE)) / RATE
        hz = tonic_hz * 2.0 ** (rng.integers(0, 13) / 12)
        wave = sum(np.sin(2 * np.pi * hz * k * time_s + k) / k for k in range(1, 13))
        release = np.clip((length_s - time_s) / 0.03, 0.0, 1.0)
        swell = np.minimum(time_s / 0.05, 1.0)
        pluck = np.minimum(time_s / 0.003, 1.0) * np.exp(-decay_per_s * time_s)
        place = slice(int(start_s * RATE), int(start_s * RATE) + len(time_s))
        both[:, place] += wave * release * np.stack([swell, pluck])
        start_s += length_s * rng.choice([1.0, 1.2])
    return [0.1 * each / each.std() for each in both]


@pytest.mark.parametrize("decay_per_s", [3.0, 6.0, 12.0])
def test_a_new_envelope_is_no_second_sound(decay_per_s: float) -> None:
    for seed in range(4):
        sustained, plucked = _sustained_and_plucked(seed, decay_per_s)
        assert _doubled(plucked, sustained, None) == 0.0, seed
        assert _doubled(sustained, plucked, None) == 0.0, seed
        # Another sound beside the plucked one is one still.
        other = _sustained_and_plucked(seed + 10, decay_per_s, tonic_hz=229.0)[1]
        assert _doubled(plucked + np.roll(other, RATE // 3), plucked, None) > 0.25, seed


def test_attacks_as_the_style_has_them_are_not_doubled(rng: np.random.Generator) -> None:
    """A key that clicks 0.09 s before its note speaks: the style's own way to begin."""
    shift = round(0.09 * RATE)

    def clicking(pitches_hz: tuple[float, ...]) -> np.ndarray:
        note = struck(rng, pitches_hz=pitches_hz, decay_per_s=20.0)
        return note + np.roll(note, shift)

    content = struck(rng, decay_per_s=20.0)
    output, style = clicking(PITCHES_HZ), clicking(OTHER_HZ)
    assert _doubled(output, content, None) > 0.25
    found = faults(*(Sound(each, RATE) for each in (output, content, style)))
    assert not [each for each in found if "attack" in each.words and each.kind == "doubled"]


def test_an_echo_and_a_pre_echo_are_second_attacks(rng: np.random.Generator) -> None:
    content = struck(rng, decay_per_s=20.0)
    shift = round(0.09 * RATE)
    later, earlier = content.copy(), content.copy()
    later[shift:] += content[:-shift]
    earlier[:-shift] += 0.5 * content[shift:]
    times_s = np.array((0.2, 1.0, 1.8, 2.6, 3.4))
    assert np.median(second_attacks(Sound(earlier, RATE), times_s).before) > 0.6
    plain = second_attacks(Sound(content, RATE), times_s)
    assert max(np.median(plain.before), np.median(plain.after)) < 0.1
    for doubled in (earlier, later):
        assert _doubled(doubled, content, None) > 0.25


def test_sharpness_falls_with_the_attack(rng: np.random.Generator) -> None:
    times_s = np.array((0.2, 1.0, 1.8, 2.6, 3.4))
    sharpness = [
        float(np.median(attacks_at(Sound(struck(rng, attack_s=a), RATE), times_s).sharpness))
        for a in (0.002, 0.04, 0.08, 0.16)
    ]
    assert sharpness == sorted(sharpness, reverse=True)
    assert sharpness[0] > 0.75
    assert sharpness[-1] < 0.55


def test_the_events_of_a_texture_are_no_second_attacks(rng: np.random.Generator) -> None:
    content = struck(rng, decay_per_s=20.0)
    shift = round(0.09 * RATE)
    output = content.copy()
    output[shift:] += content[:-shift]
    drops = np.zeros(len(content))
    drops[rng.integers(0, len(drops), len(drops) // 50)] = rng.exponential(size=len(drops) // 50)
    rain = drops + 0.1 * rng.standard_normal(len(drops))
    sounds = [Sound(each, RATE) for each in (output, content, rain)]
    assert not [each for each in faults(*sounds) if "attack" in each.words]
