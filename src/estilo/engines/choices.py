"""Settings that hold the name of a part. Imports no torch."""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from estilo.registry import Registry, unknown


@dataclass(frozen=True)
class NameOf:
    """Marks a setting whose values are the names of a family's parts, and checks them.

    ``Annotated[str, NameOf(REPRESENTATIONS)]`` takes what the registry has, another package's parts
    included; nothing is imported to check a name.

    Args:
        registry: registry of the family.
        more: names that stand for something else, ahead of the family's.
        less: names that no setting can choose.
    """

    registry: Registry
    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All that can be chosen."""
        return (*self.more, *(name for name in self.registry if name not in self.less))

    def check(self, name: str) -> str:
        """The name itself.

        Args:
            name: name that was set.

        Raises:
            SettingsError: it is none of them.
        """
        if name not in self.names:
            raise unknown(self.registry.family, name, self.names)
        return name

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))
