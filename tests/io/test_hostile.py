import os
import re
import subprocess
import sys
import tempfile
import textwrap
import warnings
from pathlib import Path

import numpy as np
import pytest
from hostile import HOSTILE, PLAIN, caf, wav, write_hostile

from estilo.errors import AudioFileError
from estilo.io import AudioFileWarning, load, probe


def test_there_are_enough_of_them():
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize("name", HOSTILE)
def test_refused_with_a_sentence(name, tmp_path):
    path, match = write_hostile(name, tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AudioFileWarning)
        with pytest.raises(AudioFileError) as caught:
            load(path)
        message = str(caught.value)
        assert re.search(match, message)
        assert message.startswith(str(path))
        assert ";" in message, "what came, and what to do"
        assert caught.value.exit_code == 2
        # Whoever accepts cut files gets samples or the same kind of sentence.
        try:
            audio = load(path, accept_truncated=True)
        except AudioFileError:
            return
        assert audio.n_samples > 0
        assert np.isfinite(audio.samples).all()


def test_missing_folder_pipe_and_device(tmp_path):
    with pytest.raises(AudioFileError, match=r"none.wav does not exist; check the spelling"):
        load(tmp_path / "none.wav")
    with pytest.raises(AudioFileError, match="is a folder; give the path of one file"):
        load(tmp_path)
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(AudioFileError, match="is a pipe or a device, not a plain file"):
        load(tmp_path / "pipe.wav")
    with pytest.raises(AudioFileError, match="is a pipe or a device"):
        load("/dev/zero")
    with pytest.raises(AudioFileError, match=r"cannot be read: .*null"):
        load("a\0b.wav")
    with pytest.raises(AudioFileError, match=r"cannot be read: .*too long"):
        load("a" * 5000 + ".wav")
    (tmp_path / "circle.wav").symlink_to(tmp_path / "circle.wav")
    with pytest.raises(AudioFileError, match=r"cannot be read: .*symbolic links"):
        load(tmp_path / "circle.wav")


def test_no_permission():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "secret.wav"
        path.write_bytes(wav())
        path.chmod(0)
        is_root = os.geteuid() == 0
        if is_root:  # to whom everything is readable
            os.seteuid(65534)
        try:
            with pytest.raises(AudioFileError, match=r"may not be read \(no permission\)"):
                load(path)
        finally:
            if is_root:
                os.seteuid(0)


def test_wrong_extension_is_read_with_a_warning(tmp_path):
    path = tmp_path / "take.mp3"
    path.write_bytes(wav())
    with pytest.warns(AudioFileWarning, match="take.mp3 holds wav audio, which its name does not"):
        assert load(path).n_samples == 1000
    with pytest.warns(AudioFileWarning, match="holds wav audio"):
        assert probe(path).format == "wav"


@pytest.mark.parametrize("sizes", [(2**32 - 1, 2**32 - 1), (0, 0), (0x7FFFF000, 0x7FFFF024)])
def test_wav_from_a_pipe_is_read_to_its_end(tmp_path, sizes):
    data_size, riff_size = sizes
    codes = np.arange(1000, dtype="<i2")
    path = tmp_path / "pipe.wav"
    path.write_bytes(wav(codes.tobytes(), data_size=data_size, riff_size=riff_size))
    np.testing.assert_array_equal(load(path).samples[0] * 2**15, codes)


def test_caf_with_an_open_end(tmp_path):
    path = tmp_path / "recorder.caf"
    path.write_bytes(caf(data_size=-1))
    assert load(path).n_samples == 1000


def test_cut_files_are_taken_as_far_as_they_go_when_accepted(tmp_path):
    expected = {"wav": 1994, "wav24": 1996, "rf64": 1987, "aiff": 1993, "caf": 1488}
    for name, n_samples in expected.items():
        path, _ = write_hostile(f"{name} cut in half", tmp_path)
        assert load(path, accept_truncated=True).n_samples == n_samples
    for name in ("flac", "ogg", "opus", "mp3"):
        path, _ = write_hostile(f"{name} cut in half", tmp_path)
        n_samples = load(path, accept_truncated=True).n_samples
        assert 0.2 < n_samples / {"mp3": 80_000}.get(name, 40_000) < 0.6


_MEASURE = """
import resource, sys, warnings
from estilo.errors import AudioFileError
from estilo.io import load
warnings.simplefilter("ignore")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sys.argv[1:]:
    for accept in (False, True):
        try:
            load(path, accept_truncated=accept)
        except AudioFileError:
            pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def _peak_mib(*paths):
    """Memory beside the libraries that refusing these files takes, in a process of its own."""
    command = [sys.executable, "-c", textwrap.dedent(_MEASURE), *map(str, paths)]
    return int(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)


def test_refusals_take_little_memory(tmp_path):
    paths = []
    for index, name in enumerate(HOSTILE):
        folder = tmp_path / str(index)
        folder.mkdir()
        paths.append(write_hostile(name, folder)[0])
    # A hole of 280 MB that is a valid float wav up to its last sample.
    n_bytes = 280_000_000
    long = tmp_path / "long.wav"
    long.write_bytes(wav(b"", tag=3, bits=32, data_size=n_bytes, riff_size=n_bytes + 36))
    with long.open("r+b") as stream:
        stream.seek(44 + n_bytes - 4)
        stream.write(np.float32(np.nan).tobytes())
    assert _peak_mib(*paths, long) < 300


_FUZZ = """
import pathlib, resource, sys, warnings
import numpy as np
from hypothesis import HealthCheck, given, settings, strategies as st
from estilo.errors import EstiloError
from estilo.io import load

warnings.simplefilter("ignore")
n_examples = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
values = st.sampled_from([0, 1, 127, 128, 255]) | st.integers(0, 255)

def fuzz(path):
    original = path.read_bytes()
    last = len(original) - 1
    offsets = st.integers(0, min(150, last)) | st.integers(0, min(5000, last))

    @settings(max_examples=n_examples, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(offsets, values), min_size=1, max_size=6),
           st.none() | st.integers(1, len(original)), st.booleans())
    def run(changes, size, accept):
        data = bytearray(original)
        for offset, value in changes:
            data[offset] = value
        path.write_bytes(data[:size])
        try:
            audio = load(path, accept_truncated=accept)
            assert np.isfinite(audio.samples).all() and audio.n_samples > 0
        except EstiloError as error:
            assert str(error)

    run()

for path in map(pathlib.Path, sys.argv[2:]):
    print(path.name, flush=True)
    fuzz(path)
print("done")
"""


def test_changed_bytes_never_crash(tmp_path):
    """In a process of its own, for libsndfile is C and a crash would take the tests with it."""
    names = ["wav", "wav24", "wavfloat", "rf64", "adpcm", "flac", "ogg", "opus", "mp3", "aiff",
             "caf", "alac"]  # fmt: skip
    paths = [tmp_path / f"file.{name}" for name in names]
    for path, name in zip(paths, names, strict=True):
        path.write_bytes(PLAIN[name])
    command = [sys.executable, "-c", _FUZZ, "100", *map(str, paths)]
    result = subprocess.run(command, capture_output=True, check=False, timeout=240, text=True)
    # Where it stopped, the last name is that of the format at fault.
    assert result.stdout.split() == [*(path.name for path in paths), "done"], result.stderr
