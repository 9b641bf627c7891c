"""The engine that rebuilds the content from grains of the styles."""
