"""Styles brought to the tempo and the key of the content, before anything is taken from them."""
