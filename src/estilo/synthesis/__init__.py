"""Sounds made from nothing: notes, phrases, instruments and textures, for tests and training."""
