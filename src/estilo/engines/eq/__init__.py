"""The engine that equalises: the style's average spectrum, and nothing else of it."""
