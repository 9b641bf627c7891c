"""Training of the network behind `estilo.analysis.salience`.

Phrases through MuseScore_General, each note rendered alone, so that it is known what is audible;
mixed and disturbed. The threshold is chosen on other phrases.
"""

import logging
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from estilo.analysis import salience as net
from estilo.analysis.multipitch import smoothed
from estilo.evaluation.cache import cache_folder
from estilo.evaluation.networks.pitch_examples import (
    PIECE_S,
    additive_parts,
    examples,
    parts_of,
    training_programs,
)
from estilo.evaluation.networks.pitch_pieces import (
    FAMILIES,
    OWN_RANGE_DB,
    PERCUSSION,
    PIECE_RANGE_DB,
    Part,
    known_pieces,
    phrases_of,
)
from estilo.evaluation.networks.runner import Trained, Training, learn, rounded

SOUNDFONT = "MuseScore_General"
N_NEAR, N_HARMONIC, N_REDUCED, N_RELATIVE, N_LAST = 16, 48, 24, 32, 32
_CROP = 64
_BATCH = 4
_RATE = 3e-3
_N_PERCUSSION = 6
_N_ADDITIVE = 200
_VERSION = 1
_VALIDATION = 899  # added to the seed
_log = logging.getLogger(__name__)


class Network(nn.Module):
    """The same computation as `estilo.analysis.salience.logits`, with gradients.

    **Shape**: input ``(batch, n_layers, n_frames + 2 * margin, N_BINS)``; output
    ``(batch, n_frames, 88)``.
    """

    def __init__(self) -> None:
        super().__init__()
        self.near = nn.Conv2d(
            len(net.WINDOWS), N_NEAR, (net.NEAR_FRAMES, net.NEAR_BINS), padding=(0, 2)
        )
        self.harmonic = nn.Conv2d(N_NEAR * len(net.HARMONICS) + 2, N_HARMONIC, 1)
        self.reduce = nn.Conv2d(N_HARMONIC, N_REDUCED, 1)
        self.relative = nn.Conv2d(N_REDUCED * len(net.RELATIVES), N_RELATIVE, 1)
        self.time = nn.Conv2d(N_RELATIVE, N_LAST, (net.FRAMES, 1))
        self.out = nn.Conv2d(N_LAST, 1, 1)
        with torch.no_grad():  # few notes sound: the first steps need not learn it
            dict(self.out.named_parameters())["bias"].fill_(-3.0)

    def forward(self, levels: Tensor) -> Tensor:
        """Logits; see the class."""
        near = F.relu(self.near(levels))
        notes = F.relu(self.reduce(F.relu(self.harmonic(_at_harmonics(near)))))
        known = F.relu(self.relative(_of_relatives(notes)))
        return self.out(F.relu(self.time(known)))[:, 0]

    def weights(self) -> dict[str, np.ndarray]:
        """The weights in the form that `estilo.analysis.salience.logits` takes."""
        out: dict[str, np.ndarray] = {}
        for name, layer in self.named_children():
            parameters = dict(layer.named_parameters())
            taps = parameters["weight"].detach().numpy().transpose(2, 3, 1, 0)
            out[name] = taps.reshape(-1, taps.shape[-1]).copy()
            out[f"{name}_bias"] = parameters["bias"].detach().numpy().copy()
        return out


def _at_harmonics(near: Tensor) -> Tensor:
    below, above = net.harmonic_padding()
    padded = F.pad(near, (below, above))
    columns = [
        padded[..., below + offset :: net.BINS_PER_SEMITONE][..., : net.N_NOTES]
        for offset in net.harmonic_bins()
    ]
    place = torch.linspace(0.0, 1.0, net.N_NOTES)
    place = torch.stack([place, place**2])[None, :, None].expand(
        len(near), 2, near.shape[2], net.N_NOTES
    )
    return torch.cat([*columns, place], dim=1)


def _of_relatives(notes: Tensor) -> Tensor:
    side = max(map(abs, net.RELATIVES))
    padded = F.pad(notes, (side, side))
    return torch.cat([padded[..., side + r : side + r + net.N_NOTES] for r in net.RELATIVES], 1)


def rendered_parts(programs: Sequence[int], *, n_phrases: int, seed: int) -> list[Part]:
    """Parts of all programs, from the cache where they are there.

    Args:
        programs: General MIDI programs, from 0.
        n_phrases: number of phrases of each program.
        seed: random seed of all programs.
    """
    parts: list[Part] = []
    for program in programs:
        file = cache_folder() / f"multipitch-v{_VERSION}" / f"{seed}-{n_phrases}-{program}.npz"
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            new = parts_of(program, n_phrases=n_phrases, seed=seed, soundfont=SOUNDFONT)
            np.savez(
                file,
                samples=np.stack([part.samples for part in new]),
                n_notes=[len(part.pitches) for part in new],
                pitches=np.concatenate([part.pitches for part in new]),
                levels_db=np.concatenate([part.levels_db for part in new]),
            )
        with np.load(file) as kept:
            ends = np.cumsum(kept["n_notes"])[:-1]
            columns = (np.split(kept[name], ends) for name in ("pitches", "levels_db"))
            parts += map(Part, kept["samples"], *columns)
    return parts


def learnable(
    parts: Sequence[Part], percussion: Sequence[Part], *, n_examples: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Spectra and ground truth of random pieces.

    Args:
        parts: parts of pitched instruments.
        percussion: parts without a pitch.
        n_examples: number of pieces.
        seed: random seed of all draws.

    Returns:
        Spectra, **shape** ``(n_examples, n_layers, n_frames, N_BINS)``, float16; and which notes
        are audible, ``(n_examples, n_frames, 88)``, bool.
    """
    rng = np.random.default_rng(seed)
    levels, truths = [], []
    for samples, truth in examples(parts, percussion, n_examples=n_examples, rng=rng):
        levels.append(net.log_spectra(samples).astype(np.float16))
        truths.append(truth)
    return np.stack(levels), np.stack(truths)


def fit(levels: np.ndarray, truths: np.ndarray, *, n_steps: int, seed: int) -> Network:
    """Train on crops of some examples at a time.

    Args:
        levels: spectra as from `learnable`.
        truths: audible notes, as `learnable` gives them.
        n_steps: number of steps.
        seed: random seed of the first weights and of all draws.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = Network()
    margin = net.MARGIN
    order = np.concatenate(
        [rng.permutation(len(levels)) for _ in range(n_steps * _BATCH // len(levels) + 2)]
    )

    def loss_of(step: int) -> Tensor:
        chosen = order[step * _BATCH : (step + 1) * _BATCH]
        starts = rng.integers(0, levels.shape[2] - _CROP - 2 * margin + 1, size=_BATCH)
        crops = np.stack(
            [levels[i, :, s : s + _CROP + 2 * margin] for i, s in zip(chosen, starts, strict=True)]
        )
        wanted = np.stack(
            [truths[i, s : s + _CROP] for i, s in zip(chosen, starts + margin, strict=True)]
        )
        logits = network(torch.from_numpy(crops.astype(np.float32)))
        return F.binary_cross_entropy_with_logits(
            logits, torch.from_numpy(wanted.astype(np.float32))
        )

    learn(
        network,
        loss_of,
        n_steps=n_steps,
        rate=_RATE,
        weight_decay=1e-3,
        warm_up=0.05,
        first_divisor=5.0,
    )
    return network


def judged(network: Network, *, seed: int) -> tuple[list[np.ndarray], list[np.ndarray], list[str]]:
    """Smoothed probabilities, ground truth and family of pieces that training has not heard.

    Args:
        network: network to judge.
        seed: random seed of the pieces.

    Returns:
        Probabilities and ground truth of each piece, **shape** ``(n_frames, 88)``, and the name of
        its family of instruments.
    """
    weights = network.weights()
    probabilities, truths, families = [], [], []
    for family, programs in FAMILIES.items():
        for program in programs:
            phrases = [phrase for _, phrase in phrases_of(program, seed=seed)]
            pieces = known_pieces(phrases, program=program, soundfont=SOUNDFONT, duration_s=PIECE_S)
            for sound, truth in pieces:
                logits = net.logits(net.log_spectra(sound.mono), weights)
                probabilities.append(smoothed(1.0 / (1.0 + np.exp(-logits))))
                truths.append(truth)
                families.append(family)
    return probabilities, truths, families


def scores_at(
    threshold: float, probabilities: Sequence[np.ndarray], truths: Sequence[np.ndarray]
) -> np.ndarray:
    """Precision, recall and F1 of each piece; **shape** ``(n_pieces, 3)``.

    Args:
        threshold: probability above which a note counts as found.
        probabilities: probabilities of each piece, **shape** ``(n_frames, 88)``.
        truths: audible notes, of the same shapes.
    """
    rows = []
    for probability, truth in zip(probabilities, truths, strict=True):
        found = probability > threshold
        n_right, n_found, n_true = (int(a.sum()) for a in (found & truth, found, truth))
        rows.append(
            (
                n_right / max(n_found, 1),
                n_right / max(n_true, 1),
                2 * n_right / max(n_found + n_true, 1),
            )
        )
    return np.array(rows)


def train(*, seed: int, n_phrases: int, n_examples: int, n_steps: int) -> Trained:
    """Render, train, choose the threshold and judge.

    Args:
        seed: random seed of everything.
        n_phrases: number of phrases of each program.
        n_examples: pieces to learn from.
        n_steps: number of steps of the training.
    """
    parts = rendered_parts(training_programs(), n_phrases=n_phrases, seed=seed)
    parts += additive_parts(n_phrases=_N_ADDITIVE, seed=seed)
    percussion = rendered_parts(PERCUSSION, n_phrases=_N_PERCUSSION, seed=seed)
    _log.info("%d parts and %d of percussion", len(parts), len(percussion))
    levels, truths = learnable(parts, percussion, n_examples=n_examples, seed=seed)
    _log.info("%d examples", len(levels))
    network = fit(levels, truths, n_steps=n_steps, seed=seed)
    probabilities, known, families = judged(network, seed=seed + _VALIDATION)
    thresholds = np.arange(0.2, 0.61, 0.02)
    means = [scores_at(t, probabilities, known)[:, 2].mean() for t in thresholds]
    threshold = round(float(thresholds[int(np.argmax(means))]), 2)
    scores = scores_at(threshold, probabilities, known)
    about = {
        "what": "weights of estilo.analysis.salience and threshold of estilo.analysis.multipitch",
        "data": f"{SOUNDFONT} (MIT) through FluidSynth: {len(parts)} phrases on "
        f"{len(training_programs())} programs and {_N_ADDITIVE} additive instruments, "
        f"{len(percussion)} of percussion, mixed, detuned, "
        f"coloured, reverberated, smeared, saturated, with noise: {n_examples} pieces of 8.5 s",
    }
    figures = {
        "threshold": threshold,
        "validation": {
            "data": f"{len(known)} other phrases on the families' programs of {SOUNDFONT}, clean; "
            "the threshold was chosen on them",
            **dict(zip(("precision", "recall", "f1"), _rounded(scores.mean(0)), strict=True)),
            "f1_by_family": {
                family: _rounded(scores[np.array(families) == family, 2].mean())
                for family in FAMILIES
            },
        },
        "rule": "a note is audible within "
        f"{OWN_RANGE_DB:g} dB of its own loudest frame and {PIECE_RANGE_DB:g} dB of the piece's",
    }
    extras = {"threshold": np.array(threshold, dtype=np.float32)}
    return Trained(rounded(network.weights()), about, figures, extras)


def _rounded(values):
    return np.round(np.asarray(values, dtype=float), 4).tolist()


TRAINING = Training(
    name="multipitch",
    title="The network that finds the notes that sound (estilo.analysis.salience).",
    folder="estilo/analysis/weights",
    counts={"n_phrases": 14, "n_examples": 2400, "n_steps": 10_000},
    train=train,
)
