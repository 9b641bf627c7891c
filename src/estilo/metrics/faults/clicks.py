"""Clicks that neither content nor target has at their place."""

import numpy as np

from estilo.analysis.clicks import clicks_of_channels
from estilo.analysis.sound import Sound
from estilo.metrics.fault import Fault
from estilo.metrics.faults.base import Compared, ramp

_SAME_S = 0.005
_TOGETHER_S = 1.0
_ONE = 0.5  # severity of a single click that is as high as the sound around is loud
_TOWERING = (12.0, 36.0)  # times as high
_AROUND_S = 0.1


def clicks(of: Compared) -> list[Fault]:
    """Isolated jumps of the waveform; those within a second of each other are one fault.

    One click that is as high as the sound around it is loud has the severity 0.5, two 1, and so has
    one that towers 36 times above it. Those of content and target within 5 ms do not count, and
    none does where the style clicks as often.

    Args:
        of: output, and what it is held against.
    """
    found = []
    for channel, times_s in enumerate(of.output.once(clicks_of_channels)):
        if len(times_s) == 0:
            continue  # nor is anything else looked at
        known_s = [each.once(clicks_of_channels) for each in of.same_time]
        new_s = [time_s for time_s in times_s if not _is_known(float(time_s), known_s)]
        usual = 0.0 if of.style is None else _rate(of.style)
        if len(new_s) > usual * of.output.duration_s:
            found += _grouped(of.output, channel, np.array(new_s))
    return found


def _is_known(time_s: float, known_s: list[list[np.ndarray]]) -> bool:
    return any(
        bool(np.any(np.abs(channel - time_s) <= _SAME_S)) for each in known_s for channel in each
    )


def _rate(sound: Sound) -> float:
    """Clicks per second in the channel that has most."""
    most = max(len(each) for each in sound.once(clicks_of_channels))
    return most / max(sound.duration_s, 1e-9)


def _grouped(output: Sound, channel: int, times_s: np.ndarray) -> list[Fault]:
    rate, found = output.audio.sample_rate, []
    breaks = np.flatnonzero(np.diff(times_s) > _TOGETHER_S) + 1
    for group in np.split(times_s, breaks):
        heights = [_height(output.audio.samples[channel], rate, float(each)) for each in group]
        n = len(group)
        words = "a click" if n == 1 else f"{n} clicks"
        found.append(
            Fault(
                kind="clicks",
                severity=min(sum(_severity(height) for height in heights), 1.0),
                start_s=float(group[0]),
                end_s=float(group[-1]),
                low_hz=0.0,
                high_hz=rate / 2.0,
                channel=channel if output.audio.n_channels > 1 else None,
                words=words,
            )
        )
    return found


def _severity(height: float) -> float:
    return _ONE * min(height, 1.0) + (1.0 - _ONE) * float(ramp(height, *_TOWERING))


def _height(samples: np.ndarray, rate: int, time_s: float) -> float:
    """Height of a click against the root mean square around it."""
    middle, reach = round(time_s * rate), round(_AROUND_S * rate)
    near = samples[max(middle - 2, 0) : middle + 3].astype(np.float64)
    around = samples[max(middle - reach, 0) : middle + reach].astype(np.float64)
    level = float(np.sqrt(np.mean(np.square(around))))
    jump = float(np.abs(np.diff(near)).max(initial=0.0))
    return jump / max(level, 1e-9)
