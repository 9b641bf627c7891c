"""Blocks of a file that are neither samples nor the tags that estilo knows: markers, loops, times.

A transfer keeps them where the output has the content's length and kind of file, and says so where
it does not.
"""

from dataclasses import dataclass

MAX_METADATA_BYTES = 2**24


@dataclass(frozen=True)
class Metadata:
    """Blocks of one file in their order.

    Args:
        family: kind of file whose blocks they are: "wav", "aiff", "caf", "flac" or "mp3".
        blocks: name and content of each; of flac, the number of its type in the place of a name.
    """

    family: str
    blocks: tuple[tuple[bytes, bytes], ...]

    @property
    def names(self) -> list[str]:
        """Names of the blocks as people know them, each once."""
        return list(dict.fromkeys(block_name(name) for name, _ in self.blocks))


_FLAC_NAMES = {2: "application data", 5: "cue sheet", 6: "picture"}


def block_name(name: bytes) -> str:
    r"""A block's name as people know it.

    Args:
        name: name in the file; of flac, the number of the block's type as a byte.

    Example:
        >>> block_name(b"cue "), block_name(b"\x06"), block_name(b"\xa9x\n ")
        ('cue', 'picture', '.x.')
    """
    if name == b"APIC":
        return "picture"
    if len(name) == 1:
        return _FLAC_NAMES.get(name[0], f"block {name[0]}")
    return "".join(chr(each) if 32 <= each < 127 else "." for each in name).strip()
