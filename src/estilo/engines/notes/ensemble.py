"""What the styles make of the content: layers that play, strike, shape or equalise, and noise."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import scipy.signal
import torch
from numpy.typing import NDArray
from torch import Tensor

from estilo.analysis.transcription import HeardNote
from estilo.engines.base import Task
from estilo.engines.grains import Grain, placed
from estilo.engines.notes.arrangement import SHORTEST_S
from estilo.engines.notes.cross_synthesis import CrossSynthesis
from estilo.engines.notes.layers import EqualisedLayer, Layer, PlayedLayer, ShapedLayer
from estilo.engines.notes.lengths import is_struck
from estilo.engines.notes.let_go import let_go_as
from estilo.engines.notes.panning import Panned
from estilo.engines.notes.percussion import KitLayer, OwnHits
from estilo.engines.notes.performance import Performance, Playing
from estilo.engines.notes.ranges import by_range
from estilo.engines.notes.recordings import Heard
from estilo.engines.notes.remainder import Remainder
from estilo.engines.notes.settings import NotesSettings
from estilo.engines.notes.swells import played_swells
from estilo.engines.notes.width import centred, recording_of
from estilo.errors import InputError
from estilo.sampler.instrument import Instrument
from estilo.sampler.kit import Kit
from estilo.sampler.zones import Zone
from estilo.units import midi_to_hz

_ALONE = 0.85  # share of a style's power in notes and hits from which nothing else is in its zones
_LOWEST_PARTIAL, _ORDER, _FADED = 0.6, 4, 0.25


class Ensemble:
    """The content at full strength, as one kind of content: made of notes, or not.

    Args:
        task: what the engine was asked for, on the processor.
        settings: settings of the engine.
        content: the content, or the parts of it that are of this kind.
        styles: the styles.

    Raises:
        InputError: the content's notes are written, and a style has none that could play them.
    """

    def __init__(
        self, task: Task, settings: NotesSettings, content: Heard, styles: Sequence[Heard]
    ) -> None:
        self._task, self._settings = task, settings
        self._content, self._styles = content, tuple(styles)
        instruments = self._instruments()
        kits = self._kits(instruments)
        played = sorted({*instruments, *kits})
        rest = [style for style in range(len(self._styles)) if style not in played]
        # Where nothing can be played, styles of notes are no texture that notes could be made of.
        equalising = [
            each for each in rest if not self._content.has_notes and self._styles[each].is_explained
        ]
        shaped = [style for style in rest if style not in equalising]
        notes = self._content.transcription.notes
        shared = by_range(notes, instruments) if settings.split else {}
        everything = tuple(range(len(notes)))
        self._played = [
            self._played_by(style, instrument, shared.get(style, everything))
            for style, instrument in instruments.items()
        ]
        self._layers: list[Layer] = [
            *self._played,
            *(self._struck_on(style, kit, of=kits) for style, kit in kits.items()),
        ]
        self.remarks = self._remarks(equalising, shaped, has_kit=bool(kits))
        """What is to be said of the recordings, in sentences."""
        if rest:
            self._refuse_written(rest)
        if shaped:
            self._layers.append(self._shaped(shaped))
        if equalising:
            self._layers.append(self._equalised(equalising))
        is_written = task.notes is not None
        self._remainder = self._left_by(played) if played and not is_written else None
        if instruments and not kits and self._content.has_hits:
            content = self._content
            self._layers.append(
                OwnHits(content.waveform, content.transcription, sample_rate=task.sample_rate)
            )

    @property
    def has_instruments(self) -> bool:
        """Whether an instrument plays the content's notes."""
        return bool(self._played)

    def note(self, number: int) -> tuple[NDArray[np.float32], int]:
        """A note by itself on all instruments, and the sample at which it begins.

        Args:
            number: number of the note.

        **Shape**: samples ``(time,)``.
        """
        notes = [layer.note(number) for layer in self._played if number in layer.numbers]
        onset = max(begins for _, begins in notes)
        early = [np.pad(samples, (onset - begins, 0)) for samples, begins in notes]
        out = np.zeros(max(map(len, early)), np.float32)
        for samples in early:
            out[: len(samples)] += samples
        return out, onset

    @property
    def content(self) -> Heard:
        """What it was made for."""
        return self._content

    def grains(self) -> list[Grain]:
        """Which stretches of the styles are heard where, in the parts that it was made for."""
        rate, found = self._task.sample_rate, [each.grains() for each in self._layers]
        return [
            grain
            for start, stop in self._content.spans
            for grains in found
            for grain in placed(grains, later_s=0.0, first_s=start / rate, last_s=stop / rate)
        ]

    def read(self, start: int, stop: int) -> Tensor:
        """A part of it: the same samples whatever else is read.

        Args:
            start: number of its first sample.
            stop: number of the sample after its last.

        **Shape**: result ``(channels, stop - start)``.
        """
        out = torch.zeros(self._content.waveform.shape[0], stop - start)
        for layer in self._layers:
            out += layer.read(start, stop)
        if self._remainder is not None:
            out += self._remainder.read(start, stop)
        return out

    def _instruments(self) -> dict[int, Instrument]:
        """Instruments of the styles that are some, by the numbers of the styles."""
        if not self._content.has_notes:
            return {}
        rate, n_channels = self._task.sample_rate, self._content.waveform.shape[0]
        found = {
            number: _instrument(style, rate, n_channels)
            for number, style in enumerate(self._styles)
            if style.has_notes
        }
        return {number: each for number, each in found.items() if each is not None}

    def _kits(self, instruments: Collection[int]) -> dict[int, Kit]:
        """Kits of the styles that have one, by the numbers of the styles.

        A kit alone cannot play the content's notes, and is then no better than a texture. Of what
        is written it plays the hits, where another style plays the notes.
        """
        if not self._content.has_hits:
            return {}
        rate = self._task.sample_rate
        is_free = not self._content.has_notes or (instruments and self._task.notes is not None)
        return {
            number: kit
            for number, style in enumerate(self._styles)
            if style.has_hits and (number in instruments or is_free)
            if (kit := _kit(style, rate)) is not None
        }

    def _refuse_written(self, unplayed: Sequence[int]) -> None:
        """Refuse styles that play nothing where the content has no sound that could shape them."""
        if self._task.notes is None:
            return
        which = ", ".join(str(style + 1) for style in unplayed)
        if not self._content.has_notes:
            raise InputError(
                f"the file holds drums alone, and no drums are heard in style {which}; give a "
                "recording of drums"
            )
        raise InputError(
            f"few notes are heard in style {which}, which cannot play notes that are written; "
            "give a recording of an instrument"
        )

    def _remarks(
        self, equalising: Sequence[int], shaped: Sequence[int], *, has_kit: bool
    ) -> list[str]:
        said = []
        if self._task.notes is not None and self._content.has_hits and not has_kit:
            said.append("no style has drums, so that those of the file are left out")
        if self._settings.split and len(self._played) == 1:
            said.append("there is no other style to share the notes with by range")
        if not self._content.has_notes and (equalising or shaped):
            said.append("few notes are heard in the content, so that none is played")
        said += [
            f"the content gets the average spectrum of style {number + 1} instead"
            for number in equalising
        ]
        said += [
            f"few notes are heard in style {number + 1}, so that it is no instrument: its sound is "
            "shaped by the content's instead"
            for number in shaped
        ]
        return said

    @cached_property
    def _content_as_played(self) -> tuple[HeardNote, ...]:
        """The content's notes, whose courses of level are their player's alone."""
        notes = self._content.transcription.notes
        return notes if self._task.notes is not None else played_swells(notes)

    def _played_by(self, style: int, instrument: Instrument, own: Sequence[int]) -> PlayedLayer:
        """A layer of the notes that are a style's own."""
        instrument = let_go_as(instrument, self._content.transcription)
        notes, waveform = self._content_as_played, self._content.waveform
        rate, settings = self._task.sample_rate, self._settings
        if self._task.notes is None:
            # Nobody can hear a player in how struck notes fade, nor swell on what is struck.
            both = self._content.transcription.notes, self._styles[style].transcription.notes
            swells = 0.0 if any(map(is_struck, both)) else settings.expression
            # What is half way to the content is half way to its pitches as well.
            playing = Playing(rate, swells, 1.0 - settings.strength * (1.0 - settings.expression))
        else:
            playing = Playing(rate, 1.0, 1.0)
        chosen = [notes[number] for number in own]
        share = 1.0 if settings.split else self._task.style_weights[style]
        return PlayedLayer(
            Performance(chosen, instrument, playing, panning=Panned(waveform, chosen, rate)),
            numbers=own,
            gain=share**0.5,
            style=style,
            n_channels=waveform.shape[0],
            share=share,
        )

    def _struck_on(self, style: int, kit: Kit, *, of: Collection[int]) -> Layer:
        content, share = self._content, self._task.style_weights[style]
        among = sum(self._task.style_weights[each] for each in of)
        return KitLayer(
            content.waveform,
            content.transcription,
            kit,
            sample_rate=self._task.sample_rate,
            gain=(share / among) ** 0.5,
            style=style,
            share=share,
        )

    def _shaped(self, styles: Sequence[int]) -> Layer:
        content, rate = self._content, self._task.sample_rate
        weights = [self._task.style_weights[style] for style in styles]
        made = CrossSynthesis(
            content.waveform,
            [_long_enough(self._styles[style].waveform, rate) for style in styles],
            sample_rate=rate,
            weights=weights,
            notes=content.transcription.notes if content.has_notes else (),
            depth=self._settings.depth,
            seed=self._task.seed,
        )
        share = sum(weights)
        return ShapedLayer(made, gain=share**0.5, styles=styles, share=share)

    def _equalised(self, styles: Sequence[int]) -> Layer:
        weights = [self._task.style_weights[style] for style in styles]
        return EqualisedLayer(
            self._content,
            [self._styles[style].waveform for style in styles],
            weights,
            sample_rate=self._task.sample_rate,
        )

    def _left_by(self, styles: Sequence[int]) -> Remainder:
        weights = [self._task.style_weights[style] for style in styles]
        return Remainder(
            self._content,
            [self._styles[style] for style in styles],
            [weight / sum(weights) for weight in weights],
            sample_rate=self._task.sample_rate,
        )


def _instrument(style: Heard, sample_rate: int, n_channels: int) -> Instrument | None:
    """The instrument of a style; None where no note can be cut out."""
    recording = recording_of(style.waveform, n_channels=n_channels, sample_rate=sample_rate)
    try:
        found = centred(Instrument.of([recording], [style.transcription]))
    except InputError:
        return None
    if style.transcription.explained > _ALONE:
        return found
    zones = tuple(_without_lows(zone, is_mixed=style.has_hits) for zone in found.zones)
    return replace(found, zones=zones)


def _without_lows(zone: Zone, *, is_mixed: bool) -> Zone:
    """A note without what sounds below it, as traffic does, or a bass drum in a mix.

    Where there are no drums, what fades with the note is its own, as the body of a plucked bass.
    """
    edge_hz = _LOWEST_PARTIAL * float(midi_to_hz(zone.pitch))
    sections = scipy.signal.butter(_ORDER, edge_hz, "highpass", fs=zone.sample_rate, output="sos")
    samples = np.asarray(scipy.signal.sosfilt(sections, zone.samples), np.float32)
    held = slice(zone.onset, zone.onset + max(round(zone.held_s * zone.sample_rate), 3))
    powers = np.square(zone.samples - samples)[:, held].sum(0)
    first, *_, last = (part.mean() for part in np.array_split(powers, 3))
    if not is_mixed and last < _FADED * first:
        return zone
    return replace(zone, samples=samples)


def _kit(style: Heard, sample_rate: int) -> Kit | None:
    """The kit of a style, in one channel; None where no hit can be cut out."""
    recording = recording_of(style.waveform, n_channels=1, sample_rate=sample_rate)
    try:
        return Kit.of([recording], [style.transcription])
    except InputError:
        return None


def _long_enough(style: Tensor, sample_rate: int) -> Tensor:
    """A style that can be arranged, repeated where it is too short."""
    least = -int(-SHORTEST_S * sample_rate // 1)
    return style.repeat(1, -(-least // style.shape[-1]))
