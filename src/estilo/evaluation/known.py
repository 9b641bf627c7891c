"""What a test set knows of its items' notes, and the best that could be made of them.

Whoever knew the notes of the content, and had every note of the style's instrument at hand instead
of a clip, would still have to play them: how near that comes to the target is the ceiling of what
engines that play notes can reach.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from estilo.analysis.transcription.heard import HeardNote, Transcription
from estilo.audio import Audio
from estilo.datasets.instruments.library import InstrumentNote
from estilo.datasets.instruments.playing import SampledInstrument
from estilo.sampler.cutting import loudest_db
from estilo.sampler.instrument import Instrument
from estilo.sampler.player import play
from estilo.synthesis.notes import Note


@dataclass(frozen=True, eq=False)
class KnownNotes:
    """Who plays which notes of a triplet.

    Args:
        content_phrase: notes of content and target.
        style_phrase: notes of the style.
        content_player: instrument of the content.
        style_player: instrument of style and target.
    """

    content_phrase: tuple[Note, ...]
    style_phrase: tuple[Note, ...]
    content_player: SampledInstrument
    style_player: SampledInstrument

    @cached_property
    def content_notes(self) -> Transcription:
        """The notes of the content as they were played; levels as in their own files."""
        return played_notes(self.content_phrase, self.content_player)

    @cached_property
    def style_notes(self) -> Transcription:
        """The same of the style."""
        return played_notes(self.style_phrase, self.style_player)

    def single_notes(self) -> Instrument:
        """The instrument that the clip would give if each of its notes sounded by itself."""
        return instrument_of(map(self.style_player.nearest, self.style_phrase), self.style_player)

    def whole_instrument(self) -> Instrument:
        """Every note of the style's instrument, each by itself."""
        return instrument_of(self.style_player.notes, self.style_player)

    def ceiling(self, *, duration_s: float) -> Audio:
        """The content's notes played on the whole instrument.

        Args:
            duration_s: duration of the result, in seconds.
        """
        instrument, rate = self.whole_instrument(), self.style_player.sample_rate
        notes = self.content_notes.notes
        return play(notes, instrument, sample_rate=rate, duration_s=duration_s).audio


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
        level_db = loudest_db(sound, sample_rate=player.sample_rate)
        notes.append(HeardNote(note.start_s, note.start_s + recorded.held_s, note.pitch, level_db))
    return Transcription(tuple(notes), explained=1.0)


def instrument_of(notes: Iterable[InstrumentNote], player: SampledInstrument) -> Instrument:
    """An instrument of recorded notes, each in a recording of its own.

    Args:
        notes: recorded notes; one that comes again counts once.
        player: instrument whose notes they are.
    """
    rate, recordings, heard = player.sample_rate, [], []
    for note in dict.fromkeys(notes):
        sound = np.asarray(player.samples(note))
        recordings.append(Audio(sound, rate))
        level_db = loudest_db(sound[None], sample_rate=rate)
        heard.append(Transcription((HeardNote(0.0, note.held_s, note.midi_pitch, level_db),)))
    return Instrument.of(recordings, heard)
