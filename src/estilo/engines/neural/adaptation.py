"""Adaptation of a trained network to the styles at hand, before it plays in them.

Nobody has recorded the style's clips a second time with the content's sound. So the network plays
them that way itself, and its decoder learns the way back, for which the clips are the target
(back-translation: Sennrich, Haddow & Birch 2016, arXiv:1511.06709). The encoder is not changed.
"""

from collections.abc import Sequence
from copy import deepcopy
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from estilo.engines.neural.listening import hear_style, listen
from estilo.models import losses
from estilo.models.bands import transposition
from estilo.models.generator import Generator
from estilo.models.network import Network
from estilo.models.style_encoder import StyleCode

_RATE = 6e-4
_BETAS = (0.9, 0.99)
_LARGEST_GRADIENT = 1.0
_SEMITONES = 5  # of transposition: a melody has notes that the clips have not
_AT_ONCE = 4  # passages in a step
_FRAMES = 256  # in a passage, at most
_MOST_PASSAGES = 8


class _Piece(NamedTuple):
    """Passages of one style's clip: what to play from, what to play, and in which style.

    Args:
        played: levels with the content's sound, ``(n_passages, frames, n_bands)``.
        target: levels of the clip itself, likewise.
        codes: style codes of the remainder of the clip, so that the target is not given away.
    """

    played: Tensor
    target: Tensor
    codes: StyleCode


class Adaptation:
    """A copy of a network that plays the styles better with every step.

    Args:
        network: the network as it was trained; it stays as it is.
        content: waveform ``(channels, time)`` at 48 kHz, whose sound is what the styles are played
            back from.
        styles: waveforms ``(channels, time)`` at 48 kHz.
        weights: share of the steps for each style; they sum to 1.
        n_steps: number of steps. 150 take half a minute on two processor cores, and a minute for
            recordings of half a minute and more.
        seed: random seed of the passages and their transpositions.

    Attributes:
        network: the copy that is adapted.
        n_done: steps so far.
        n_steps: steps that are wanted.
        loss: loss of the last step; None before the first.

    Raises:
        AudioFileError: the content or a style is silent.
    """

    def __init__(
        self,
        network: Network,
        content: Tensor,
        styles: Sequence[Tensor],
        weights: Sequence[float],
        *,
        n_steps: int,
        seed: int = 0,
    ) -> None:
        sound = listen(network, content)
        pieces = [_piece(network, style, sound) for style in styles]
        self._weights = list(weights)
        self._rng = np.random.default_rng(seed)
        self.n_done, self.n_steps = 0, n_steps
        self.loss: float | None = None
        # What is made in inference mode can never be trained.
        with torch.inference_mode(mode=False):
            self._pieces = [_copied(piece) for piece in pieces]
            self.network = deepcopy(network).requires_grad_(requires_grad=False)
            self._learning = [
                parameter.requires_grad_()
                for part in _decoder(self.network.generator)
                for parameter in part.parameters()
            ]
            self._optimiser = torch.optim.Adam(self._learning, lr=_RATE, betas=_BETAS)
        centres_hz = network.bands.centres_hz
        self._transpositions = [
            torch.from_numpy(transposition(centres_hz, semitones)).to(content.device)
            for semitones in range(-_SEMITONES, _SEMITONES + 1)
        ]

    @property
    def is_done(self) -> bool:
        """Whether all steps are done."""
        return self.n_done >= self.n_steps

    @property
    def n_samples(self) -> int:
        """Samples that are heard in one step, on average."""
        lengths = [piece.target.shape[1] for piece in self._pieces]
        frames = sum(w * length for w, length in zip(self._weights, lengths, strict=True))
        return round(frames * _AT_ONCE * self.network.framing.hop_length)

    def step(self) -> None:
        """Play some passages, and better the next time."""
        with torch.inference_mode(mode=False), torch.enable_grad():
            for group in self._optimiser.param_groups:
                group["lr"] = _RATE * (1.0 - self.n_done / self.n_steps)
            loss = self._loss()
            self._optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self._learning, _LARGEST_GRADIENT)
            self._optimiser.step()
        self.loss = float(loss.detach())
        self.n_done += 1

    def _loss(self) -> Tensor:
        rng, generator = self._rng, self.network.generator
        piece = self._pieces[int(rng.choice(len(self._pieces), p=self._weights))]
        chosen = torch.from_numpy(rng.permutation(len(piece.target))[:_AT_ONCE])
        moves = torch.stack(
            [self._transpositions[rng.integers(len(self._transpositions))] for _ in chosen]
        )
        chosen = chosen.to(piece.target.device)
        heard, target = piece.played[chosen] @ moves, piece.target[chosen] @ moves
        code = StyleCode(*(part[chosen] for part in piece.codes))
        state = generator.initial_state(len(chosen))
        with torch.no_grad():
            notes, _ = generator.encode(heard, state)
        ours, _ = generator.decode(notes, code, state)
        own = self.network.bands.importance
        terms = (losses.level, losses.spectral, losses.statistics)
        return torch.stack([term(ours, target, importance=own).mean() for term in terms]).sum()


def _decoder(generator: Generator) -> list[nn.Module]:
    parts = (
        generator.attention,
        generator.decoder,
        generator.decoder_lstm,
        generator.exit_norm,
        generator.exit,
    )
    return [part for part in parts if part is not None]


@torch.inference_mode()
def _piece(network: Network, style: Tensor, sound: StyleCode) -> _Piece:
    """A style's clip, or stretches of a long one, in passages."""
    target, _ = hear_style(network, style)
    played, _ = network(target, sound, network.generator.initial_state(1))
    n_frames = target.shape[1]
    n_passages = min(max(n_frames // _FRAMES, _AT_ONCE), _MOST_PASSAGES)
    length = min(n_frames // n_passages, _FRAMES)
    starts = np.linspace(0, n_frames - length, n_passages).round().astype(int)
    spans = [slice(int(start), int(start) + length) for start in starts]
    others = [torch.cat((target[:, : span.start], target[:, span.stop :]), 1) for span in spans]
    codes = zip(*(network.encode_style(each) for each in others), strict=True)
    return _Piece(
        torch.cat([played[:, span] for span in spans]),
        torch.cat([target[:, span] for span in spans]),
        StyleCode(*(torch.cat(part) for part in codes)),
    )


def _copied(piece: _Piece) -> _Piece:
    codes = StyleCode(*(part.clone() for part in piece.codes))
    return _Piece(piece.played.clone(), piece.target.clone(), codes)
