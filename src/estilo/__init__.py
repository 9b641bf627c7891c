"""estilo: the content of one recording in the style of another."""

__version__ = "0.1.0"
