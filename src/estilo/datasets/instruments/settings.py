"""Settings of instruments that are rendered. Imports nothing that reads or makes sound."""

from typing import Annotated, Literal

from pydantic import Field

from estilo.fields import Documented


class InstrumentSettings(Documented):
    """Settings of the instruments that are rendered. The same settings give the same notes."""

    learner: Literal["metrics", "engines"] = "metrics"
    """What will learn from the instruments, metrics or engines. For metrics a reserved seed is
    used, so that no engine learns what a metric knows."""
    # Below 2^32, as numpy would take the words of a longer seed for the next ones of a sequence.
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1
    """Random seed of everything that is drawn."""
    n_patches: Annotated[int, Field(ge=0)] = 600
    """Number of patches of estilo's own synthesiser, all of them pitched."""
    n_bent: Annotated[int, Field(ge=0)] = 60
    """Number of further instruments that are made of each soundfont's programs by another filter,
    attack, decay, release or vibrato."""
    programs: Literal["all", "train", "validation"] = "all"
    """Which programs of soundfonts to take: all, or those for train or validation in `estilo data
    synth`."""
    soundfont: str = "MuseScore_General"
    """Name or path of the soundfont of the source soundfont. TimGM6mb is refused: the scoreboard
    tests on it."""
    freepats: str = "/usr/share/midi/freepats"
    """Folder of the patches of the source freepats."""
    tonejs: str = "tonejs"
    """Folder of the unpacked packages of the source tonejs."""
