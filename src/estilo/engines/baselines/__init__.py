"""Controls that any engine must beat: the content, the style, and a crossfade of both, copied."""
