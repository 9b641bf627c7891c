"""How the neural engine's results sound, in figures and in pictures, beside their true targets.

Ten synthetic triplets of TimGM6mb: log-magnitude error at three resolutions, how far the spectra
that the network wants are from those of the waveform that is played, noise floor, pauses,
bandwidth, and four spectrograms each. Then real pairs whose style reaches 20 kHz.
"""

import argparse

import numpy as np
import torch

from common import write_table
from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.engines.neural.weights import network_id, read_weights
from estilo.evaluation.sets.synthetic import FAMILIES, SyntheticTriplets
from estilo.metrics.artifacts import bandwidth_db
from estilo.metrics.lsd import lsd
from estilo.models.network import SAMPLE_RATE, Network
from estilo.pipeline.transfer import Transfer
from estilo.synthesis.notes import Note
from material import has_recordings
from studies.sound_measures import (
    bandwidth_hz,
    best_playable,
    log_magnitude_error,
    missed,
    noise_floors_db,
    pause_levels_db,
    transferred,
)
from studies.sound_pictures import draw
from studies.sound_tables import (
    RESOLUTIONS,
    ROLES,
    Measures,
    bandwidth_section,
    error_sections,
    floor_sections,
    highs_section,
    inconsistency_section,
    picture_sections,
)

N_ITEMS = 10

_NAMES = {
    "piano": "grand piano, bright piano, electric grand, electric piano 1, electric piano 2, "
    "harpsichord",
    "mallet": "celesta, music box, vibraphone, marimba, xylophone",
    "organ": "drawbar organ, percussive organ, church organ, reed organ, accordion",
    "guitar": "nylon guitar, steel guitar, jazz guitar, clean guitar, overdriven guitar, "
    "distortion guitar",
    "bass": "acoustic bass, fingered bass, picked bass, synth bass",
    "string": "violin, viola, cello, tremolo strings, harp",
    "ensemble": "string ensemble, synth strings, choir aahs, synth voice",
    "brass": "trumpet, trombone, tuba, French horn, brass section",
    "reed": "soprano sax, alto sax, tenor sax, oboe, bassoon, clarinet",
    "pipe": "piccolo, flute, recorder, pan flute, ocarina",
    "lead": "square lead, sawtooth lead, voice lead",
    "pad": "new age pad, warm pad, polysynth pad",
}
INSTRUMENTS = {
    program: name
    for family, programs in FAMILIES.items()
    for program, name in zip(programs, _NAMES[family].split(", "), strict=True)
}
"""Names of the General MIDI programs."""


class Programs(SyntheticTriplets):
    """The same triplets, asked for their instruments only: nothing is rendered."""

    def of(self, name: str) -> dict[str, int]:
        """Program by role."""
        self._programs: dict[str, int] = {}
        self.load(name)
        return self._programs

    def _audio(self, name: str, notes: tuple[Note, ...], program: int) -> Audio:  # noqa: ARG002
        self._programs[name.rpartition("-")[2]] = program
        return Audio(np.zeros(1), SAMPLE_RATE)


def chosen_items(n: int) -> dict[str, dict[str, int]]:
    """Names of items and their programs, melodies and polyphony in turn.

    In the order of the set, an item is taken where no earlier one has the same content or style,
    of the same family of instruments.
    """
    programs, family = Programs(), {each: name for name, all_ in FAMILIES.items() for each in all_}
    chosen: dict[str, dict[str, int]] = {}
    seen: set[tuple[str, str]] = set()
    for name in programs.names(200):
        found = programs.of(name)
        roles = {(role, family[found[role]]) for role in ("content", "style")}
        is_next_group = name.startswith("poly") == bool(len(chosen) % 2)
        if is_next_group and not roles & seen:
            chosen[name] = found
            seen |= roles
        if len(chosen) == n:
            break
    return chosen


def measured(name: str, programs: dict[str, int], network: Network, transfer: Transfer) -> Measures:
    """Make the output of an item, measure and draw it."""
    item = SyntheticTriplets().load(name)
    content, style, target = item.content, item.style, item.target
    assert content is not None
    assert target is not None
    output, played = transferred(network, transfer, item)
    best, best_played = best_playable(network, played, target)
    made = (output, best, content)
    reference = Sound.of(target)
    distances = [lsd(Sound.of(each), reference) for each in made]
    pauses, share = pause_levels_db(made, target)
    instruments = INSTRUMENTS[programs["content"]], INSTRUMENTS[programs["style"]]
    titles = (
        f"content: {instruments[0]} (LSD {distances[2]:.1f} dB)",
        f"style: {instruments[1]} (other notes)",
        f"target: the content's notes, {instruments[1]}",
        f"output (LSD {distances[0]:.1f} dB)",
    )
    recordings = dict(zip(ROLES, (content, style, target, output), strict=True))
    draw(
        name,
        f"{name}: {' → '.join(instruments)}",
        dict(zip(titles, recordings.values(), strict=True)),
    )
    return Measures(
        name=name,
        instruments=instruments,
        lsd=distances,
        errors=np.array(
            [[log_magnitude_error(each, target, n_fft=n) for n in RESOLUTIONS] for each in made]
        ),
        missed=[*missed(network, played), *missed(network, best_played)],
        floors=[noise_floors_db(each) for each in (*made, target)],
        pauses=pauses,
        pause_share=share,
        edges_hz=[bandwidth_hz(each) for each in recordings.values()],
        highs=[bandwidth_db(Sound.of(each), reference) for each in (output, content)],
    )


def main() -> None:
    """Measure, draw and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", help="file of weights; those that come with estilo by default")
    parser.add_argument("--level-matching", type=float, default=0.0, help="setting of the engine")
    parser.add_argument("--items", type=int, default=N_ITEMS, help="number of triplets")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    network, card = read_weights(arguments.weights)
    transfer = Transfer(
        engine="neural",
        level_matching=arguments.level_matching,
        weights=arguments.weights,
        threads=1,
        scores=False,
    )
    items = []
    for name, programs in chosen_items(arguments.items).items():
        items.append(measured(name, programs, network, transfer))
        print("measured", name, flush=True)
    about = (
        f"The neural engine, weights *{card.name}* ({network_id(network)}), level matching "
        f"{arguments.level_matching:g}, on {len(items)} triplets of TimGM6mb "
        "(`SyntheticTriplets()`, 8 s at 44 100 Hz), half of them melodies: in the order of the "
        "set, melodies and polyphony in turn, each is taken whose content's family of "
        "instruments no earlier one has as content, "
        "and whose style's none has as style."
    )
    write_table(
        "sound",
        "How the results sound",
        [
            (about, (), []),
            *error_sections(items),
            inconsistency_section(items),
            *floor_sections(items),
            bandwidth_section(items),
            *([highs_section(transfer)] if has_recordings("the table of highs") else []),
            *picture_sections(items),
        ],
    )
