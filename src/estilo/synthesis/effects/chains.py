"""Chains of effects as a player has them, by what makes their sound."""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.effects.cabinet import Cabinet
from estilo.synthesis.effects.chorus import Chorus
from estilo.synthesis.effects.compressor import Compressor
from estilo.synthesis.effects.equaliser import Equaliser
from estilo.synthesis.effects.room import Room
from estilo.synthesis.effects.waveshaping import Amplifier, Overdrive
from estilo.synthesis.filters import Resonance
from estilo.synthesis.shaping import log_uniform

_EQUALISED, _IN_A_ROOM = 0.5, 0.3  # shares of the chains that are not named after it


class Stage(Protocol):
    """One effect."""

    def apply(self, waveform: NDArray, sample_rate: int) -> NDArray:
        """The sound behind it.

        Args:
            waveform: samples, ``(time,)``, full scale at 1.
            sample_rate: sample rate in Hz.

        **Shape**: result ``(time,)``.
        """
        ...


Chain = tuple[Stage, ...]
"""Effects in the order in which the sound passes them."""


def random_chain(rng: np.random.Generator, kind: str) -> Chain:
    """Draw a chain of a kind: what it is named after, at times with an equaliser and a room.

    Args:
        rng: random generator; the same seed gives an equal chain.
        kind: one of `KINDS`.

    Example:
        >>> [type(each).__name__ for each in random_chain(np.random.default_rng(4), "amplifier")]
        ['Amplifier', 'Cabinet']
    """
    is_equalised, is_in_a_room = rng.random(2) < (_EQUALISED, _IN_A_ROOM)
    chain = KINDS[kind](rng)
    if is_equalised and kind != "equaliser":
        chain = (*chain, _equaliser(rng, spread_db=4.0))
    if is_in_a_room and kind != "room":
        chain = (*chain, _room(rng, longest_s=0.8, loudest_db=-9.0))
    return chain


def process(waveform: NDArray, chain: Chain, sample_rate: int) -> NDArray:
    """Send a sound through a chain. Its level decides how much of it is clipped and compressed.

    Args:
        waveform: samples, ``(time,)``, full scale at 1.
        chain: effects in their order; the same ones may be applied to any number of signals.
        sample_rate: sample rate in Hz.

    **Shape**: result ``(time,)``, what rings on cut to the length of the input.
    """
    out = np.asarray(waveform, dtype=np.float64)
    for stage in chain:
        out = stage.apply(out, sample_rate)
    return out


def _amplifier(rng: np.random.Generator) -> Chain:
    return (
        Amplifier(
            drive_db=rng.uniform(8.0, 26.0),
            bias=rng.uniform(0.1, 0.6),
            emphasis_db=rng.uniform(0.0, 12.0),
            emphasis_hz=log_uniform(rng, 400.0, 1200.0),
        ),
        Cabinet(
            resonance_hz=log_uniform(rng, 70.0, 140.0),
            resonance_db=rng.uniform(2.0, 7.0),
            presence_hz=log_uniform(rng, 1800.0, 3500.0),
            presence_db=rng.uniform(0.0, 8.0),
            fall_hz=rng.uniform(4500.0, 6000.0),
        ),
    )


def _overdrive(rng: np.random.Generator) -> Chain:
    return (
        Overdrive(
            drive_db=rng.uniform(10.0, 26.0),
            low_hz=log_uniform(rng, 300.0, 900.0),
            tone_hz=log_uniform(rng, 2000.0, 8000.0),
        ),
    )


def _compressor(rng: np.random.Generator) -> Chain:
    return (
        Compressor(
            threshold_db=rng.uniform(-40.0, -26.0),
            ratio=log_uniform(rng, 3.0, 12.0),
            attack_s=log_uniform(rng, 0.002, 0.03),
            release_s=log_uniform(rng, 0.05, 0.4),
        ),
    )


def _chorus(rng: np.random.Generator) -> Chain:
    return (
        Chorus(
            level=rng.uniform(0.5, 1.0),
            rate_hz=log_uniform(rng, 0.3, 3.0),
            depth_s=rng.uniform(0.001, 0.004),
        ),
    )


def _equaliser(rng: np.random.Generator, *, spread_db: float = 8.0) -> Equaliser:
    centres = [log_uniform(rng, 150.0, 6000.0) for _ in range(rng.integers(1, 4))]
    return Equaliser(
        low_hz=log_uniform(rng, 100.0, 500.0),
        low_db=rng.normal(0.0, spread_db),
        high_hz=log_uniform(rng, 1500.0, 6000.0),
        high_db=rng.normal(0.0, spread_db),
        peaks=tuple(
            Resonance(each, each * rng.uniform(0.3, 1.2), rng.normal(0.0, spread_db))
            for each in centres
        ),
    )


def _room(rng: np.random.Generator, *, longest_s: float = 2.5, loudest_db: float = 0.0) -> Room:
    return Room(
        decay_s=log_uniform(rng, 0.3, longest_s),
        wet_db=rng.uniform(-15.0, loudest_db),
        delay_s=log_uniform(rng, 0.002, 0.03),
        n_early=int(rng.integers(4, 14)),
        damping_hz=log_uniform(rng, 1500.0, 7000.0),
        seed=int(rng.integers(2**31)),
    )


KINDS: Mapping[str, Callable[[np.random.Generator], Chain]] = {
    "amplifier": _amplifier,
    "overdrive": _overdrive,
    "compressor": _compressor,
    "equaliser": lambda rng: (_equaliser(rng),),
    "chorus": _chorus,
    "room": lambda rng: (_room(rng),),
}
"""Kinds of chains by what they are named after."""
