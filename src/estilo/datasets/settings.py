"""Settings of `estilo.datasets.synth`. Imports nothing that reads or makes sound."""

from typing import Annotated

from pydantic import Field

from estilo.fields import Documented


class SynthSettings(Documented):
    """Settings of the clips that are rendered. The same settings give the same clips."""

    # Below 2^32, as numpy would take the words of a longer seed for the next ones of a sequence.
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1
    """Random seed of everything that is drawn."""
    n_patches: Annotated[int, Field(ge=0)] = 720
    """Number of instruments of estilo's own synthesiser in the training split."""
    n_programs: Annotated[int, Field(ge=0)] = 480
    """Number of instruments of the soundfont in the training split."""
    n_textures: Annotated[int, Field(ge=0)] = 48
    """Number of sounds without notes in the training split: fire, wind, water, crowds, machines."""
    n_validation: Annotated[int, Field(ge=0)] = 60
    """Number of instruments in the validation split; half of them are the soundfont's, if it is
    used."""
    soundfont: str = "MuseScore_General"
    """Name or path of a soundfont. TimGM6mb is refused: the scoreboard tests on it."""
    clips_per_instrument: Annotated[int, Field(ge=2)] = 5
    """Number of phrases that each instrument plays."""
    band: Annotated[int, Field(ge=1)] = 10
    """Number of instruments that play the same phrase; 1 if each is paired with itself alone, as
    processed 1 does."""
    duration_s: Annotated[float, Field(ge=1.0, le=60.0)] = 8.0
    """Duration of a clip, in seconds."""
    polyphonic: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of phrases with several voices."""
    effects: Annotated[float, Field(ge=0, le=1)] = 0.6
    """Share of instruments with a chain of effects."""
    processed: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of instruments that play their phrases twice: as they are, and through a chain of
    effects (amplifier, overdrive, compressor, equaliser, chorus, room) as another instrument."""
    bent: Annotated[float, Field(ge=0, le=1)] = 0.6
    """Share of the soundfont's programs with another filter, attack, decay, release or vibrato."""
    layered: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Share of the soundfont's instruments that are two programs in unison or an octave apart."""
