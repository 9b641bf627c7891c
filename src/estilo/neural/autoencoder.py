"""Recordings encoded, edited and decoded by the network of the neural engine."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from estilo.audio import Audio
from estilo.dsp.resample import resample
from estilo.engines.excerpts import SILENCE, root_mean_square
from estilo.engines.neural.adaptation import Adaptation
from estilo.engines.neural.listening import LEVEL, listen
from estilo.engines.neural.style_file import Style, code_for
from estilo.engines.neural.styles import blend_codes
from estilo.engines.neural.weights import read_weights
from estilo.errors import AudioFileError, InputError, SettingsError
from estilo.models.network import SAMPLE_RATE, Network
from estilo.models.style_encoder import StyleCode
from estilo.pipeline.clips import Recording, as_clip, as_clips
from estilo.pipeline.levels import matched
from estilo.pipeline.sources import read_source
from estilo.surroundings import own_surroundings

_SEED = 0


@dataclass(frozen=True, eq=False)
class Encoding:
    """A recording as the network sees it; every part may be replaced before it is decoded.

    Args:
        content: what is played, ``(frames, n_channels)``, a frame every 512 samples at 48 kHz.
        style: what it sounds like.
        audio: the recording.
        waveform: the same at 48 kHz and the level of training, ``(channels, time)``; it lends the
            output its phases.
        network: network that made it, and that alone understands it.
    """

    content: Tensor
    style: StyleCode
    audio: Audio
    waveform: Tensor
    network: Network


@own_surroundings()
@torch.inference_mode()
def encode(recording: Recording, *, weights: "str | os.PathLike[str] | None" = None) -> Encoding:
    """What is played in a recording and what it sounds like.

    Args:
        recording: path, `Audio` or `estilo.Clip`; some minutes at most, as all of it is kept.
        weights: path of a file of weights; those that come with estilo by default.

    Raises:
        InputError: the recording cannot be used; see `estilo.pipeline.sources.read_source`.
        AudioFileError: it is silent.
        TensorFileError: the weights cannot be used.
    """
    network, _ = read_weights(weights)
    source = read_source(as_clip(recording), name="recording")
    audio = source.audio
    waveform = _at_own_rate(audio)
    level = max(root_mean_square(channel) for channel in waveform)
    if level < SILENCE:
        raise AudioFileError(
            f"{source.clip.path or 'the recording'} is silent: nothing is played in it; give one "
            "with sound"
        )
    style = listen(network, waveform)
    waveform = waveform * (LEVEL / level)
    levels = network.hear_levels(_padded(network, waveform))
    content, _ = network.generator.encode(levels, network.generator.initial_state(1))
    return Encoding(content[0], style, audio, waveform, network)


@own_surroundings()
def adapt(
    content: Recording,
    styles: Recording | Sequence[Recording],
    *,
    n_steps: int = 150,
    weights: "str | os.PathLike[str] | None" = None,
    seed: int = 0,
) -> Network:
    """A network that is adapted to styles, for a stream; see `estilo.engines.neural.adaptation`.

    Codes of styles that the network it began with has made are as good for this one.

    Args:
        content: something with the sound of what will be played, a sound check; its notes do not
            matter.
        styles: one recording, or several, which get equal shares of the steps.
        n_steps: number of steps; 150 take half a minute on two processor cores.
        weights: weights, as in `encode`.
        seed: random seed of the passages that are learnt from.

    Raises:
        InputError: a recording cannot be used.
        AudioFileError: one is silent.
        SettingsError: there are no styles or no steps.
        TensorFileError: the weights cannot be used.
    """
    chosen = as_clips(styles)
    if not chosen or n_steps < 1:
        raise SettingsError(
            f"expected at least one style and one step, got {len(chosen)} and {n_steps}"
        )
    network, _ = read_weights(weights)
    heard, *clips = (_waveform(each) for each in (as_clip(content), *chosen))
    shares = [1.0 / len(clips)] * len(clips)
    adaptation = Adaptation(network, heard, clips, shares, n_steps=n_steps, seed=seed)
    while not adaptation.is_done:
        adaptation.step()
    return adaptation.network.eval().requires_grad_(requires_grad=False)


@own_surroundings()
@torch.inference_mode()
def decode(encoding: Encoding, style: Style | None = None) -> Audio:
    """A recording from its encoding: the same length, rate and channels.

    Args:
        encoding: encoding from `encode`, edited or not.
        style: style of another encoding, a style file, or a `blend` of several; the encoding's own
            by default. It must have been made with the same weights: of a style file that is
            checked, of a code only the sizes can be.

    Raises:
        InputError: the content or the style has another shape than the network makes.
        TensorFileError: a style file is of other weights.
    """
    network, generator = encoding.network, encoding.network.generator
    waveform, content = _padded(network, encoding.waveform), encoding.content
    hop = network.framing.hop_length
    n_frames = (waveform.shape[-1] - network.framing.n_past) // hop
    expected = (n_frames, generator.settings.n_channels)
    if tuple(content.shape) != expected:
        raise InputError(
            f"expected content of the shape {expected}, got {tuple(content.shape)}; edit its "
            "values, and keep its frames"
        )
    code = code_for(encoding.style if style is None else style, network)
    levels, _ = generator.decode(content[None], code, generator.initial_state(1))
    noise = torch.randn(waveform.shape[-1], generator=torch.Generator().manual_seed(_SEED))
    tail = waveform.new_zeros(*waveform.shape[:2], hop)
    played, _ = network.play(network.hear_carrier(waveform, noise), levels, tail)
    audio = encoding.audio
    samples = resample(
        played[0, :, hop:].numpy(), SAMPLE_RATE, audio.sample_rate, n_samples=audio.n_samples
    )
    return matched(samples, audio)[0]


@own_surroundings()
def blend(
    styles: Sequence[Style],
    weights: Sequence[float] | None = None,
    *,
    network: Network | None = None,
) -> StyleCode:
    """A style between others: of two with weights that move, one becomes the other.

    Args:
        styles: styles of encodings, or style files.
        weights: one each, none negative; equal if not given.
        network: network that will play the blend (`Encoding.network`), for style files to be
            checked against; that of the weights that come with estilo by default.

    Raises:
        SettingsError: there are no styles, or the weights do not fit them.
        TensorFileError: a style file is of other weights.
        InputError: the styles are of networks of different sizes.
    """
    codes = [
        # What a code by itself can tell is compared with the others'.
        style
        if network is None and isinstance(style, StyleCode)
        else code_for(style, network or read_weights()[0])
        for style in styles
    ]
    return blend_codes(codes, [1.0] * len(codes) if weights is None else weights)


def _padded(network: Network, waveform: Tensor) -> Tensor:
    """The waveform with a past, whole hops, and one hop more, by which the output is late."""
    framing = network.framing
    missing = -waveform.shape[-1] % framing.hop_length
    return pad(waveform, (framing.n_past, missing + framing.hop_length))[None]


def _waveform(recording: Recording) -> Tensor:
    return _at_own_rate(read_source(as_clip(recording), name="recording").audio)


def _at_own_rate(audio: Audio) -> Tensor:
    """``(channels, time)`` at the network's rate."""
    return torch.from_numpy(resample(audio.samples, audio.sample_rate, SAMPLE_RATE))
