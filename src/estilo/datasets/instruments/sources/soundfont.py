"""Programs of soundfonts through FluidSynth, as they are and bent."""

from dataclasses import dataclass, replace

from estilo.datasets.instruments.drawing import generator
from estilo.datasets.instruments.general_midi import CENTRES
from estilo.datasets.instruments.keys import keys_around
from estilo.datasets.instruments.settings import InstrumentSettings
from estilo.datasets.instruments.takes import SAMPLE_RATE, TAIL_S, Take
from estilo.datasets.soundfonts import LICENCES, N_PROGRAMS, is_held_out, refuse_test_bank
from estilo.synthesis import fluidsynth
from estilo.synthesis.fluidsynth import AS_IS, Bend
from estilo.synthesis.notes import Note
from estilo.synthesis.programs import random_bend


@dataclass(frozen=True)
class ProgramInstrument:
    """A program of a soundfont.

    Args:
        name: name of the instrument.
        source: what it comes from, in words.
        licence: terms of the soundfont.
        soundfont: name or path, as `estilo.synthesis.fluidsynth.find_player` takes it.
        program: General MIDI program, 0 to 119.
        bend: changes to the soundfont's own values.
    """

    name: str
    source: str
    licence: str
    soundfont: str
    program: int
    bend: Bend = AS_IS

    def play(self) -> list[Take]:
        """Its notes; see `estilo.datasets.instruments.sources.base.Instrument`."""
        keys = keys_around(CENTRES[self.program])
        pieces = [
            ((Note(0.0, key.held_s, float(key.midi_pitch), key.velocity / 127.0),), self.program)
            for key in keys
        ]
        played = fluidsynth.render_parts(
            pieces,
            soundfont=self.soundfont,
            sample_rate=SAMPLE_RATE,
            duration_s=max(key.held_s for key in keys) + TAIL_S,
            bend=self.bend,
        )
        return [Take(key, samples) for key, samples in zip(keys, played, strict=True)]


def soundfont(settings: InstrumentSettings) -> list[ProgramInstrument]:
    """Programs of MuseScore_General, or of the soundfont that the settings name; needs FluidSynth.

    Args:
        settings: settings that name the soundfont and the programs.

    Raises:
        SettingsError: the soundfont is the one of the tests.
        InputError: FluidSynth or the soundfont is missing.
    """
    return _programs("soundfont", settings.soundfont, settings)


def opl3(settings: InstrumentSettings) -> list[ProgramInstrument]:
    """Programs of an FM chip of the nineties, the soundfont OPL-3_FM_128M; needs FluidSynth.

    Args:
        settings: settings that say which programs.

    Raises:
        InputError: FluidSynth or the soundfont is missing.
    """
    return _programs("opl3", "OPL-3_FM_128M", settings)


def _programs(prefix: str, font: str, settings: InstrumentSettings) -> list[ProgramInstrument]:
    refuse_test_bank(font)
    fluidsynth.find_player(font)
    chosen = [
        program
        for program in range(N_PROGRAMS)
        if settings.programs in ("all", "validation" if is_held_out(program) else "train")
    ]
    plain = [
        ProgramInstrument(
            name=f"{prefix}-{program:03d}",
            source=f"FluidSynth, {font}",
            licence=LICENCES.get(font, "unknown"),
            soundfont=font,
            program=program,
        )
        for program in chosen
    ]
    return plain + [_bent(plain, prefix, number, settings) for number in range(settings.n_bent)]


def _bent(
    plain: list[ProgramInstrument], prefix: str, number: int, settings: InstrumentSettings
) -> ProgramInstrument:
    """Another instrument out of one of the programs, in a random order of them all."""
    order = generator(settings, f"{prefix}-order").permutation(len(plain))
    base = plain[int(order[number % len(plain)])]
    name = f"{base.name}-bent-{number:03d}"
    rng = generator(settings, name)
    bend = random_bend(rng)
    while bend == AS_IS:
        bend = random_bend(rng)
    return replace(base, name=name, bend=bend)
