"""Hears notes with Basic Pitch; runs in an environment of its own, which has that and no estilo.

For each path of a recording on a line of standard input, a line of standard output holds the notes
as JSON: start and end in seconds, pitch as a MIDI number. The network is the one that the package
ships (R. Bittner, J. Bosch, D. Rubinstein, G. Meseguer-Brocal, S. Ewert 2022, "A lightweight
instrument-agnostic model for polyphonic note transcription and multipitch estimation", ICASSP), at
the package's own settings.
"""

import contextlib
import json
import sys
from pathlib import Path

from basic_pitch import inference  # pyright: ignore[reportMissingImports]

network = Path(str(inference.__file__)).parent / "saved_models" / "icassp_2022" / "nmp.onnx"
model = inference.Model(network)
for line in sys.stdin:
    with contextlib.redirect_stdout(sys.stderr):
        notes = inference.predict(line.strip(), model)[2]
    print(json.dumps([[float(note[0]), float(note[1]), int(note[2])] for note in notes]))
    sys.stdout.flush()
