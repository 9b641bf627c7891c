"""Which engine suits a content signal and its styles."""

from collections.abc import Sequence

from estilo.analysis.descriptors import excerpt
from estilo.analysis.kinds import Kind, character
from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.engines.auto.settings import AutoSettings
from estilo.engines.choosing import Choice
from estilo.engines.style_files import CodedStyle


def choose(
    settings: AutoSettings,
    content: Audio,
    styles: Sequence[Audio | CodedStyle],
    *,
    names: Sequence[str] = (),
) -> Choice:
    """The engine that did best on real recordings of these kinds (docs/choose-an-engine.md).

    Notes in the style of notes or of a voice are played by the trained network and refined; what
    has none, or is to sound like what has none, is left to the engine optimise, and so is speech,
    whose words the network does not keep (docs/voices.md).

    Args:
        settings: strength, which is passed on.
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
    if kinds[0] == "pitched" and all(kind in ("pitched", "voiced") for kind in kinds):
        words = "engine neural, which plays notes, refined by .5"
        return Choice("neural", {"level_matching": 0.0, **given}, 0.5, f"{heard}: {words}")
    return Choice("optimise", given, 0.0, f"{heard}: engine optimise")


def _kind(audio: Audio) -> Kind | None:
    found = character(excerpt(Sound.of(audio)))
    return found.kind if found else None
