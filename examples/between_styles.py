"""One melody, played in five steps from one style to another.

python examples/between_styles.py MELODY STYLE_A STYLE_B [FOLDER]
"""

import sys
from pathlib import Path

import estilo
from estilo import neural

N_STEPS = 5


def main(melody: str, first: str, second: str, folder: str = "between") -> None:
    """Write the steps as WAV files."""
    played = neural.encode(melody)
    styles = [neural.encode(path).style for path in (first, second)]
    Path(folder).mkdir(parents=True, exist_ok=True)
    for step in range(N_STEPS):
        share = step / (N_STEPS - 1)
        style = neural.blend(styles, [1.0 - share, share])
        saved = estilo.save(neural.decode(played, style), Path(folder) / f"{step}.wav")
        print(saved.path)


if __name__ == "__main__":
    if not 4 <= len(sys.argv) <= 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
