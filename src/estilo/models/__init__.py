"""Trained networks, one architecture per file."""
