"""Styles brought to the tempo and the key of a content, before anything is taken from them."""
