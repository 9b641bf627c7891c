"""Recorded triplets whose notes are known, and instruments made of them in several ways."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from estilo.analysis.transcription.heard import HeardNote, Transcription
from estilo.audio import Audio
from estilo.datasets.instruments.playing import SampledInstrument
from estilo.evaluation.sets.base import Item
from estilo.evaluation.sets.recorded import SAMPLE_RATE_HZ, RecordedDev
from estilo.sampler.cutting import loudest_db
from estilo.sampler.instrument import Instrument
from estilo.synthesis.notes import Note


@dataclass(frozen=True, eq=False)
class KnownTriplet:
    """A triplet, and who played which notes of it.

    Args:
        item: content, style and target.
        content_phrase: notes of content and target.
        style_phrase: notes of the style.
        content_player: instrument of the content.
        style_player: instrument of style and target.
    """

    item: Item
    content_phrase: tuple[Note, ...]
    style_phrase: tuple[Note, ...]
    content_player: SampledInstrument
    style_player: SampledInstrument

    @classmethod
    def of(cls, triplets: RecordedDev, name: str) -> "KnownTriplet":
        """A triplet of a set.

        Args:
            triplets: the set.
            name: name of the item.
        """
        return cls(triplets.load(name), *triplets.phrases(name), *triplets.players(name))

    @property
    def pair(self) -> str:
        """Names of both instruments."""
        return f"{self.content_player.name}--{self.style_player.name}"

    @cached_property
    def content_notes(self) -> Transcription:
        """The notes of the content as they were played; levels as in their own files."""
        return played_notes(self.content_phrase, self.content_player)

    @cached_property
    def style_notes(self) -> Transcription:
        """The same of the style."""
        return played_notes(self.style_phrase, self.style_player)

    def clip_instrument(self) -> Instrument:
        """The instrument that the style clip gives."""
        return Instrument.of([self.item.style], [self.style_notes])

    def single_notes(self) -> Instrument:
        """The instrument that the clip would give if each of its notes sounded by itself."""
        return instrument_of(map(self.style_player.nearest, self.style_phrase), self.style_player)

    def whole_instrument(self) -> Instrument:
        """Every note of the style's instrument, each by itself."""
        return instrument_of(self.style_player.notes, self.style_player)


def played_notes(phrase: Sequence[Note], player: SampledInstrument) -> Transcription:
    """The notes of a phrase as an instrument played them, as if nothing had been misheard.

    Args:
        phrase: what was to be played.
        player: who played it.
    """
    notes = []
    for note in phrase:
        recorded = player.nearest(note)
        sound = player.samples(recorded)[None]
        level_db = loudest_db(sound, sample_rate=SAMPLE_RATE_HZ)
        notes.append(HeardNote(note.start_s, note.start_s + recorded.held_s, note.pitch, level_db))
    return Transcription(tuple(notes), explained=1.0)


def instrument_of(notes, player: SampledInstrument) -> Instrument:
    """An instrument of recorded notes, each in a recording of its own.

    Args:
        notes: recorded notes; one that comes again counts once.
        player: whose notes they are.
    """
    recordings, heard = [], []
    for note in dict.fromkeys(notes):
        sound = np.asarray(player.samples(note))
        recordings.append(Audio(sound, SAMPLE_RATE_HZ))
        level_db = loudest_db(sound[None], sample_rate=SAMPLE_RATE_HZ)
        heard.append(Transcription((HeardNote(0.0, note.held_s, note.midi_pitch, level_db),)))
    return Instrument.of(recordings, heard)
