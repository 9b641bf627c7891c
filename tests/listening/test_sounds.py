import numpy as np
import pyloudnorm
import pytest
from scipy import signal

from estilo.audio import Audio
from estilo.dsp.loudness import true_peak
from estilo.io import load, save
from estilo.listening.sounds import equally_loud, longest_s, lowpassed, page_sounds


def decoded(sounds, tmp_path):
    found = {}
    for name, data in sounds.items():
        path = tmp_path / f"{name}.flac"
        path.write_bytes(data)
        found[name] = load(path)
    return found


def test_all_sounds_of_a_page_are_equally_loud_and_long(heard, designed, tmp_path, rng):
    page = designed().pages[0]
    for place, file in enumerate({each.file for each in page.sounds}):
        noise = 0.02 * (1 + place) * rng.standard_normal((1, 96_000))
        save(Audio(noise, 48_000), heard / file, force=True)
    short = next(each for each in page.stimuli if each.part == "output")
    save(Audio(0.3 * rng.standard_normal((2, 72_000)), 48_000), heard / short.file, force=True)
    found = decoded(page_sounds(page, heard), tmp_path)
    assert set(found) == {each.name for each in page.sounds}
    meter = pyloudnorm.Meter(48_000)
    for audio in found.values():
        assert meter.integrated_loudness(audio.samples.T) == pytest.approx(-20.0, abs=0.1)
        assert audio.duration_s == pytest.approx(2.0, abs=1e-4)
    assert found[short.name].n_channels == 2


def test_the_anchor_is_the_target_without_highs(heard, designed, tmp_path):
    page = designed().pages[0]
    found = decoded(page_sounds(page, heard), tmp_path)
    by_label = {each.label: found[each.name] for each in page.sounds}
    reference, hidden = by_label["reference"].samples, by_label["hidden reference"].samples
    np.testing.assert_array_equal(reference, hidden)
    frequency_hz, power = signal.welch(by_label["low-pass 3.5 kHz"].samples[0], 8_000, nperseg=512)
    low, high = power[frequency_hz < 3400].mean(), power[frequency_hz > 3950].mean()
    assert 10 * np.log10(low / high) > 25


def test_x_is_the_very_same_sound(heard, designed):
    page = designed(kind="abx", rows=("eq 0.5", "sines 1")).pages[0]
    found = page_sounds(page, heard)
    a, b, x = (found[each.name] for each in page.opens)
    assert x == {"A": a, "B": b}[page.answer]
    assert a != b


def test_a_style_keeps_its_length(heard, designed, tmp_path, rng):
    save(
        Audio(0.1 * rng.standard_normal(6_000), 8_000), heard / "outputs/one/style.flac", force=True
    )
    page = next(each for each in designed(kind="ratings").pages if each.item == "one")
    found = decoded(page_sounds(page, heard), tmp_path)
    lengths = {each.label: found[each.name].n_samples for each in page.sounds}
    assert lengths["style"] == 6_000
    assert lengths["content"] == lengths["style copied"] == 6_000
    assert longest_s(designed(kind="ratings"), heard) == 0.75


def test_the_lowpass_holds_what_the_standard_asks_for():
    """BS.1534-3: ripple of at most 0.1 dB, 25 dB down at 4 kHz and 50 dB at 4.5 kHz."""
    click = np.zeros(48_000)
    click[24_000] = 1.0
    response = np.abs(np.fft.rfft(lowpassed(Audio(click, 48_000), 3500.0).samples[0]))
    level_db = 20 * np.log10(np.maximum(response, 1e-9))
    assert np.abs(level_db[:3500]).max() < 0.1
    assert level_db[4000:].max() < -25
    assert level_db[4500:].max() < -50


def test_peaks_ask_for_less_of_all_sounds_alike(rng):
    spiky = 0.001 * rng.standard_normal(48_000)
    spiky[1000] = 1.0
    found = equally_loud(
        {"spiky": Audio(spiky, 48_000), "tone": Audio(np.sin(0.1 * np.arange(48_000)), 48_000)}
    )
    meter = pyloudnorm.Meter(48_000)
    levels = [meter.integrated_loudness(each.samples.T) for each in found.values()]
    assert levels[0] == pytest.approx(levels[1], abs=0.1)
    assert levels[0] < -21
    assert true_peak(found["spiky"].samples, 48_000) == pytest.approx(-1.0, abs=0.1)


def test_silence_stays_silent(rng):
    noise = Audio(0.1 * rng.standard_normal(24_000), 48_000)
    found = equally_loud({"none": Audio(np.zeros(24_000), 48_000), "noise": noise})
    assert not found["none"].samples.any()
    level = pyloudnorm.Meter(48_000).integrated_loudness(found["noise"].samples.T)
    assert level == pytest.approx(-20.0, abs=0.1)
