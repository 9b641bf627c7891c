"""Instruments as SFZ files, read and played here by the rules of the format."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from drum_beats import beat
from sampled import RATE, instrument, level_db

from estilo.analysis.transcription.heard import HeardNote
from estilo.errors import InputError, OutputError
from estilo.sampler.kit import Kit
from estilo.sampler.sfz import write_sfz
from estilo.sampler.tuning import exact_pitch

NOTES = (
    HeardNote(0.1, 0.7, 48.2, -12.0),
    HeardNote(1.0, 1.6, 55.9, -12.0),
    HeardNote(1.9, 2.5, 55.9, -13.0),
    HeardNote(2.8, 3.4, 56.1, -30.0),
)


def regions(path: Path) -> list[dict[str, str]]:
    """Opcodes of each region, those of its group among them."""
    found, shared = [], {}
    for line in path.read_text().splitlines():
        head, _, rest = line.partition(" ")
        rest, _, sample = rest.partition("sample=")
        opcodes = dict(each.split("=") for each in rest.split())
        if head == "<group>":
            shared = opcodes
        else:
            assert head == "<region>"
            found.append(shared | opcodes | {"sample": sample})
    return found


def samples_of(region: dict[str, str], path: Path) -> np.ndarray:
    samples, rate = sf.read(path.parent / region["sample"], always_2d=True)
    assert rate == RATE
    return samples.T


@pytest.fixture
def written(tmp_path) -> Path:
    return write_sfz(instrument(NOTES, 3.8), tmp_path / "flute.sfz")


def test_bells_ring_on_whenever_the_key_is_let_go(tmp_path, written):
    fading = {"decays_db_s": (20.0,) * 6, "release_db_s": 0.0}
    bells = write_sfz(instrument(NOTES[:1], 2.0, **fading), tmp_path / "bells.sfz")
    assert {region["loop_mode"] for region in regions(bells)} == {"one_shot"}
    assert "one_shot" not in {region["loop_mode"] for region in regions(written)}


def test_every_key_and_velocity_has_one_sample(written):
    found = regions(written)
    for key in range(128):
        for velocity in range(1, 128):
            turns = [
                region
                for region in found
                if int(region["lokey"]) <= key <= int(region["hikey"])
                and int(region["lovel"]) <= velocity <= int(region["hivel"])
            ]
            lengths = {int(region.get("seq_length", 1)) for region in turns}
            assert lengths == {len(turns)}
            positions = sorted(int(region.get("seq_position", 1)) for region in turns)
            assert positions == list(range(1, len(turns) + 1))


def test_dynamics_are_layers_and_repeats_take_turns(written):
    upper = [region for region in regions(written) if region["pitch_keycenter"] == "56"]
    assert len(upper) == 3
    # 18 dB below the loudest by 40 dB for a factor of ten: 45; half way, in dB, is 75.
    assert sorted((int(r["lovel"]), int(r["hivel"])) for r in upper)[0] == (0, 75)
    assert [r["seq_length"] for r in upper if "seq_length" in r] == ["2", "2"]


def test_tunings_are_exact(written):
    for region in regions(written):
        sound = samples_of(region, written)[0]
        pitch = exact_pitch(
            sound[1600:8000], sample_rate=RATE, near=float(region["pitch_keycenter"])
        )
        tuned = pitch + int(region["tune"]) / 100.0
        assert tuned == pytest.approx(float(region["pitch_keycenter"]), abs=0.01)


def test_loops_have_no_seam(written):
    for region in regions(written):
        sound = samples_of(region, written)[0]
        start, end = int(region["loop_start"]), int(region["loop_end"]) + 1
        assert region["loop_mode"] == "loop_continuous"
        assert end <= len(sound)
        steady = np.concatenate([sound[start:end]] * 4)
        around = np.diff(steady[: len(steady) // 2])
        seam = np.abs(np.diff(steady[end - start - 4 : end - start + 4])).max()
        assert seam <= 1.01 * np.abs(around).max()
        size = 1600
        levels = [level_db(steady[k : k + size]) for k in range(0, len(steady) - size, 200)]
        assert np.ptp(levels) < 0.5


def test_samples_are_equally_loud_and_of_24_bits(written):
    found = [written.parent / region["sample"] for region in regions(written)]
    assert {sf.info(each).subtype for each in found} == {"PCM_24"}
    levels = [level_db(sf.read(each)[0][2000:4000]) for each in found]
    assert np.ptp(levels) < 0.5
    assert max(np.abs(sf.read(each)[0]).max() for each in found) == pytest.approx(0.9, abs=0.01)


def test_what_fades_has_its_decay_in_the_sample(tmp_path):
    bell = instrument(NOTES[:1], 1.0, decays_db_s=(20.0,) * 6)
    path = write_sfz(bell, tmp_path / "bell.sfz")
    (region,) = regions(path)
    sound = samples_of(region, path)[0]
    assert region["loop_mode"] == "no_loop"
    assert len(sound) / RATE == pytest.approx(3.0, abs=0.3)
    fall_db = level_db(sound[4800:6400]) - level_db(sound[-8000:-6400])
    assert fall_db == pytest.approx(20.0 * (len(sound) - 12_800) / RATE, abs=4.0)


def test_a_kit_has_a_key_for_each_class(rng, tmp_path):
    kit = Kit.of(*([each] for each in beat(rng)))
    path = write_sfz(instrument(NOTES, 3.8), tmp_path / "band.sfz", kit=kit)
    drums = [region for region in regions(path) if "key" in region]
    assert {region["key"] for region in drums} == {"36", "37", "38"}
    assert all(float(region["volume"]) <= 0.0 for region in drums)
    lowest = min(int(region["lokey"]) for region in regions(path) if "lokey" in region)
    assert lowest > 38


def test_nothing_is_replaced(written):
    flute = instrument(NOTES[:1], 1.0)
    with pytest.raises(OutputError, match="already exists"):
        write_sfz(flute, written)
    before = set(written.parent.iterdir())
    with pytest.raises(OutputError, match=r"must end in \.sfz"):
        write_sfz(flute, written.with_suffix(".wav"))
    written.unlink()
    with pytest.raises(OutputError, match="samples already exists"):
        write_sfz(flute, written)
    assert set(written.parent.iterdir()) == before - {written}
    with pytest.raises(OutputError, match="does not exist"):
        write_sfz(flute, written.parent / "nowhere" / "flute.sfz")
    with pytest.raises(InputError, match="got neither"):
        write_sfz(None, written.parent / "none.sfz")


def test_an_instrument_is_replaced_where_that_is_asked_for(written):
    first = written.parent / "flute samples"
    n_before = len(list(first.iterdir()))
    write_sfz(instrument(NOTES[:1], 1.0), written, force=True)
    folder = written.parent / "flute samples 2"
    assert [each.name for each in folder.iterdir()] == ["000-key-048.wav"]
    assert not first.exists()
    assert len(regions(written)) == 1 < n_before
    (folder / "mine.txt").write_text("notes")
    with pytest.raises(OutputError, match="holds more than samples"):
        write_sfz(instrument(NOTES, 3.8), written, force=True)
    assert len(regions(written)) == 1
    assert (folder / "mine.txt").is_file()
    assert {each.name for each in written.parent.iterdir()} == {"flute.sfz", folder.name}
    (folder / "mine.txt").unlink()
    write_sfz(instrument(NOTES, 3.8), written, force=True)
    assert {each.name for each in written.parent.iterdir()} == {"flute.sfz", first.name}


def test_what_was_there_is_left_where_writing_fails(written, monkeypatch):
    def fail(*_, **__):
        raise OSError(28, "no space left on device")

    text, folder = written.read_text(), written.parent / "flute samples"
    names = {each.name for each in folder.iterdir()}
    for step in ("estilo.sampler.sfz.save", "estilo.io.with_folder.place"):
        monkeypatch.setattr(step, fail)
        with pytest.raises(OutputError, match="the disk is full"):
            write_sfz(instrument(NOTES[:1], 1.0), written, force=True)
        monkeypatch.undo()
        assert written.read_text() == text
        assert {each.name for each in folder.iterdir()} == names
        assert {each.name for each in written.parent.iterdir()} == {"flute.sfz", folder.name}
