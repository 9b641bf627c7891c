"""Which engine suits a content signal and its styles."""

from collections.abc import Sequence
from functools import cache

from estilo.analysis.descriptors import excerpt
from estilo.analysis.kinds import Kind, character
from estilo.analysis.sound import Sound
from estilo.analysis.transcription.heard import Transcription
from estilo.analysis.transcription.recent import RECENT
from estilo.audio import Audio
from estilo.engines.auto.settings import AutoSettings
from estilo.engines.choosing import Choice
from estilo.engines.style_files import CodedStyle

EXPLAINED = 0.8
"""Share of a recording's power in notes and hits from which its notes can be played."""

NETWORK_EXPLAINED = 0.5
"""The same from which on the trained network does better than the engine optimise."""

MOST_PER_S = 5.0
"""Notes per second up to which they are heard well enough to be played."""

LISTENED_S = 30.0
"""Length of the middle of a recording in which notes are listened for, in seconds."""


def choose(
    settings: AutoSettings,
    content: Audio,
    styles: Sequence[Audio | CodedStyle],
    *,
    names: Sequence[str] = (),
) -> Choice:
    """The engine that did best on real recordings of these kinds (docs/choose-an-engine.md).

    Where the notes of the content and of all styles can be heard out, the engine notes plays the
    ones on the instrument of the others. Other notes in the style of notes are played by the
    trained network and refined, as long as half of what sounds is heard as notes: of an orchestra
    it keeps less than it takes. What has none, or is to sound like what has none, is left to the
    engine optimise. So is speech, whose words no other engine keeps (docs/voices.md), and what is
    to sound like speech: the network breaks notes up into syllables.

    Args:
        settings: strength, which is passed on; if it was not set, the engine notes plays at its
            own.
        content: any length; of more than two minutes four stretches are heard.
        styles: recordings, or styles that came without their audio.
        names: what the styles are called in the words, one each; their numbers if not given.
    """
    given = settings.model_dump()
    recordings = [style for style in styles if isinstance(style, Audio)]
    if len(recordings) < len(styles):
        return Choice("neural", given, 0.0, "engine neural: it alone takes style files")
    kinds = [_kind(content), *(_kind(style) for style in recordings)]
    called = names or [str(number) for number in range(1, len(styles) + 1)]
    whose = ["content", *(f"style {name}" for name in called)]
    heard = ", ".join(
        f"the {name} is {kind or 'silent'}" for name, kind in zip(whose, kinds, strict=True)
    )
    every = [*recordings, content]
    heard_in = cache(lambda place: _heard(every[place]))  # only where it is asked for, and once
    if "voiced" not in kinds and all(
        _has_notes(heard_in(place), audio.duration_s) for place, audio in enumerate(every)
    ):
        if "strength" not in settings.model_fields_set:
            given.pop("strength")
        words = "all made of notes that can be heard out: engine notes, which plays them"
        return Choice("notes", given, 0.0, f"{heard}, {words}")
    if all(kind == "pitched" for kind in kinds) and all(
        heard_in(place).explained >= NETWORK_EXPLAINED for place in range(len(every))
    ):
        words = "engine neural, which plays notes, refined by .5"
        return Choice("neural", {"level_matching": 0.0, **given}, 0.5, f"{heard}: {words}")
    return Choice("optimise", given, 0.0, f"{heard}: engine optimise")


def _kind(audio: Audio) -> Kind | None:
    found = character(excerpt(Sound.of(audio)))
    return found.kind if found else None


def _has_notes(heard: Transcription, duration_s: float) -> bool:
    """Whether the notes of a recording of some length can be heard out."""
    is_sparse = len(heard.notes) <= MOST_PER_S * max(min(duration_s, LISTENED_S), 1.0)
    return len(heard.notes) > len(heard.hits) and heard.explained >= EXPLAINED and is_sparse


def _heard(audio: Audio) -> Transcription:
    """What is heard in the middle of it."""
    size = round(LISTENED_S * audio.sample_rate)
    start = max(audio.n_samples - size, 0) // 2
    return RECENT.transcribe(Audio(audio.samples[:, start : start + size], audio.sample_rate))
