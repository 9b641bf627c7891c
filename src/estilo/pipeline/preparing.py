"""Recordings as engines hear them: without offset, drift, pops and the silence around a style.

What nobody hears as content or style would count as such: an offset has most of a spectrum's power,
one pop decides what is loud, and four seconds of silence after a bell are the greater part of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from estilo.audio import Audio
from estilo.engines.grains import Grain
from estilo.io import scratch_array, scratch_copy
from estilo.pipeline.sources import Source, StyleSource

_BLOCK = 1 << 22
_FRAME_S = 0.01
_SILENT_DB, _OVER_FLOOR_DB, _LEAST_RANGE_DB = -60.0, 6.0, 50.0
_LONGEST_PAUSE_S = 1.0

Span = tuple[int, int]
"""First sample, and the one after the last."""


@dataclass(frozen=True)
class Content:
    """The content as engines hear it.

    Args:
        audio: recording without offset, drift and bursts.
        bursts: what was taken out, by its first sample; ``(channels, time)``.
    """

    audio: Audio
    bursts: tuple[tuple[int, NDArray[np.float32]], ...] = ()

    @classmethod
    def of(cls, audio: Audio) -> "Content":
        """The content of a recording.

        Args:
            audio: recording, left as it is.
        """
        return _without_bursts(_without_drift(audio))

    def restore(self, samples: NDArray[np.float32]) -> None:
        """Put the bursts back, at their level beside what has become of the content.

        Args:
            samples: an engine's output, changed in place where there are bursts;
                ``(channels, time)``.
        """
        from estilo.dsp.loudness import apply_gain, match_level

        if not self.bursts:
            return
        level = match_level(samples, self.audio.samples, self.audio.sample_rate)
        apply_gain(samples, level.gain_db, out=samples)
        for start, taken in self.bursts:
            samples[:, start : start + taken.shape[1]] += taken


def prepared_styles(styles: Sequence[StyleSource]) -> list[StyleSource]:
    """The styles as engines hear them; style files as they are.

    Args:
        styles: styles as they were read, or matched to the content.
    """
    return [_prepared(style) if isinstance(style, Source) else style for style in styles]


def calmed(styles: Sequence[Source]) -> list[Source]:
    """The styles of a texture as engines hear them: without offset, drift and bursts.

    Args:
        styles: styles as they were read.
    """
    return [replace(style, audio=Content.of(style.audio).audio) for style in styles]


def in_their_styles(grains: Sequence[Grain], styles: Sequence[StyleSource]) -> list[Grain]:
    """Grains with the seconds of the styles as they were before silence was taken out of them.

    Args:
        grains: what an engine copied.
        styles: styles from `prepared_styles`.
    """
    return [_in_its_style(grain, styles[grain.style]) for grain in grains]


def sounding(samples: NDArray[np.float32], sample_rate: int) -> list[Span]:
    """The parts of a recording between its silences.

    Silent is what lies 60 dB below the loudest 10 ms, or at a noise floor 50 dB below them, at
    either end, or within for longer than a second.

    Args:
        samples: samples. **Shape** ``(channels, time)``.
        sample_rate: sample rate in Hz.

    Returns:
        Parts in order; all of it where nothing is silent, or everything.

    Example:
        >>> tone = np.sin(0.1 * np.arange(8_000, dtype=np.float32))
        >>> sounding(np.pad(tone, (0, 16_000))[None], 8_000)
        [(0, 8000)]
    """
    frame, n_samples = max(1, round(_FRAME_S * sample_rate)), samples.shape[1]
    powers = frame_powers(samples, frame)
    loudest = float(powers.max(initial=0.0))
    if loudest == 0.0:
        return [(0, n_samples)]
    floor = float(np.percentile(powers, 5.0)) * 10.0 ** (_OVER_FLOOR_DB / 10.0)
    if floor > loudest * 10.0 ** (-_LEAST_RANGE_DB / 10.0):
        floor = 0.0
    is_silent = powers <= max(loudest * 10.0 ** (_SILENT_DB / 10.0), floor)
    edges = np.flatnonzero(np.diff(is_silent, prepend=False, append=False)).reshape(-1, 2)
    found, begin = [], 0
    for first, last in edges.tolist():
        is_inner = first > 0 and last < len(powers)
        if is_inner and (last - first) * frame < _LONGEST_PAUSE_S * sample_rate:
            continue
        if first * frame > begin:
            found.append((begin, first * frame))
        begin = last * frame
    if begin < n_samples:
        found.append((begin, n_samples))
    return found


def frame_powers(samples: NDArray[np.float32], frame: int) -> NDArray[np.float64]:
    """Power of every frame about its mean, over all channels; the last one may be shorter.

    An offset counts for nothing.

    Args:
        samples: samples. **Shape** ``(channels, time)``.
        frame: samples per frame.

    **Shape**: result ``(frames,)``.
    """
    n_channels, n_samples = samples.shape
    powers = np.zeros(-(-n_samples // frame))
    step = max(1, _BLOCK // frame) * frame
    for start in range(0, n_samples, step):
        part = samples[:, start : start + step]
        edges = np.arange(0, part.shape[1], frame)
        sizes = np.diff(edges, append=part.shape[1])
        for channel in part:
            wide = channel.astype(np.float64)
            means = np.add.reduceat(wide, edges) / sizes
            squares = np.add.reduceat(np.square(wide), edges) / sizes
            powers[start // frame :][: len(edges)] += (squares - means**2).clip(min=0) / n_channels
    return powers


def _prepared(style: Source) -> Source:
    audio = _without_bursts(style.audio).audio
    kept, rate = sounding(audio.samples, audio.sample_rate), audio.sample_rate
    if kept == [(0, audio.n_samples)]:
        return replace(style, audio=_without_drift(audio))
    # The drift is that of what is left, as if the silence had never been there.
    left = _without_drift(Audio(_joined(audio.samples, kept), rate))
    spans_s = tuple((start / rate, stop / rate) for start, stop in kept)
    return replace(style, audio=left, kept_s=spans_s)


def _joined(samples: NDArray[np.float32], kept: Sequence[Span]) -> NDArray[np.float32]:
    out = scratch_array((len(samples), sum(stop - start for start, stop in kept)))
    place = 0
    for start, stop in kept:
        for begin in range(start, stop, _BLOCK):
            end = min(begin + _BLOCK, stop)
            out[:, place : place + end - begin] = samples[:, begin:end]
            place += end - begin
    return out


def _in_its_style(grain: Grain, style: StyleSource) -> Grain:
    if not isinstance(style, Source) or not style.kept_s:
        return grain
    middle_s = 0.5 * (grain.style_start_s + grain.style_stop_s)
    before_s, later_s = 0.0, 0.0
    for start_s, stop_s in style.kept_s:
        later_s = start_s - before_s
        before_s += stop_s - start_s
        if middle_s < before_s:
            break
    return replace(
        grain,
        style_start_s=grain.style_start_s + later_s,
        style_stop_s=grain.style_stop_s + later_s,
    )


def _without_bursts(audio: Audio) -> Content:
    from estilo.dsp.bursts import bursts, without_bursts

    found = bursts(audio.samples, audio.sample_rate)
    if not found:
        return Content(audio)
    samples, taken = scratch_copy(audio.samples), []
    bridged = without_bursts(audio.samples, found, audio.sample_rate)
    for (start, stop), calm in zip(found, bridged, strict=True):
        taken.append((start, samples[:, start:stop] - calm))
        samples[:, start:stop] = calm
    return Content(Audio(samples, audio.sample_rate), tuple(taken))


def _without_drift(audio: Audio) -> Audio:
    from estilo.dsp.subsonic import add_drift, drift

    found = [drift(channel, audio.sample_rate) for channel in audio.samples]
    if all(each is None for each in found):
        return audio
    samples = scratch_copy(audio.samples)
    for channel, each in zip(samples, found, strict=True):
        if each is not None:
            add_drift(channel, each, audio.sample_rate, share=-1.0)
    return Audio(samples, audio.sample_rate)
