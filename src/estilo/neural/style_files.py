"""From recordings to a style file."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from estilo.engines.neural.style_card import ClipCard
from estilo.pipeline.sources import Recording, Source, read_styles, with_audio
from estilo.surroundings import own_surroundings

if TYPE_CHECKING:
    from estilo.engines.neural.style_file import StyleFile


@own_surroundings()
def style_from(
    clips: Recording | Sequence[Recording],
    *,
    name: str,
    clip_weights: Sequence[float] | None = None,
    weights: "str | os.PathLike[str] | None" = None,
    licence: str = "",
    consent: str = "",
) -> "StyleFile":
    """A style of one or several recordings, for `estilo.engines.neural.style_file.write_style`.

    Args:
        clips: one or several of path, `Audio` or `Clip`.
        name: what the style is called.
        clip_weights: shares of several clips; equal if not given.
        weights: path of the network's weights; those that come with estilo by default.
        licence: terms of the style; empty where they are not stated.
        consent: who agreed to its use, and how; empty where nobody said.

    Raises:
        InputError: a recording cannot be used; see `estilo.pipeline.sources.read_source`.
        SettingsError: too many clips, or a text that no card takes.
        TensorFileError: the weights cannot be used.
    """
    from estilo.engines.neural.style_file import make_style
    from estilo.engines.neural.weights import read_weights
    from estilo.models.network import SAMPLE_RATE
    from estilo.pipeline.running import as_tensor

    network, _ = read_weights(weights)
    sources = with_audio(read_styles(clips, clip_weights), wanted_by="a new style")
    return make_style(
        network,
        [as_tensor(source.audio, SAMPLE_RATE) for source in sources],
        [source.weight for source in sources],
        origins=[_origin(source) for source in sources],
        name=name,
        licence=licence,
        consent=consent,
    )


def _origin(source: Source) -> ClipCard:
    return ClipCard(
        name="samples" if source.clip.path is None else shown_name(source.clip.path.name),
        sha256=source.sha256,
        offset_s=source.clip.offset_s,
        duration_s=round(source.audio.duration_s, 6),
        weight=source.weight,
    )


def shown_name(text: str) -> str:
    r"""A file's name as a card can have it: names may hold anything, and cards are shown.

    Example:
        >>> shown_name("a\\b\n.wav")
        'a_b_.wav'
    """
    kept = "".join(each if each.isprintable() and each != "\\" else "_" for each in text)
    return kept[:200]
