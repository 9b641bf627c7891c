"""What is heard in recordings, and which engine suits them, told by a worker."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from estilo.web.workers import Told


def hear(tell: Told, *, path: str) -> dict[str, Any]:
    """What kind of sound a recording is, its tempo, key and notes.

    Args:
        tell: function that is not used.
        path: path of the recording.

    Raises:
        AudioFileError: it cannot be used.
    """
    del tell
    from estilo.analysis.descriptors import describe, excerpt
    from estilo.analysis.kinds import character
    from estilo.analysis.sound import Sound
    from estilo.analysis.transcription import transcribe
    from estilo.io import load

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sound = Sound.of(load(path))
        of_all = describe(sound)
        heard = excerpt(sound)
        found = character(heard)
        notes = transcribe(heard)
    said: dict[str, Any] = {
        "kind": found.kind if found else None,
        "tempo_bpm": of_all.tempo_bpm,
        "tempo_confidence": of_all.tempo_confidence,
        "key": of_all.key,
        "key_confidence": of_all.key_confidence,
        "n_notes": len(notes.notes),
        "n_hits": len(notes.hits),
        "explained": round(float(notes.explained), 3),
    }
    return {**said, "words": heard_in_words(said)}


def heard_in_words(heard: dict[str, Any]) -> str:
    """What is heard, in a line.

    Args:
        heard: what `hear` found.

    Example:
        >>> heard_in_words({"kind": "pitched", "tempo_bpm": 96.2, "key": "A minor", "n_notes": 1})
        'pitched, about 96 beats per minute, A minor, 1 note'
    """
    said = [heard["kind"] or "silent"]
    if heard["tempo_bpm"] is not None:
        said.append(f"about {heard['tempo_bpm']:.0f} beats per minute")
    if heard["key"] is not None and heard["kind"] == "pitched":
        said.append(heard["key"])
    if heard["n_notes"]:
        said.append(f"{heard['n_notes']} {'note' if heard['n_notes'] == 1 else 'notes'}")
    return ", ".join(said)


def choose(
    tell: Told,
    *,
    content: dict[str, Any],
    styles: Sequence[dict[str, Any]],
) -> dict[str, str]:
    """The engine that suits some recordings, and why.

    Args:
        tell: function that is not used.
        content: the content: path, label, offset_s and duration_s.
        styles: the styles, likewise.

    Raises:
        AudioFileError: one of them cannot be used.
    """
    del tell
    from estilo.engines.choosing import choose_engine
    from estilo.io import load
    from estilo.presets import SUITED_ENGINE, build_settings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        audios = [
            load(Path(part["path"]), offset_s=part["offset_s"], duration_s=part["duration_s"])
            for part in (content, *styles)
        ]
        choice = choose_engine(
            build_settings(SUITED_ENGINE, {}),
            audios[0],
            audios[1:],
            names=[part["label"] for part in styles],
        )
    return {"engine": choice.engine, "words": choice.words}
