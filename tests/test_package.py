"""The package as its users first meet it."""

import subprocess
import sys
from types import ModuleType

import pytest

import estilo


def test_importing_it_loads_neither_torch_nor_matplotlib() -> None:
    program = (
        "import sys, estilo, estilo.engines, estilo.presets, estilo.pipeline.report\n"
        "estilo.Audio, estilo.Report, estilo.InputError\n"
        "estilo.presets.build_settings('optimise', estilo.presets.load_preset('dipani').settings)\n"
        "print([m for m in ('torch', 'matplotlib', 'scipy', 'librosa') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_public_names_are_sorted_and_lead_somewhere() -> None:
    assert list(estilo.__all__) == sorted(estilo.__all__)
    assert set(estilo.__all__) <= set(dir(estilo))
    for name in estilo.__all__:
        found = getattr(estilo, name)
        if isinstance(found, ModuleType):
            assert found.__name__ == f"estilo.{name}"
        elif name != "__version__":
            assert found.__name__ == name


def test_unknown_names_are_refused_as_python_does() -> None:
    with pytest.raises(AttributeError, match="'estilo' has no attribute 'transfre'"):
        _ = estilo.transfre


def test_every_error_is_one_tree_with_exit_codes() -> None:
    codes = {
        "EstiloError": 1,
        "InputError": 2,
        "AudioFileError": 2,
        "SettingsError": 2,
        "OutputError": 2,
        "PluginError": 2,
        "DivergenceError": 1,
        "Cancelled": 130,
    }
    for name, code in codes.items():
        error = getattr(estilo, name)
        assert issubclass(error, estilo.EstiloError)
        assert error.exit_code == code
