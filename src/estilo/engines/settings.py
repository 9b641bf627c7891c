"""What the settings of all engines have in common. Imports no torch."""

from pydantic import BaseModel, ConfigDict


class EngineSettings(BaseModel):
    """Base of every engine's settings: unknown names are refused, docstrings are the help."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @property
    def returns_content(self) -> bool:
        """Whether the content is wanted back, sample by sample, so that nothing need run."""
        return getattr(self, "strength", None) == 0
