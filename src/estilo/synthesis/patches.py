"""Instruments by family, and phrases played on them."""

from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from estilo.errors import InputError
from estilo.registry import Registry
from estilo.synthesis.notes import Note
from estilo.units import midi_to_hz

HIGHEST_SHARE = 0.45  # share of the sample rate up to which a note's fundamental may lie
_RMS = 0.1
_PEAK = 0.9


class Patch(Protocol):
    """A setting of an instrument: plays any note, sounds the same in kind each time."""

    @property
    def is_pitched(self) -> bool:
        """Whether a listener hears the note's pitch."""
        ...

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Patch":
        """Draw a random setting, musically plausible, far from the last."""
        ...

    def play(self, note: Note, *, sample_rate: int, rng: np.random.Generator) -> NDArray:
        """Play one note from its start to the end of its release, ``(time,)``.

        Args:
            note: note whose pitch, velocity and duration count, and whose start does not.
            sample_rate: sample rate in Hz.
            rng: random generator of noise and phases.
        """
        ...


FAMILIES = Registry(
    "instrument",
    parts={
        "additive": "estilo.synthesis.additive:AdditivePatch",
        "fm": "estilo.synthesis.fm:FmPatch",
        "subtractive": "estilo.synthesis.subtractive:SubtractivePatch",
        "plucked": "estilo.synthesis.plucked:PluckedPatch",
        "noise": "estilo.synthesis.noise:NoisePatch",
        "drums": "estilo.synthesis.drums:DrumPatch",
        "layered": "estilo.synthesis.layered:LayeredPatch",
    },
)
_SHARES = {
    "additive": 0.28,
    "fm": 0.15,
    "subtractive": 0.19,
    "plucked": 0.16,
    "noise": 0.05,
    "drums": 0.06,
    "layered": 0.11,
}


def random_patch(rng: np.random.Generator, *, family: str | None = None) -> Patch:
    """Draw an instrument at random.

    Args:
        rng: random generator; the same seed gives an equal patch.
        family: name in `FAMILIES`; any of estilo's own when None, those with the widest variety
            most often.

    Raises:
        SettingsError: there is no such family.

    Example:
        >>> first, again = (random_patch(np.random.default_rng(3)) for _ in range(2))
        >>> first == again
        True
    """
    if family is None:
        family = str(rng.choice(list(_SHARES), p=list(_SHARES.values())))
    return FAMILIES[family].draw(rng)


def render(
    notes: Iterable[Note],
    patch: Patch,
    *,
    sample_rate: int,
    duration_s: float,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Render notes played on an instrument.

    Every note begins at the sample nearest to its start, whatever the instrument: two patches
    that play the same notes make an aligned pair. What rings beyond the end is cut.

    Args:
        notes: notes in any order.
        patch: instrument that plays them.
        sample_rate: sample rate in Hz.
        duration_s: duration of the result, in seconds.
        rng: random generator of noise and phases.

    **Shape**: result ``(time,)`` with an RMS of 0.1, less where peaks would pass 0.9; silence
    stays silent.

    Raises:
        InputError: nothing is to be rendered, a note starts before 0, or its pitch is too high
            for the sample rate.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> note = Note(start_s=0.0, duration_s=0.2, pitch=69.0, velocity=0.8)
        >>> render([note], random_patch(rng), sample_rate=8000, duration_s=0.5, rng=rng).shape
        (4000,)
    """
    n_samples = round(duration_s * sample_rate)
    if n_samples < 1:
        raise InputError(
            f"expected at least one sample, got {duration_s} s at {sample_rate} Hz; ask for more"
        )
    out = np.zeros(n_samples, dtype=np.float64)
    for note in notes:
        _check(note, sample_rate)
        start = round(note.start_s * sample_rate)
        if start >= n_samples:
            continue
        sound = patch.play(note, sample_rate=sample_rate, rng=rng)[: n_samples - start]
        out[start : start + len(sound)] += sound
    rms, peak = np.sqrt(np.mean(np.square(out))), np.abs(out).max()
    if peak > 0.0:
        out *= min(_RMS / rms, _PEAK / peak)
    return out.astype(np.float32)


def _check(note: Note, sample_rate: int) -> None:
    if note.start_s < 0.0:
        raise InputError(f"a note starts at {note.start_s} s; shift the notes to start from 0")
    fundamental_hz = float(midi_to_hz(note.pitch))
    if fundamental_hz > HIGHEST_SHARE * sample_rate:
        raise InputError(
            f"note {note.pitch} is {fundamental_hz:.0f} Hz, too high for {sample_rate} Hz; "
            "transpose it or raise the sample rate"
        )
