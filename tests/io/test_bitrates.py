import numpy as np
import pytest

from estilo.audio import Audio
from estilo.errors import OutputError
from estilo.io import load, save
from estilo.io.bitrates import LOSSY, bounds_kbps

ASKED = {
    ("mp3", 44_100): (64, 128, 192, 320),
    ("mp3", 22_050): (64, 96, 160),
    ("mp3", 8000): (32, 48, 64),
    ("opus", 48_000): (32, 96, 192, 256),
    ("ogg", 44_100): (50, 96, 160, 240),
    ("m4a", 44_100): (64, 128, 160),
    ("m4a", 8000): (24, 40),
}
# Frames of mp3 and pages of Opus take some too; Vorbis aims at a quality, and noise is dear.
WITHIN = {"mp3": 0.13, "opus": 0.13, "ogg": 0.35, "m4a": 0.13}


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize(("container", "rate"), ASKED)
def test_files_have_the_bitrate_that_was_asked_for(tmp_path, rng, container, rate, n_channels):
    noise = Audio(0.1 * rng.standard_normal((n_channels, 2 * rate)), rate)
    for each in ASKED[container, rate]:
        wanted = each if container == "mp3" else each * n_channels
        path = tmp_path / f"{each}.{container}"
        save(noise, path, bitrate_kbps=wanted)
        assert path.stat().st_size * 8 / 2000 == pytest.approx(wanted, rel=WITHIN[container])
        assert load(path).n_samples == noise.n_samples


@pytest.mark.parametrize("container", LOSSY)
def test_the_lowest_and_the_highest_are_written_whole(tmp_path, rng, container):
    rates = {rate for name, rate in ASKED if name == container}
    for rate in rates:
        noise = Audio(0.1 * rng.standard_normal(rate), rate)
        for kbps in bounds_kbps(container, sample_rate=rate, n_channels=1):
            path = tmp_path / f"{rate}-{kbps}.{container}"
            save(noise, path, bitrate_kbps=kbps)
            assert load(path).n_samples == rate


@pytest.mark.parametrize(
    ("name", "kbps", "message"),
    [
        ("a.wav", 128, "wav at 44100 Hz has no bitrate to choose, got 128 kbit/s"),
        ("a.mp3", 500, "mp3 has bitrates of 64 to 320 kbit/s at 44100 Hz in 1 channels, got 500"),
        ("a.mp3", float("nan"), "got nan"),
        ("a.mp3", 0, "got 0"),
        ("a.m4a", 300, "m4a has bitrates of 16 to 160 kbit/s at 44100 Hz in 1 channels, got 300"),
        ("a.webm", 128, "got '.webm', which is read but not written"),
    ],
)
def test_bitrates_that_a_format_has_not_are_refused(tmp_path, name, kbps, message):
    with pytest.raises(OutputError, match=message):
        save(Audio(np.zeros(100), 44_100), tmp_path / name, bitrate_kbps=kbps)
