import numpy as np
import pytest
from clips import audio, rain

from estilo.errors import SettingsError
from estilo.pipeline.running import Clock, check_device, mix_in, to_content_rate


def test_coming_back_from_a_lower_rate_keeps_what_lies_above() -> None:
    content = audio(rain(0.5, 96_000), 96_000)
    from estilo.dsp.resample import resample

    down = resample(content.samples, 96_000, 48_000)
    again = to_content_rate(down, content, 48_000, keeps_highs=True)
    np.testing.assert_allclose(again, content.samples, atol=1e-5)
    same = to_content_rate(content.samples, content, 96_000, keeps_highs=True)
    assert same is content.samples


def test_a_setting_below_the_contents_rate_cuts_what_lies_above() -> None:
    content = audio(rain(0.5, 44_100), 44_100)
    low = np.zeros((1, 11_025), dtype=np.float32)
    assert not to_content_rate(low, content, 22_050, keeps_highs=False).any()


def test_mix_is_linear_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("estilo.pipeline.running._BLOCK", 100)
    wet, dry = rain(0.1, 8000)[None], rain(0.1, 8000, seed=9)[None]
    out = wet.copy()
    mix_in(out, dry, mix=0.3)
    np.testing.assert_allclose(out, 0.3 * wet + 0.7 * dry, atol=1e-7)


@pytest.mark.parametrize("device", ["meta", "mps", "vulkan:0", "gpu", ""])
def test_devices_are_the_processor_and_cuda(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=f"unknown device '{device}'; use cpu or cuda"):
        check_device(device)
    check_device("cpu")
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    check_device("cuda:0")
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(SettingsError, match="no CUDA GPU is at hand; use cpu"):
        check_device("cuda")


def test_laps_add_up_to_the_total() -> None:
    clock = Clock()
    clock.lap("first")
    clock.lap("second")
    assert set(clock.laps) == {"first", "second", "total"}
    total = clock.laps["first"] + clock.laps["second"]
    assert clock.laps["total"] == pytest.approx(total, abs=0.002)
