"""A recording played block by block, as an audio device asks for it; its style changes halfway.

python examples/stream_blocks.py CONTENT STYLE_A STYLE_B OUTPUT.wav
"""

import sys

import numpy as np
import torch

import estilo
from estilo import neural, streaming

BLOCK = 256


def main(content: str, first: str, second: str, output: str) -> None:
    """Write what was played, shifted back by the delay."""
    audio = estilo.load(content)
    styles = [neural.encode(path).style for path in (first, second)]
    network, _ = streaming.read_weights()
    stream = streaming.NeuralStream(
        network, sample_rate=audio.sample_rate, channels=audio.n_channels
    )
    state, controls = stream.start(styles[0]), streaming.Controls(strength=0.9)
    blocks = torch.from_numpy(np.array(audio.samples)).split(BLOCK, 1)
    played = []
    for number, block in enumerate(blocks):
        if number == len(blocks) // 2:
            state = stream.change_style(state, styles[1])
        made, state = stream.process(block, state, controls)
        played.append(made)
    last, state = stream.flush(state, controls)
    samples = torch.cat([*played, last], 1)[:, stream.latency :]
    saved = estilo.save(estilo.Audio(samples.numpy(), audio.sample_rate), output)
    print(f"{saved.path}: {1000.0 * stream.latency / audio.sample_rate:.1f} ms behind its content")


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
