"""A network as a stream: blocks of any length in, as many samples out."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from estilo.dsp.polyphase import Polyphase, reach
from estilo.engines.neural import styles
from estilo.engines.neural.controls import NAMES, Controls, numbers
from estilo.engines.neural.leveler import LEVEL_DB, start_at
from estilo.engines.neural.parts import ramp
from estilo.engines.neural.runtimes import Runtime, RuntimeName, make_runtime
from estilo.engines.neural.style_file import Style, code_for
from estilo.errors import InputError, SettingsError
from estilo.models.network import SAMPLE_RATE, Network
from estilo.models.style_encoder import StyleCode
from estilo.nn import State
from estilo.surroundings import own_surroundings

_RAMP_S = 0.02
_LIMIT = 1e4  # 80 dB above full scale: such samples are as little meant as NaN
_WET = NAMES.index("wet")
_COUNTS = "step.fit.counts"
_DEFAULT = Controls()
_AT_ONCE = 512  # hops: bounds the memory of the longest block

Styles = Style | Sequence[Style]


class NeuralStream:
    """Plays what comes in the style of its state, `latency` samples later.

    Everything that is remembered is in the state, a flat mapping from names to tensors, batch
    first; a call changes neither its state nor its block. However a signal is cut into blocks, the
    output is the same, and the same as of `estilo.engines.neural.offline.transfer_waveform`.

    Args:
        network: network that plays.
        sample_rate: sample rate of the blocks, in Hz; the network's own 48 000 is the fastest.
        channels: number of channels of the blocks; all are changed alike, so that the image stays.
        runtime: what computes: ``torch``, ``onnx``, the better of both that are installed
            (``auto``, which takes some seconds to make the graph), or one that was made before.

    Raises:
        SettingsError: the rate is not from 8 000 to 192 000, there are no channels, or there is no
            such runtime, or it was made for something else.
    """

    @own_surroundings()
    def __init__(
        self,
        network: Network,
        *,
        sample_rate: int = SAMPLE_RATE,
        channels: int = 1,
        runtime: RuntimeName | Runtime = "auto",
    ) -> None:
        if not 8_000 <= sample_rate <= 192_000:
            raise SettingsError(
                f"expected a sample rate from 8000 to 192000 Hz, got {sample_rate}; resample first"
            )
        if channels < 1:
            raise SettingsError(f"expected at least 1 channel, got {channels}; give 1 for mono")
        if isinstance(runtime, str):
            runtime = make_runtime(network, channels=channels, name=runtime)
        self._network = network
        self._hop, self._delay = network.framing.hop_length, network.framing.latency
        shape = runtime.initial_state()["output.tail"].shape
        if (runtime.block_size, shape[1]) != (self._hop, channels):
            raise SettingsError(
                f"expected a runtime for {channels} channels in steps of {self._hop} samples, got "
                f"one for {shape[1]} in steps of {runtime.block_size}; make one for this stream"
            )
        self.sample_rate, self.channels, self.runtime = sample_rate, channels, runtime
        self._slope = 1.0 / (_RAMP_S * sample_rate)
        self._rates = None
        self.latency = self._delay
        if sample_rate != SAMPLE_RATE:
            device = network.framing.analysis.device
            self._rates = _Rates(sample_rate, delay=self._delay, device=device)
            self.latency = self._rates.latency

    @own_surroundings()
    def start(
        self,
        style: Styles,
        weights: Sequence[float] | None = None,
        *,
        level_db: float = LEVEL_DB,
    ) -> dict[str, Tensor]:
        """The state before the first block.

        Args:
            style: one style, or several at once: codes or style files.
            weights: weights of several styles; equal ones by default.
            level_db: root mean square that is expected of the content, in dBFS, see `start_at`; its
                own is found within some seconds.

        Raises:
            SettingsError: the weights do not fit the styles, or the level is NaN.
            InputError: a style does not fit the network, see `code_for`.
        """
        return self._fresh(styles.start_mix(self._codes(style), weights), level_db=level_db)

    def reset(self, state: State, *, level_db: float = LEVEL_DB) -> dict[str, Tensor]:
        """The state before the first block, with the styles that another one was given last.

        Args:
            state: the other state.
            level_db: level of the content, as in `start`, in dBFS.

        Raises:
            SettingsError: the level is NaN.
        """
        return self._fresh(styles.settled(_part(state, "style")), level_db=level_db)

    def change_style(
        self, state: State, style: Styles, weights: Sequence[float] | None = None
    ) -> dict[str, Tensor]:
        """The state with other styles, which fade in over 53 ms as the ones before fade out.

        What was learnt of the network's levels in the styles before is forgotten.

        Args:
            state: state, as `start` or `process` gave it.
            style: style, as in `start`.
            weights: weights, as in `start`.

        Raises:
            SettingsError: the weights do not fit the styles.
            InputError: a style does not fit the network, see `code_for`.
        """
        mix = styles.change(_part(state, "style"), self._codes(style), weights)
        forgotten = {_COUNTS: torch.zeros_like(state[_COUNTS])}
        return {**state, **_named("style", mix), **forgotten}

    def weigh_styles(self, state: State, weights: Sequence[float]) -> dict[str, Tensor]:
        """The state with other weights of the styles that were given last, reached within 53 ms.

        Args:
            state: state, as `start` or `process` gave it.
            weights: one for each of these styles, none negative.

        Raises:
            SettingsError: there is not one weight for each of them.
        """
        mix = styles.weigh(_part(state, "style"), weights)
        return {**state, **_named("style", mix)}

    @own_surroundings()
    @torch.inference_mode()
    def process(
        self, block: Tensor | NDArray[Any], state: State, controls: Controls | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The next samples; controls that have changed are reached within 21 ms.

        A block with NaN, infinity, or anything 80 dB above full scale comes out as zeros, and is
        heard as if these samples were 0.

        Args:
            block: ``(channels, n)``, of any length from 1; a tensor or a numpy array of floats.
            state: state, as `start` or the call before gave it.
            controls: `Controls` as they are by default.

        Returns:
            A block of the same shape, a tensor on the network's device, and the next state.

        Raises:
            InputError: the block has another shape, or no floats.
        """
        if not isinstance(block, Tensor):
            block = torch.from_numpy(np.array(block))  # a copy: torch warns of what is read-only
        if not block.is_floating_point():
            raise InputError(
                f"expected a block of floats with full scale at ±1, got {block.dtype}; divide "
                "integers by their full scale first"
            )
        if block.ndim != 2 or block.shape[0] != self.channels or block.shape[1] < 1:
            raise InputError(
                f"expected a block of {self.channels} channels and at least 1 sample, got the "
                f"shape {tuple(block.shape)}; give (channels, samples)"
            )
        n_samples = block.shape[1]
        is_sound = bool(block.abs().amax() <= _LIMIT)
        clean = block if is_sound else torch.where(block.abs() <= _LIMIT, block, 0.0)
        clean = clean.to(state["dry"])[None]
        wanted = numbers(controls or _DEFAULT)
        output, after = self._play(clean, clean.new_tensor([wanted]), state)
        dry = torch.cat((state["dry"], clean), -1)
        share = self._share(wanted[_WET], state["wet"], n_samples)
        output = torch.lerp(dry[..., :n_samples], output, share)
        after["dry"], after["wet"] = dry[..., n_samples:], share[..., -1]
        if not is_sound:
            output = torch.zeros_like(output)
        return output[0], {**state, **after}

    def flush(
        self, state: State, controls: Controls | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The last `latency` samples, ``(channels, latency)``, and the state after them.

        Args:
            state: state, as `start` or `process` gave it.
            controls: controls, as in `process`.
        """
        silence = state["dry"].new_zeros(self.channels, self.latency)
        return self.process(silence, state, controls)

    def _share(self, wanted: float, now: Tensor, n_samples: int) -> Tensor:
        """How wet each sample is, ``(1, 1, n_samples)``, or ``(1, 1, 1)`` where all are alike."""
        target = torch.full_like(now, wanted)
        if float(now) in (float(target), -1.0):
            return target[:, None]
        return ramp(now, target, n_samples, slope=self._slope).mT

    def _codes(self, style: Styles) -> list[StyleCode]:
        if isinstance(style, StyleCode) or not isinstance(style, Sequence):
            style = [style]
        return [code_for(each, self._network) for each in style]

    def _fresh(self, mix: State, *, level_db: float) -> dict[str, Tensor]:
        step = self.runtime.initial_state()
        for name, value in start_at(level_db).items():
            step[name] = torch.full_like(step[name], value)
        parts = {"style": mix, "step": step}
        if self._rates is not None:
            parts |= self._rates.initial_state(self.channels)
        like = parts["step"]["output.tail"]
        state = {
            "pending": like.new_zeros(1, self.channels, 0),
            "ready": like.new_zeros(1, self.channels, self._hop - 1),
            "dry": like.new_zeros(1, self.channels, self.latency),
            "wet": like.new_full((1, 1), -1.0),
        }
        for name, part in parts.items():
            state |= _named(name, part)
        return state

    def _play(
        self, block: Tensor, controls: Tensor, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """All wet, at the rate of the blocks."""
        if self._rates is None:
            return self._play_at_own_rate(block, controls, state)
        up, kept = self._rates.up(block, _part(state, "up"))
        played, after = self._play_at_own_rate(up, controls, state)
        down, last = self._rates.down(played, _part(state, "down"), at_most=block.shape[-1])
        return down, {**after, **_named("up", kept), **_named("down", last)}

    def _play_at_own_rate(
        self, block: Tensor, controls: Tensor, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        pending = torch.cat((state["pending"], block), -1)
        n_whole = pending.shape[-1] // self._hop * self._hop
        after: dict[str, Tensor] = {"pending": pending[..., n_whole:]}
        ready = state["ready"]
        if n_whole:
            played, part = self._step(pending[..., :n_whole], controls, state)
            after |= part
            ready = torch.cat((ready, played), -1)
        after["ready"] = ready[..., block.shape[-1] :]
        return ready[..., : block.shape[-1]], after

    def _step(
        self, hops: Tensor, controls: Tensor, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Hops one by one as long as the style is moving, then all that remain at once."""
        all_wet = controls.clone()
        all_wet[:, _WET] = 1.0  # dry and wet are mixed at the rate of the blocks
        mix, step = _part(state, "style"), _part(state, "step")
        played = []
        while hops.shape[-1]:
            n_samples = min(hops.shape[-1], _AT_ONCE * self._hop)
            if styles.is_moving(mix):
                mix, n_samples = styles.advance(mix), self._hop
            style = styles.current_code(mix)
            out, step = self.runtime.step(hops[..., :n_samples], all_wet, style, step)
            played.append(out)
            hops = hops[..., n_samples:]
        return torch.cat(played, -1), {**_named("step", step), **_named("style", mix)}


class _Rates:
    """Resampling to the network's rate and back, by a whole number of samples in all.

    ``ratio`` is the network's rate over the blocks'. Up: output ``j`` needs no input beyond
    ``j / ratio``, for which it is late by the filter's reach. Down: when sample ``n`` of the blocks
    has come, ``ceil((n + 1) * ratio)`` of the network's have; output ``n`` is late by the reach
    less what lies between, and by as much more as makes the whole delay a whole number of samples.
    """

    def __init__(self, sample_rate: int, *, delay: int, device: torch.device) -> None:
        ratio = Fraction(SAMPLE_RATE, sample_rate)
        up_reach, down_reach = reach(sample_rate, SAMPLE_RATE), reach(SAMPLE_RATE, sample_rate)
        least = down_reach - ratio + 1
        self.latency = math.ceil(up_reach + (delay + least) / ratio)
        late = (self.latency - up_reach) * ratio - delay
        self.up = Polyphase(sample_rate, SAMPLE_RATE, offset=Fraction(-up_reach)).to(device)
        self.down = Polyphase(SAMPLE_RATE, sample_rate, offset=-late).to(device)

    def initial_state(self, channels: int) -> dict[str, dict[str, Tensor]]:
        return {"up": self.up.initial_state(channels), "down": self.down.initial_state(channels)}


def _part(state: State, name: str) -> dict[str, Tensor]:
    """What a part remembers, under its own names."""
    head = f"{name}."
    return {key[len(head) :]: each for key, each in state.items() if key.startswith(head)}


def _named(name: str, part: State) -> dict[str, Tensor]:
    """What a part remembers, under the state's names."""
    return {f"{name}.{key}": each for key, each in part.items()}
