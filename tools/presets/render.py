"""Renders presets of synthesisers into a folder of instruments.

``python tools/presets/render.py amsynth,zyn -o FOLDER`` in an environment that has estilo. The
synthesisers are Debian's packages amsynth and zynaddsubfx-lv2. Each preset is played by a process
of its own (amsynth_host.py, zyn_host.py), which imports nothing of estilo and of which estilo
imports nothing; what is wrong with one preset harms no other.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from estilo.datasets.instruments.keys import keys_around
from estilo.datasets.instruments.rendering import Job, render_all
from estilo.datasets.instruments.settings import InstrumentSettings
from estilo.datasets.instruments.takes import SAMPLE_RATE, TAIL_S, Take
from estilo.errors import InputError
from estilo.progress import Counted

HERE = Path(__file__).resolve().parent
BANKS = Path("/usr/share/amsynth/banks")
PRESETS = Path("/usr/lib/lv2/ZynAddSubFX.lv2presets")
CENTRES = (50, 54, 58, 62, 66)
TIMEOUT_S = 120
# Rooms are drawn by whoever learns from the notes, and amsynth's is the only effect of its presets.
DRY = {"reverb_wet": 0.0}
ZYN = re.compile(
    r"sourceforge\.net#preset_([^>]*)>\s*state:state \[\s*<urn:distrho:state>\s*"
    r'"""(.*?)"""',
    re.DOTALL,
)


@dataclass(frozen=True)
class Preset:
    """An instrument: a preset and the program that plays it.

    Args:
        name: name of the instrument.
        source: synthesiser.
        host: file of the program.
        request: what the program is told beside the notes, as JSON.
    """

    name: str
    source: str
    host: str
    request: str
    licence = "GPL-2.0-or-later"

    def play(self) -> list[Take]:
        """Its notes."""
        # As many instruments of each register, whatever their order.
        keys = keys_around(CENTRES[sum(self.name.encode()) % len(CENTRES)])
        wanted = [(key.midi_pitch, key.velocity, key.held_s) for key in keys]
        request = json.loads(self.request)
        request |= {"notes": wanted, "rate": SAMPLE_RATE, "tail_s": TAIL_S}
        samples = self._played(json.dumps(request).encode())
        lengths = [round((key.held_s + TAIL_S) * SAMPLE_RATE) for key in keys]
        if len(samples) != 2 * sum(lengths):
            raise InputError(
                f"{self.host} gave {len(samples)} values instead of {2 * sum(lengths)}"
            )
        notes = np.split(samples, 2 * np.cumsum(lengths)[:-1])
        mono = [note.reshape(2, -1).mean(0) for note in notes]
        return [Take(key, each) for key, each in zip(keys, mono, strict=True)]

    def _played(self, request: bytes) -> np.ndarray:
        command = [sys.executable, str(HERE / self.host)]
        # The synthesisers write into the folder of the user.
        with tempfile.TemporaryDirectory() as home:
            try:
                done = subprocess.run(
                    command,
                    input=request,
                    capture_output=True,
                    timeout=TIMEOUT_S,
                    check=True,
                    env=os.environ | {"HOME": home},
                )
            except subprocess.TimeoutExpired as error:
                raise InputError(f"{self.host} took more than {TIMEOUT_S} s") from error
            except subprocess.CalledProcessError as error:
                raise InputError(f"{self.host} failed with status {error.returncode}") from error
        return np.frombuffer(done.stdout[: len(done.stdout) // 4 * 4], "<f4")


def amsynth(n_most: int | None) -> list[Preset]:
    """Presets of amsynth's banks that differ, spread over all banks."""
    found = {}
    for path in sorted(BANKS.iterdir()):
        bank = path.name.partition(".")[0]
        for number, controls in enumerate(read_bank(path)):
            request = json.dumps({"controls": controls | DRY}, sort_keys=True)
            name = f"amsynth-{bank}-{number:03d}"
            found.setdefault(request, Preset(name, "amsynth", "amsynth_host.py", request))
    presets = list(found.values())
    if n_most is None or n_most >= len(presets):
        return presets
    return [presets[len(presets) * place // n_most] for place in range(n_most)]


def read_bank(path: Path) -> list[dict[str, float]]:
    """The parameters of each preset of a bank of amsynth's."""
    presets: list[dict[str, float]] = []
    for line in path.read_text(encoding="latin-1").splitlines():
        words = line.split()
        if words[:1] == ["<preset>"]:
            presets.append({})
        elif words[:1] == ["<parameter>"]:
            presets[-1][words[1]] = float(words[2])
    return presets


def zyn(n_most: int | None) -> list[Preset]:
    """Presets of ZynAddSubFX's banks."""
    presets = []
    for path in sorted(PRESETS.glob("*.ttl")):
        for label, state in ZYN.findall(path.read_text(encoding="utf-8")):
            number = unquote(label).removeprefix(path.stem + "_")[:4]
            bank = re.sub(r"\W+", "-", path.stem)
            name = f"zyn-{bank}-{number}"
            presets.append(
                Preset(name, "ZynAddSubFX", "zyn_host.py", json.dumps({"preset": state}))
            )
    return presets[:n_most]


def tell(step: Counted[str]) -> None:
    """Say how far the work is, now and then."""
    if step.n_ready % 50 == 0:
        print(f"{step.n_ready} of {step.n_total}", flush=True)


SYNTHESISERS = {"amsynth": amsynth, "zyn": zyn}


def main() -> None:
    """Render presets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("synthesisers", help="amsynth, zyn, or both with a comma between them")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of instruments")
    parser.add_argument("-n", type=int, help="presets of each synthesiser; all if not given")
    parser.add_argument("--jobs", type=int, default=1, help="number of processes")
    options = parser.parse_args()
    jobs = [
        Job(preset, name)
        for name in options.synthesisers.split(",")
        for preset in SYNTHESISERS[name](options.n)
    ]
    print(f"{len(jobs)} presets")
    rendered = render_all(
        jobs,
        options.output,
        settings=InstrumentSettings(),
        n_jobs=options.jobs,
        on_instrument=tell,
    )
    n_instruments = len({note.instrument for note in rendered.notes})
    print(f"{len(rendered.notes)} notes of {n_instruments} instruments; left out:")
    for reason, count in rendered.reasons().most_common():
        print(f"  {count:6d} {reason}")


if __name__ == "__main__":
    main()
