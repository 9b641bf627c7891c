"""Instruments out of a soundfont's programs: bent, and two in unison; many more than it has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis import fluidsynth
from estilo.synthesis.fluidsynth import AS_IS, Bend
from estilo.synthesis.notes import Note

_LOWEST, _HIGHEST = 0, 127  # lowest and highest note of MIDI
_OCTAVES = (0, 0, 0, 12, -12)


@dataclass(frozen=True)
class Layer:
    """One program of an instrument.

    Args:
        program: General MIDI program, 0 to 127.
        bend: changes to the soundfont's own values.
        semitones: transposition of the notes, in semitones.
        gain: factor on its samples.
    """

    program: int
    bend: Bend = AS_IS
    semitones: int = 0
    gain: float = 1.0


def random_bend(rng: np.random.Generator) -> Bend:
    """Draw another filter, attack, decay, release or vibrato: each for some of the instruments."""
    filters, attacks, decays, releases, vibrates = rng.random(5) < (0.5, 0.3, 0.3, 0.5, 0.3)
    cutoff, resonance = rng.uniform(-2.5, 0.0), rng.uniform(0.0, 12.0)
    attack, decay, sustain = rng.uniform(2.0, 6.5), rng.uniform(7.0, 10.5), rng.uniform(6.0, 40.0)
    release, vibrato, rate = rng.uniform(-1.5, 3.0), rng.uniform(5.0, 60.0), rng.uniform(-0.5, 0.5)
    return Bend(
        cutoff_octaves=filters * cutoff,
        resonance_db=filters * resonance,
        attack_octaves=attacks * attack,
        decay_octaves=decays * decay,
        sustain_db=decays * sustain,
        release_octaves=releases * release,
        vibrato_cents=vibrates * vibrato,
        vibrato_octaves=vibrates * rate,
    )


def random_layers(
    rng: np.random.Generator, program: int, others: Sequence[int], *, bent: float, layered: float
) -> tuple[Layer, ...]:
    """Draw an instrument around a program.

    Args:
        rng: random generator.
        program: General MIDI program that is heard in it.
        others: programs that may sound with it.
        bent: share of layers that are changed, 0 to 1.
        layered: share of instruments that have two layers, 0 to 1.
    """
    is_layered = rng.random() < layered
    second = Layer(
        int(rng.choice(others)),
        semitones=int(rng.choice(_OCTAVES)),
        gain=float(10.0 ** (rng.uniform(-12.0, 3.0) / 20.0)),
    )
    layers = (Layer(program), second) if is_layered else (Layer(program),)
    return tuple(
        replace(layer, bend=random_bend(rng)) if rng.random() < bent else layer for layer in layers
    )


def render(
    phrases: Sequence[Sequence[Note]],
    layers: Sequence[Layer],
    *,
    soundfont: str,
    sample_rate: int,
    duration_s: float,
) -> list[NDArray[np.float32]]:
    """Render phrases on one instrument; layers are brought to one level before their gains.

    Args:
        phrases: notes of each phrase.
        layers: layers of the instrument, one or more.
        soundfont: name or path, see `estilo.synthesis.fluidsynth.find_soundfont`.
        sample_rate: sample rate in Hz, 8000 to 96000.
        duration_s: duration of each result, in seconds.

    Returns:
        One **Shape** ``(time,)`` for each phrase.

    Raises:
        InputError: FluidSynth or the soundfont is missing.
        EstiloError: FluidSynth failed.
    """
    played = [
        fluidsynth.render_parts(
            [(_moved(notes, layer.semitones), layer.program) for notes in phrases],
            soundfont=soundfont,
            sample_rate=sample_rate,
            duration_s=duration_s,
            bend=layer.bend,
        )
        for layer in layers
    ]
    levels = [float(np.sqrt(np.mean(np.square(each)))) for each in played]
    gains = [
        layer.gain * (levels[0] / level if level else 1.0)
        for layer, level in zip(layers, levels, strict=True)
    ]
    return [
        np.asarray(sum(gain * part for gain, part in zip(gains, parts, strict=True)), np.float32)
        for parts in zip(*played, strict=True)
    ]


def _moved(notes: Sequence[Note], semitones: int) -> list[Note]:
    """Transpose notes; those that would leave the keyboard stay."""
    return [
        replace(note, pitch=note.pitch + semitones)
        if _LOWEST <= note.pitch + semitones <= _HIGHEST
        else note
        for note in notes
    ]
