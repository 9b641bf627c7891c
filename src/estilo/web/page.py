"""The files of the page: those that were built, and the small page that takes the token."""

import html
import mimetypes
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
BUILT = HERE / "ui" / "dist"
NOT_BUILT = (
    "The page is not built: run make web in the source tree of estilo, which builds and starts it, "
    "or install a wheel of estilo, which has it."
)
_WORDS = {
    "en": {
        "how": "Start estilo web again to come in, or enter the token that it has printed.",
        "token": "Token",
        "enter": "Enter",
        "script": "This page needs JavaScript. The command line does all of it without: estilo "
        "transfer --help.",
    },
    "es": {
        "how": "Para entrar, inicie estilo web otra vez, o escriba la clave que mostró.",
        "token": "Clave",
        "enter": "Entrar",
        "script": "Esta página necesita JavaScript. La línea de comandos hace lo mismo sin él: "
        "estilo transfer --help.",
    },
}


@dataclass(frozen=True)
class PageFile:
    """A file that is served as it is.

    Args:
        kind: its media type.
        data: its bytes.
    """

    kind: str
    data: bytes


class PageFiles:
    """All files of the page by their names, read once: no path of a request becomes one of a file.

    Args:
        built: folder of what was built.

    Attributes:
        index: the page; None where it was not built.
        assets: the others, by what follows ``/assets/``.
    """

    def __init__(self, built: Path = BUILT) -> None:
        index = built / "index.html"
        self.index = index.read_bytes() if index.is_file() else None
        found = {path.name: path for path in (HERE / "entrance").glob("enter.*")}
        del found["enter.html"]
        above = built / "assets"
        found |= {
            path.relative_to(above).as_posix(): path
            for path in sorted(above.rglob("*"))
            if path.is_file() and path.suffix != ".map"
        }
        self.assets = {
            name: PageFile(_kind(path), path.read_bytes()) for name, path in found.items()
        }


def entrance(languages: str) -> str:
    """The small page that takes the token.

    Args:
        languages: header ``Accept-Language``; Spanish where it begins so, else English.

    Example:
        >>> "Entrar" in entrance("es-AR,es;q=0.9,en;q=0.5")
        True
    """
    lang = "es" if languages.strip().lower().startswith("es") else "en"
    words = {name: html.escape(text) for name, text in _WORDS[lang].items()}
    template = (HERE / "entrance" / "enter.html").read_text(encoding="utf-8")
    return template.format(lang=lang, **words)


def _kind(path: Path) -> str:
    kinds = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2"}
    kind = kinds.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    kind = kind or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
