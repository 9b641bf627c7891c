"""Styles to keep and to share: a code, and a card that says where it comes from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
import torch
from pydantic import ValidationError
from torch import Tensor

from estilo.dsp.loudness import integrated_loudness
from estilo.engines.excerpts import require_sound
from estilo.engines.neural.listening import listen
from estilo.engines.neural.style_card import (
    FORMAT,
    LOUDNESS_LUFS,
    MAX_CLIPS,
    MAX_TOKENS,
    N_LEVELS,
    ClipCard,
    StyleCard,
    check_numbers,
    flaw_of,
    read_arrays,
)
from estilo.engines.neural.styles import blend_codes
from estilo.engines.neural.weights import network_id
from estilo.errors import InputError, SettingsError, TensorFileError
from estilo.io.tensors import write_tensors
from estilo.models.network import SAMPLE_RATE, Network
from estilo.models.style_encoder import StyleCode


@dataclass(frozen=True, eq=False)
class StyleFile:
    """A style without its audio.

    Args:
        code: what the network knows of the style, with a batch of 1.
        card: where it comes from.
    """

    code: StyleCode
    card: StyleCard

    def to(self, device: torch.device | str) -> "StyleFile":
        """The same on a device."""
        return StyleFile(StyleCode(*(part.to(device) for part in self.code)), self.card)


Style = StyleCode | StyleFile
"""What a network can play in."""


def make_style(
    network: Network,
    clips: Sequence[Tensor],
    weights: Sequence[float],
    *,
    origins: Sequence[ClipCard],
    name: str,
    licence: str = "",
    consent: str = "",
) -> StyleFile:
    """A style of one or several clips: each is heard by itself, and their codes are blended.

    Of many clips the tokens are thinned out evenly, so that no more than 1024 are left.

    Args:
        network: network that will play in this style.
        clips: ``(channels, time)`` each, at 48 kHz.
        weights: one positive share per clip.
        origins: what the card says of each clip.
        name: what the style is called.
        licence: its terms; empty where they are not stated.
        consent: who agreed to its use, and how; empty where nobody said.

    Raises:
        AudioFileError: a clip is silent.
        SettingsError: too many clips, or a text that no card takes.
    """
    if not 1 <= len(clips) <= MAX_CLIPS:
        raise SettingsError(
            f"a style is made from 1 to {MAX_CLIPS} clips, got {len(clips)}; join short ones"
        )
    if not len(clips) == len(weights) == len(origins):
        raise SettingsError(
            f"expected a weight and an origin for each of {len(clips)} clips, got {len(weights)} "
            f"and {len(origins)}"
        )
    require_sound(clips)
    try:
        card = StyleCard(
            format=FORMAT,
            name=name,
            licence=licence,
            consent=consent,
            loudness_lufs=_loudness(clips, weights),
            clips=tuple(origins),
            weights=network_id(network),
        )
    except ValidationError as error:
        raise SettingsError(f"the style's card cannot be made: {flaw_of(error)}") from error
    most = MAX_TOKENS // len(clips)
    code = blend_codes([_thinned(listen(network, clip), most) for clip in clips], weights)
    # As it will come back from the file, so that both sound the same.
    return StyleFile(StyleCode(*(part.half().float() for part in code)), card)


def write_style(path: str | PathLike[str], file: StyleFile, *, force: bool = False) -> Path:
    """Keep a style, at half precision; equal styles give equal bytes.

    Args:
        path: ends in ``.estilo-style``, so that everybody knows what it is.
        file: the style.
        force: replace a file that is already there.

    Raises:
        TensorFileError: its numbers are none, or too large; or its card cannot be shown.
        OutputError: it cannot be written.
    """
    path = Path(path)
    arrays = {name: part.detach().cpu().numpy() for name, part in file.code._asdict().items()}
    check_numbers(path, arrays)
    halves = {name: each.astype(np.float16) for name, each in arrays.items()}
    return write_tensors(path, halves, file.card.model_dump(mode="json"), force=force)


def read_style(path: str | PathLike[str]) -> StyleFile:
    """A style that somebody kept; nothing in the file is run.

    Raises:
        TensorFileError: it is missing, or no sound style file.
    """
    file, card = read_arrays(path)
    parts = {name: torch.from_numpy(each) for name, each in file.tensors.items()}
    return StyleFile(StyleCode(**parts), card)


def check_fits(file: StyleFile, network: Network) -> None:
    """Refuse a style that other weights made: to these it would mean nothing.

    Args:
        file: the style.
        network: network that is to play in it.

    Raises:
        TensorFileError: the style is of other weights.
    """
    own, card = network_id(network), file.card
    settings = network.generator.settings
    code = file.code
    widths = [code.vector.shape[-1], code.keys.shape[-1], code.values.shape[-1]]
    expected = [settings.n_vector, settings.n_key, settings.n_value, network.bands.n_bands]
    if card.weights == own and [*widths, code.levels.shape[-2]] == expected:
        return
    names = ", ".join(clip.name for clip in card.clips[:3])
    more = f" and {len(card.clips) - 3} more" if len(card.clips) > 3 else ""
    raise TensorFileError(
        f"the style file {card.name!r} was made with weights {card.weights}, and those in use are "
        f"{own}; make it again from its clips ({names}{more}), or give the weights that it was "
        "made with"
    )


def code_for(style: Style, network: Network) -> StyleCode:
    """The code of a style that is to be played by a network, on the network's device.

    A code by itself does not say which weights made it: where others of the same sizes did, only
    the ear finds out. A style file says it; to check that takes some 10 ms.

    Args:
        style: the code of a style, or a style file.
        network: network that is to play in it.

    Raises:
        TensorFileError: a style file is of other weights.
        InputError: it is no style, or of other sizes than this network's.
    """
    if isinstance(style, StyleFile):
        check_fits(style, network)
        style = style.code
    if not isinstance(style, StyleCode):
        raise InputError(
            f"expected the code of a style or a style file, got {type(style).__name__}; give "
            "`neural.encode(recording).style`, or what `read_style` reads"
        )
    own, n_tokens = network.generator.settings, style.keys.shape[1]
    shapes = {
        "vector": (1, own.n_vector),
        "keys": (1, n_tokens, own.n_key),
        "values": (1, n_tokens, own.n_value),
        "weights": (1, n_tokens),
        "levels": (1, network.bands.n_bands, N_LEVELS),
    }
    for name, expected in shapes.items():
        got = tuple(getattr(style, name).shape)
        if got != expected:
            raise InputError(
                f"expected a style whose {name!r} has the shape {expected}, got {got}; make it "
                "with the weights that are to play it"
            )
    return StyleCode(*(part.to(network.framing.analysis.device) for part in style))


def _thinned(code: StyleCode, most: int) -> StyleCode:
    """At most so many tokens, evenly spaced."""
    n_tokens = code.weights.shape[1]
    if n_tokens <= most:
        return code
    kept = torch.linspace(0, n_tokens - 1, most, device=code.weights.device).round().long()
    keys, values, weights = (each[:, kept] for each in (code.keys, code.values, code.weights))
    return code._replace(keys=keys, values=values, weights=weights)


def _loudness(clips: Sequence[Tensor], weights: Sequence[float]) -> float | None:
    powers = [
        weight * 10.0 ** (integrated_loudness(clip.cpu().numpy(), SAMPLE_RATE) / 10.0)
        for clip, weight in zip(clips, weights, strict=True)
    ]
    power = sum(powers) / sum(weights)
    if not power > 0.0:
        return None
    least, most = LOUDNESS_LUFS
    return round(min(max(10.0 * math.log10(power), least), most), 2)
