"""How often the timbre metrics and the embedding of textures tell sounds apart.

Both networks learnt from estilo's synthesiser alone (`estilo.evaluation.networks.timbre`,
`estilo.evaluation.networks.embedding`); soundfonts and recordings are sounds they have not heard.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from importlib.resources import files

import numpy as np

from common import Section, left_out_where_missing, processor_s, write_table
from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.spectra import mfcc
from estilo.dsp.resample import resample
from estilo.evaluation.networks.texture_examples import noise_like, scrambled, shuffled
from estilo.evaluation.networks.timbre import N_SEGMENTS
from estilo.evaluation.networks.triplets import triplet_accuracy
from estilo.evaluation.sets.synthetic import FAMILIES
from estilo.evaluation.sets.textures import Textures
from estilo.metrics.embedding import embed, texture_fad, texture_kad
from estilo.metrics.timbre import timbre_mfcc
from estilo.metrics.timbre_network import timbre_embedding, timbre_triplet
from estilo.synthesis.fluidsynth import render
from estilo.synthesis.notes import random_phrase
from material import has_recordings

FONTS = ("TimGM6mb", "MuseScore_General")
SEED = 20_261_121
SEGMENT_S = 8.0
SHORT_S = 3.0
_PLAY_HZ = 44_100
_GAP_S = 2.0
_EMBEDDINGS = ("network", "statistics")

_HEAD = f"""\
{N_SEGMENTS} phrases of {SEGMENT_S:g} s on each instrument, melodies and polyphony in turn; all
triplets of one phrase, another one of the same instrument, and one of another instrument: the share
in which the same instrument is nearer."""

Segments = list[list[Sound]]


def statistics(sound: Sound) -> np.ndarray:
    """The vector whose cosine distance `timbre_mfcc` is."""
    coefficients = sound.once(mfcc)[1:].astype(np.float64)
    return np.concatenate([coefficients.mean(1), coefficients.std(1)])


METRICS: dict[str, Callable[[Sound], np.ndarray]] = {
    "timbre_triplet": timbre_embedding,
    "timbre_mfcc": statistics,
}


def played(program: int, soundfont: str) -> Iterator[Sound]:
    """Phrases on one General MIDI program, with one run of FluidSynth."""
    rng = np.random.default_rng([SEED, program])
    low = 28 if program in FAMILIES["bass"] else 48
    row, space_s = [], SEGMENT_S + _GAP_S
    for segment in range(N_SEGMENTS):
        phrase = random_phrase(
            rng, duration_s=SEGMENT_S, is_polyphonic=segment % 2 == 1, low=low, high=low + 36
        )
        row += [
            type(n)(n.start_s + segment * space_s, n.duration_s, n.pitch, n.velocity)
            for n in phrase
        ]
    whole = render(
        row,
        program=program,
        soundfont=soundfont,
        sample_rate=_PLAY_HZ,
        duration_s=N_SEGMENTS * space_s,
    )
    whole = resample(whole[None], _PLAY_HZ, RATE_HZ)[0]
    for segment in range(N_SEGMENTS):
        start = round(segment * space_s * RATE_HZ)
        yield Sound(whole[start : start + round(SEGMENT_S * RATE_HZ)], RATE_HZ)


def shortened(segments: Segments) -> Segments:
    """The first seconds of every segment."""
    n_samples = round(SHORT_S * RATE_HZ)
    return [[Sound(sound.mono[:n_samples], RATE_HZ) for sound in row] for row in segments]


def accuracy(segments: Segments, embed: Callable[[Sound], np.ndarray]) -> float:
    """Share of triplets that are right."""
    return triplet_accuracy(np.array([[embed(sound) for sound in row] for row in segments]))


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument(
        "--programs", type=int, default=99, help="Programs of each family at most, of soundfonts."
    )
    n_programs: int = parser.parse_args().programs
    sections: list[Section] = [_own_section()]
    for font in FONTS:
        with left_out_where_missing(f"instruments of {font}"):
            sections.append(_font_section(font, n_programs=n_programs))
    sections += [_embedding_section(), _textures_section(), _speed_section()]
    write_table("timbre-network", "Instruments and textures told apart", sections)


def _own_section() -> Section:
    card = _card("timbre")
    rows = [(name, _percent(value)) for name, value in card["accuracy"].items() if name != "what"]
    text = (
        f"{_HEAD}\n\n## Own synthesiser\n\nInstruments that training has not heard, every second "
        "one with effects; of any family, and triplets within one family (from the card of the "
        f"weights). Trained on one CPU core: {card['minutes_rendering']} minutes of rendering, "
        f"{card['minutes_fitting']} of fitting."
    )
    return text, ("instruments", "right"), rows


def _font_section(font: str, *, n_programs: int) -> Section:
    families = {family: programs[:n_programs] for family, programs in FAMILIES.items()}
    programs = {p: family for family, ps in families.items() for p in ps}
    segments = {program: list(played(program, font)) for program in programs}
    everything = list(segments.values())
    rows = [
        _row("all programs", everything),
        _row(f"all programs, first {SHORT_S:g} s", shortened(everything)),
    ]
    for family, members in families.items():
        rows.append(_row(f"within {family}", [segments[p] for p in members]))
    text = f"## {font}\n\n{len(programs)} General MIDI programs as sources, dry."
    return text, ("instruments", *METRICS), rows


def _row(name: str, segments: Segments) -> tuple[str, ...]:
    return name, *(_percent(accuracy(segments, embed)) for embed in METRICS.values())


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"


def _card(name: str) -> dict:
    return json.loads((files("estilo.metrics") / "weights" / f"{name}.json").read_text("utf-8"))


def _embedding_section() -> Section:
    card = _card("embedding")
    figures = card["accuracy"]
    rows = [
        (f"{what}, {against}", *(_percent(figures[name][what][against]) for name in _EMBEDDINGS))
        for what in ("windows", "kad")
        for against in figures["network"][what]
    ]
    text = (
        "## Embedding of textures\n\nFrom the card of the weights: "
        f"{figures['what']}. The network against the statistics that it is told, each of unit "
        f"deviation. Trained on one CPU core: {card['minutes_rendering']} minutes of rendering, "
        f"{card['minutes_fitting']} of fitting."
    )
    return text, ("right", *_EMBEDDINGS), rows


def _textures_section() -> Section:
    rows = []
    has_recordings("recorded textures")
    textures = Textures()
    for name in textures.names():
        item = textures.load(name)
        assert item.target is not None
        style, target = Sound.of(item.style), Sound.of(item.target)
        rng = np.random.default_rng([SEED, *name.encode()])
        candidates = [style, Sound(shuffled(style.mono, rng, grain_s=0.1), RATE_HZ)]
        candidates.append(Sound(scrambled(style.mono, rng, n_fft=2048), RATE_HZ))
        candidates.append(Sound(noise_like(style.mono, rng), RATE_HZ))
        cells = (f"{texture_kad(c, target):.1f} / {texture_fad(c, target):.2f}" for c in candidates)
        rows.append((name, *cells))
    text = (
        "## Textures against their second half\n\nKernel / Fréchet audio distance of 1 s windows; "
        "rain and ocean are recordings."
    )
    columns = ("texture", "first half", "shuffled, 100 ms", "phases at random, n_fft 2048", "noise")
    return text, columns, rows


def _speed_section() -> Section:
    rng = np.random.default_rng(SEED)

    def noise() -> Sound:
        return Sound(0.1 * rng.standard_normal(10 * RATE_HZ), RATE_HZ)

    works: dict[str, Callable[[], object]] = {
        "timbre_triplet": lambda: timbre_triplet(noise(), noise()),
        "timbre_mfcc": lambda: timbre_mfcc(noise(), noise()),
        "embed, one recording": lambda: embed(noise()),
    }
    rows = [
        (name, f"{1000.0 * processor_s(work, n_times=9):.0f} ms") for name, work in works.items()
    ]
    text = "## Time\n\nRecordings of 10 s at 16 kHz, MFCCs and bands included."
    return text, ("metric", "processor time, median of 9"), rows


if __name__ == "__main__":
    main()
