"""Attributes of a sound apart, each in physical units: one file per attribute."""
