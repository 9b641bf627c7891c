"""Sizes of the network. Imports no torch."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from estilo.fields import Documented


class GeneratorSettings(Documented):
    """Sizes of the network."""

    n_channels: Annotated[int, Field(ge=4, le=1024)] = 256
    """Number of channels of its layers."""
    n_vector: Annotated[int, Field(ge=4, le=1024)] = 192
    """Length of the style's vector."""
    n_key: Annotated[int, Field(ge=4, le=1024, multiple_of=4)] = 128
    """Length of a style token's key, shared by four heads."""
    n_value: Annotated[int, Field(ge=4, le=1024, multiple_of=4)] = 192
    """Length of a style token's value, likewise."""
    dilations: Annotated[
        tuple[Annotated[int, Field(ge=1, le=64)], ...], Field(min_length=1, max_length=8)
    ] = (1, 2, 4)
    """Dilations of the encoder's blocks and of the decoder's, in frames."""
    memory: bool = True
    """Whether there are LSTMs."""
    cross_attention: bool = True
    """Whether the decoder attends to the style's tokens, or has only the style's vector."""

    @model_validator(mode="before")
    @classmethod
    def _accept_old_names(cls, values: Any) -> Any:
        """Weights and recipes of version 0.1 call cross-attention ``lookup``."""
        if isinstance(values, dict) and "lookup" in values:
            others = {name: value for name, value in values.items() if name != "lookup"}
            return {"cross_attention": values["lookup"], **others}
        return values
