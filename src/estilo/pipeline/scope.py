"""What of the content is changed, and what becomes of its formants. Imports no torch."""

import os
from dataclasses import dataclass
from typing import Any, Literal, get_args

from estilo.errors import SettingsError
from estilo.pipeline.masks import Mask, read_mask
from estilo.pipeline.report import MaskReport

Sound = Literal["all", "harmonic", "percussive"]
_MOST_SEMITONES = 24.0


@dataclass(frozen=True)
class Scope:
    """What of the content is changed, and what becomes of its formants.

    Args:
        on: the sound that the engine is given; what remains is added to its output untouched.
        mask: shares of the result over time and frequency; all of it if there is none.
        formants: how far those of the content are kept, 0 to 1.
        formant_shift_semitones: how far they are moved.

    Raises:
        SettingsError: an unknown sound, or a value out of its bounds.
    """

    on: Sound = "all"
    mask: Mask | None = None
    formants: float = 0.0
    formant_shift_semitones: float = 0.0

    def __post_init__(self) -> None:
        if self.on not in get_args(Sound):
            raise SettingsError(f"on must be all, harmonic or percussive, got {self.on!r}")
        if not 0.0 <= self.formants <= 1.0:
            raise SettingsError(f"formants must lie between 0 and 1, got {self.formants}")
        if not abs(self.formant_shift_semitones) <= _MOST_SEMITONES:
            raise SettingsError(
                f"formants can be moved by up to {_MOST_SEMITONES:g} semitones up or down, got "
                f"{self.formant_shift_semitones}"
            )

    @classmethod
    def of(cls, mask: "str | os.PathLike[str] | None", **options: Any) -> "Scope":
        """A scope whose mask, if any, is read from a file.

        Raises:
            InputError: the mask cannot be used; see `read_mask`.
            SettingsError: as in `Scope`.
        """
        return cls(mask=None if mask is None else read_mask(mask), **options)

    @property
    def is_whole(self) -> bool:
        """Whether an engine's output is the result as it is."""
        return self == Scope()

    @property
    def changes_formants(self) -> bool:
        """Whether anything is done to formants."""
        return bool(self.formants or self.formant_shift_semitones)

    def report(self) -> dict[str, Any]:
        """For the recipe, under the names of `estilo.pipeline.report.Report`."""
        mask = self.mask
        return {
            "on": self.on,
            "mask": None if mask is None else MaskReport(path=mask.path, sha256=mask.sha256),
            "formants": self.formants,
            "formant_shift_semitones": self.formant_shift_semitones,
        }
