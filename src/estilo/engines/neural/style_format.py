"""The format of the neural engine's style files. Imports no torch until a style is read."""

import os
from typing import TYPE_CHECKING

from estilo.engines.neural.style_card import SUFFIX, is_style_file, read_arrays

if TYPE_CHECKING:
    from estilo.engines.neural.style_file import StyleFile


class NeuralStyleFormat:
    """Files that end in ``.estilo-style``; see `estilo.engines.style_files.StyleFormat`."""

    suffix = SUFFIX

    def recognises(self, path: str | os.PathLike[str]) -> bool:
        """See `estilo.engines.style_files.StyleFormat.recognises`."""
        return is_style_file(path)

    def check(self, path: str | os.PathLike[str]) -> None:
        """See `estilo.engines.style_files.StyleFormat.check`.

        Raises:
            TensorFileError: the file is missing, or no sound style file.
        """
        read_arrays(path)

    def read(self, path: str | os.PathLike[str]) -> "StyleFile":
        """See `estilo.engines.style_files.StyleFormat.read`.

        Raises:
            TensorFileError: as in `check`.
        """
        from estilo.engines.neural.style_file import read_style

        return read_style(path)


NEURAL_STYLE_FORMAT = NeuralStyleFormat()
