"""One error tree; every message says what was expected, what came, and what to do.

::

    EstiloError                the base of all                           exit code
    ├── InputError             what was given cannot be used                  2
    │   ├── AudioFileError     a recording cannot be read or analysed         2
    │   ├── TensorFileError    weights or a style file cannot be used         2
    │   ├── SettingsError      a setting is unknown or out of its bounds      2
    │   ├── PluginError        a part of another package cannot be used       2
    │   └── OutputError        the result cannot be written where asked       2
    ├── DivergenceError        the optimisation kept turning non-finite       1
    └── Cancelled              the user stopped the work                    130
"""


class EstiloError(Exception):
    """Base of every error that estilo raises on purpose."""

    exit_code = 1


class InputError(EstiloError, ValueError):
    """What the caller gave cannot be used."""

    exit_code = 2


class AudioFileError(InputError):
    """A recording cannot be read, or there is nothing in it to analyse."""


class TensorFileError(InputError):
    """A file of weights or of a style is damaged, unsafe, or not the one that is needed."""


class SettingsError(InputError):
    """A name or a setting is unknown, out of its bounds, or contradicts another."""


class PluginError(InputError):
    """A part that another package adds cannot be imported, or is not what it is said to be."""


class OutputError(InputError):
    """The result cannot be written where, or in the format that, was asked for."""


class DivergenceError(EstiloError):
    """The optimisation turned non-finite again after it was rolled back and damped."""


class Cancelled(EstiloError):  # noqa: N818 - it is an outcome, not a fault
    """The user stopped the work."""

    exit_code = 130
