from dataclasses import replace

import pytest

from estilo.datasets.manifest import ManifestEntry, write_manifest
from estilo.errors import InputError
from estilo.training.heard import heard

BANK = ManifestEntry("a", 48000 * 3600, 48000, "train", "x", "p", "FluidSynth, Bank", "MIT")


def test_sources_and_terms_with_their_hours(tmp_path):
    file = replace(BANK, n_samples=48000 * 1800, source=f"sha256:{'0' * 64} my name.wav")
    clips = [
        BANK,
        replace(BANK, path="b", n_samples=48000 * 5400),
        replace(BANK, path="c", split="validation"),
        replace(file, path="d", licence="own"),
        replace(file, path="e", licence="own", source=f"sha256:{'1' * 64} other.wav"),
        replace(file, path="f", licence="CC0-1.0", n_samples=48000 * 120),
    ]
    for name, part in (("one", clips[:3]), ("two", clips[3:])):
        (tmp_path / name).mkdir()
        write_manifest(tmp_path / name, part)
    assert heard([str(tmp_path / "one"), str(tmp_path / "two")]) == (
        "FluidSynth, Bank (MIT): 2.5 h",
        "recordings (own): 1.0 h",
        "recordings (CC0-1.0): 0.033 h",
    )


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="make a dataset with 'estilo data synth'"):
        heard([str(tmp_path / "none")])
