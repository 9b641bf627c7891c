"""Recorded instruments: the ones of ``ESTILO_INSTRUMENTS`` that may be learnt from."""

from collections.abc import Sequence

from estilo.datasets.instruments.library import recorded_folder
from estilo.datasets.instruments.settings import InstrumentSettings
from estilo.datasets.instruments.sources.folder import FolderInstrument, instruments_in


def recorded(settings: InstrumentSettings) -> Sequence[FolderInstrument]:  # noqa: ARG001 - as all
    """Recorded instruments in the folder ESTILO_INSTRUMENTS, all notes of its half for training.

    Args:
        settings: settings, of which it needs none.

    Raises:
        InputError: the folder is not there.
    """
    return instruments_in(recorded_folder(), prefix="recorded-")
