"""What an exporter is."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import ClassVar

from estilo.models.network import Network


@dataclass(frozen=True)
class Exported:
    """A file that was written, and how exactly it computes what the network computes.

    Args:
        path: path of the file.
        n_bytes: size of the file.
        error: largest difference from the network in the verification, relative to full scale or
            to the output's peak, whichever is larger.
    """

    path: Path
    n_bytes: int
    error: float


class Exporter(ABC):
    """Writes the network of the neural engine in one form, after verifying what it would write."""

    suffix: ClassVar[str]
    """End of the files' names, with its dot."""

    @abstractmethod
    def export(
        self,
        network: Network,
        path: str | PathLike[str],
        *,
        channels: int = 1,
        n_hops: int = 1,
        force: bool = False,
    ) -> Exported:
        """Write a network.

        Args:
            network: network on the processor.
            path: where the file is wanted.
            channels: number of channels of the waveform that the file will take and give.
            n_hops: hops of 512 samples in the blocks that it will take and give.
            force: replace a file that is already there.

        Raises:
            SettingsError: it cannot be written with these options, or a package that this form
                needs is missing.
            OutputError: what would be written computes something else, or it cannot be written;
                nothing was written.
        """
