"""Notes as they go into files: how long they are, and how loud."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from estilo.datasets.instruments.keys import Key

SAMPLE_RATE = 44100
"""Rate of all notes, in Hz."""

TAIL_S = 0.8
"""The longest that a note sounds after its key is released, in seconds."""

_PEAK = 0.7
_AUDIBLE = 1e-3  # of the note's peak: -60 dB
_SHORTEST_S = 0.1
_FADE_S = 0.03


@dataclass(frozen=True, eq=False)
class Take:
    """A note as it was played.

    Args:
        key: what was asked for.
        samples: what came out, from the start of the note. **Shape** ``(time,)``, float32.
    """

    key: Key
    samples: NDArray[np.float32]

    def transposed(self, semitones: int) -> "Take":
        """The same note under another pitch.

        Args:
            semitones: distance of the pitch that sounds from the one of the key.
        """
        pitch = self.key.midi_pitch + semitones
        return replace(self, key=replace(self.key, midi_pitch=pitch))


def trimmed(take: Take) -> Take:
    """The note with a tail as long as it can be heard, `TAIL_S` at most; its end fades.

    Args:
        take: note with as much after the key's release as there is.

    Example:
        >>> take = trimmed(Take(Key(60, 64, 0.3), np.ones(2 * SAMPLE_RATE, np.float32)))
        >>> len(take.samples) / SAMPLE_RATE
        1.1
    """
    n_most = round((take.key.held_s + TAIL_S) * SAMPLE_RATE)
    samples = np.array(take.samples[:n_most], np.float32)
    loud = np.flatnonzero(np.abs(samples) > _AUDIBLE * np.abs(samples).max(initial=0.0))
    n_fade = round(_FADE_S * SAMPLE_RATE)
    last = int(loud[-1]) if len(loud) else 0
    samples = samples[: max(last + n_fade, round(_SHORTEST_S * SAMPLE_RATE))]
    n_fade = min(n_fade, len(samples))
    samples[len(samples) - n_fade :] *= np.linspace(1.0, 0.0, n_fade, dtype=np.float32) ** 2
    return replace(take, samples=samples)


def levelled(takes: list[Take]) -> list[Take]:
    """Notes of one instrument by one gain, so that their levels keep their distances.

    Args:
        takes: notes of one instrument; the loudest peak becomes 0.7 of full scale.

    Example:
        >>> soft, loud = (Take(Key(60, v, 0.3), np.full(2, v / 64, np.float32)) for v in (32, 64))
        >>> [round(float(take.samples[0]), 2) for take in levelled([soft, loud])]
        [0.35, 0.7]
    """
    peak = max((float(np.abs(take.samples).max(initial=0.0)) for take in takes), default=0.0)
    if peak == 0.0:
        return takes
    return [replace(take, samples=take.samples * np.float32(_PEAK / peak)) for take in takes]
