"""Layers that may be run block by block, their state in plain sight.

A layer takes ``(batch, frames, channels)`` and a state, a flat mapping from names to tensors with
the batch first, and gives back both. Run over a whole signal at once or over its pieces in a row,
it computes the same; there is no norm over time or over the batch.
"""

from estilo.nn.blocks import Modulation, ResidualBlock
from estilo.nn.layers import CELL, CausalTaps, Lstm, State

__all__ = ["CELL", "CausalTaps", "Lstm", "Modulation", "ResidualBlock", "State"]
