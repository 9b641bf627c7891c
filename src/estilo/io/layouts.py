"""Where channels belong: the places of speakers, by the bits of WAVE's channel mask.

Every file names or implies a place for each of its channels. estilo holds channels in the order of
these bits, as wav and flac do; Vorbis, Opus and some of Apple's layouts have orders of their own.

References: Microsoft, WAVEFORMATEXTENSIBLE; Xiph.Org, Vorbis I specification, 4.3.9; RFC 7845,
5.1.1.2; RFC 9639, 9.1.3; Apple, Core Audio Format specification, channel layout tags.
"""

import struct
from collections.abc import Sequence

SPEAKERS = (
    "FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC",
    "SL", "SR", "TC", "TFL", "TFC", "TFR", "TBL", "TBC", "TBR",
)  # fmt: skip
"""Names of the places, by bit."""


def _bits(names: str) -> tuple[int, ...]:
    return tuple(SPEAKERS.index(name) for name in names.split())


_WAVE_DEFAULTS = {
    1: _bits("FC"), 2: _bits("FL FR"), 3: _bits("FL FR FC"), 4: _bits("FL FR BL BR"),
    5: _bits("FL FR FC BL BR"), 6: _bits("FL FR FC LFE BL BR"),
    7: _bits("FL FR FC LFE BC SL SR"), 8: _bits("FL FR FC LFE BL BR SL SR"),
}  # fmt: skip
_VORBIS = {
    3: _bits("FL FC FR"), 4: _bits("FL FR BL BR"), 5: _bits("FL FC FR BL BR"),
    6: _bits("FL FC FR BL BR LFE"), 7: _bits("FL FC FR SL SR BC LFE"),
    8: _bits("FL FC FR SL SR BL BR LFE"),
}  # fmt: skip
# By Core Audio's tags, without the number of channels in their lower half.
_APPLE = {
    100: _bits("FC"), 101: _bits("FL FR"), 108: _bits("FL FR BL BR"),
    113: _bits("FL FR FC"), 114: _bits("FC FL FR"), 115: _bits("FL FR FC BC"),
    116: _bits("FC FL FR BC"), 117: _bits("FL FR FC BL BR"), 118: _bits("FL FR BL BR FC"),
    119: _bits("FL FC FR BL BR"), 120: _bits("FC FL FR BL BR"),
    121: _bits("FL FR FC LFE BL BR"), 122: _bits("FL FR BL BR FC LFE"),
    123: _bits("FL FC FR BL BR LFE"), 124: _bits("FC FL FR BL BR LFE"),
    125: _bits("FL FR FC LFE BL BR BC"), 126: _bits("FL FR FC LFE BL BR FLC FRC"),
    127: _bits("FC FLC FRC FL FR BL BR LFE"), 128: _bits("FL FR FC LFE SL SR BL BR"),
}  # fmt: skip
_APPLE_BITMAP, _APPLE_DESCRIPTIONS, _APPLE_DISCRETE = 0x10000, 0, 147


def mask_of(speakers: Sequence[int]) -> int:
    """WAVE's channel mask.

    Args:
        speakers: bit of each channel.

    Example:
        >>> mask_of([0, 1, 3])
        11
    """
    return sum(1 << bit for bit in set(speakers))


def speakers_of_mask(mask: int) -> tuple[int, ...]:
    """Bits of a channel mask in their order.

    Args:
        mask: WAVE's channel mask.

    Example:
        >>> speakers_of_mask(11)
        (0, 1, 3)
    """
    return tuple(bit for bit in range(len(SPEAKERS)) if mask >> bit & 1)


def layout_name(mask: int) -> str:
    """Places of a channel mask in words.

    Args:
        mask: WAVE's channel mask.

    Example:
        >>> layout_name(0x3F)
        'FL FR FC LFE BL BR'
    """
    return " ".join(SPEAKERS[bit] for bit in speakers_of_mask(mask))


def wave_default(n_channels: int) -> tuple[int, ...]:
    """Places where wav and flac put so many channels of which nothing is said.

    Args:
        n_channels: number of channels, 1 to 8.
    """
    return _WAVE_DEFAULTS[n_channels]


def speakers_of_vorbis(n_channels: int) -> tuple[int, ...] | None:
    """Places of the channels of Vorbis and Opus in their order; None of mono and stereo.

    Args:
        n_channels: number of channels.
    """
    return _VORBIS.get(n_channels)


def vorbis_order(n_channels: int, mask: int | None) -> tuple[int, ...] | None:
    """Which channel of ours stands at each place of Vorbis and Opus.

    The sides and the back of 5.0 and 5.1 are the same pair of speakers by two names.

    Args:
        n_channels: number of channels.
        mask: WAVE's channel mask; where it is not known the usual one is taken.

    Returns:
        Numbers of channels, or None where Vorbis has no such layout.

    Example:
        >>> vorbis_order(6, None), vorbis_order(6, 0x60F), vorbis_order(4, 0xF)
        ((0, 2, 1, 4, 5, 3), (0, 2, 1, 4, 5, 3), None)
    """
    theirs = _VORBIS.get(n_channels)
    if theirs is None:
        return tuple(range(n_channels)) if n_channels <= 2 else None
    ours = wave_default(n_channels) if not mask else speakers_of_mask(mask)
    if n_channels in (4, 5, 6):
        to_back = dict(zip(_bits("SL SR"), _bits("BL BR"), strict=True))
        if not set(_bits("BL BR")) & set(ours):
            ours = tuple(to_back.get(bit, bit) for bit in ours)
    if set(ours) != set(theirs):
        return None
    return tuple(ours.index(bit) for bit in theirs)


def speakers_of_apple(block: bytes) -> tuple[int, ...] | None:
    """Places of the channels from a layout in an aiff or caf file, in their order.

    Args:
        block: content of the chunk ``CHAN`` or ``chan``.

    Returns:
        Bits of WAVE's channel mask; None where they are not all among these.
    """
    if len(block) < 12:
        return None
    tag, bitmap, n_descriptions = struct.unpack(">III", block[:12])
    if tag == _APPLE_BITMAP:
        return speakers_of_mask(bitmap)
    if tag >> 16 == _APPLE_DISCRETE:
        return ()
    if tag != _APPLE_DESCRIPTIONS:
        return _APPLE.get(tag >> 16)
    if len(block) < 12 + 20 * n_descriptions:
        return None
    labels = [
        int.from_bytes(block[12 + 20 * number : 16 + 20 * number], "big")
        for number in range(n_descriptions)
    ]
    is_known = all(1 <= label <= len(SPEAKERS) for label in labels)
    if not is_known or len(set(labels)) < len(labels) or not labels:
        return None
    return tuple(label - 1 for label in labels)


def apple_layout(mask: int, n_channels: int) -> bytes:
    """Content of the chunk ``CHAN`` or ``chan`` for a channel mask.

    Args:
        mask: WAVE's channel mask, whose bits are Core Audio's as well.
        n_channels: number of channels.
    """
    if mask == 0:
        return struct.pack(">III", _APPLE_DISCRETE << 16 | n_channels, 0, 0)
    return struct.pack(">III", _APPLE_BITMAP, mask, 0)
