"""The neural engine as it plays live: blocks in, as many samples out, some milliseconds later.

    from estilo import neural, streaming
    network, _ = streaming.read_weights()
    stream = streaming.NeuralStream(network, sample_rate=44_100, channels=2)
    state = stream.start(neural.encode("rain.wav").style)
    played, state = stream.process(block, state, streaming.Controls(strength=0.9))

See docs/streaming.md.
"""

from estilo.engines.neural.controls import Controls
from estilo.engines.neural.stream import NeuralStream
from estilo.engines.neural.weights import read_weights

__all__ = ["Controls", "NeuralStream", "read_weights"]
