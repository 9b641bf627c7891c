"""Sizes of the network. Imports no torch."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class GeneratorSettings(BaseModel):
    """Sizes of the network."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    n_channels: Annotated[int, Field(ge=4, le=1024)] = 256
    """Width of its layers."""
    n_vector: Annotated[int, Field(ge=4, le=1024)] = 192
    """Length of the style's vector."""
    n_key: Annotated[int, Field(ge=4, le=1024, multiple_of=4)] = 128
    """Length of a style token's key, shared by four heads."""
    n_value: Annotated[int, Field(ge=4, le=1024, multiple_of=4)] = 192
    """Length of a style token's value, likewise."""
    dilations: Annotated[
        tuple[Annotated[int, Field(ge=1, le=64)], ...], Field(min_length=1, max_length=8)
    ] = (1, 2, 4)
    """Of the encoder's blocks and the decoder's, in frames."""
    memory: bool = True
    """Whether there are LSTMs."""
    lookup: bool = True
    """Whether the style's tokens are looked up, or its vector is all that counts."""
