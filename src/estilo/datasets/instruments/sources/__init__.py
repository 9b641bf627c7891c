"""Where instruments come from: one file per source.

A source is a function from the settings to the instruments that it offers, which are rendered by
`estilo.datasets.instruments.rendering`.
"""

from estilo.registry import Registry

_PACKAGE = "estilo.datasets.instruments.sources"

SOURCES = Registry(
    "source of instruments",
    parts={
        "own": f"{_PACKAGE}.own:patches",
        "soundfont": f"{_PACKAGE}.soundfont:soundfont",
        "opl3": f"{_PACKAGE}.soundfont:opl3",
        "freepats": f"{_PACKAGE}.freepats:freepats",
        "recorded": f"{_PACKAGE}.recorded:recorded",
        "tonejs": f"{_PACKAGE}.tonejs:tonejs",
    },
)
"""The table of sources. A folder is another one, written ``folder:PATH``."""
