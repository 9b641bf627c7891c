"""Styles at the content's tempo and in its key, before an engine hears them."""

from collections.abc import Sequence
from dataclasses import replace

from estilo.analysis.descriptors import excerpt
from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.matching.adjustment import adjustment
from estilo.matching.playing import played
from estilo.pipeline.report import MatchReport
from estilo.pipeline.sources import Source, StyleSource, with_audio


def matched_styles(
    content: Audio,
    styles: Sequence[StyleSource],
    matches: Sequence[str],
    *,
    tempo_bpm: float | None = None,
) -> list[Source]:
    """The styles matched to the content, each with what was done to it.

    Args:
        content: any length; of more than two minutes four stretches are heard.
        styles: styles from `estilo.pipeline.sources.read_styles`.
        matches: some of `MATCHES`.
        tempo_bpm: tempo of the content in beats per minute, where it is known.

    Raises:
        SettingsError: one of the styles is a style file.
    """
    hint = "give a recording, or leave out match"
    recordings = with_audio(styles, wanted_by="match", hint=hint)
    heard = excerpt(Sound.of(content))
    return [
        _matched(heard, style, _name(style, number, len(recordings)), matches, tempo_bpm)
        for number, style in enumerate(recordings, start=1)
    ]


def _matched(
    content: Sound, style: Source, name: str, matches: Sequence[str], tempo_bpm: float | None
) -> Source:
    heard = excerpt(Sound.of(style.audio))
    found = adjustment(content, heard, matches=matches, tempo_bpm=tempo_bpm)
    audio = style.audio
    if found.speed != 1.0 or found.semitones:
        audio = played(audio, speed=found.speed, semitones=found.semitones)
    report = MatchReport(
        speed=found.speed, semitones=found.semitones, words=f"{name}: {found.words}"
    )
    return replace(style, audio=audio, match=report)


def _name(style: Source, number: int, count: int) -> str:
    if style.clip.path is not None:
        return f"style {style.clip.path.name}"
    return "style" if count == 1 else f"style {number}"
