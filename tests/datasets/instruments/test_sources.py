import numpy as np
import pytest

from estilo.audio import Audio
from estilo.datasets.instruments.rendering import plan
from estilo.datasets.instruments.settings import InstrumentSettings
from estilo.datasets.instruments.sources import SOURCES
from estilo.datasets.instruments.sources.tonejs import pitch_of, released
from estilo.datasets.instruments.takes import SAMPLE_RATE, TAIL_S
from estilo.errors import InputError
from estilo.io import save
from estilo.synthesis.fluidsynth import AS_IS


def instruments(source, **settings):
    return [job.instrument for job in plan(InstrumentSettings(**settings), [source])]


@pytest.fixture
def packages(tmp_path):
    """Packages with files of a second, half a second of it silent."""
    note = np.concatenate([np.zeros(SAMPLE_RATE // 2), np.full(SAMPLE_RATE // 2, 0.5)])
    for label, names in {"violin": ("A4", "As3", "A4 v2"), "saxophone": ("A4",)}.items():
        folder = tmp_path / f"tonejs-instrument-{label}-mp3"
        folder.mkdir()
        for name in names:
            time = np.arange(len(note)) / SAMPLE_RATE
            samples = note * np.sin(2 * np.pi * 440.0 * time)
            save(Audio(samples[None].astype(np.float32), SAMPLE_RATE), folder / f"{name}.mp3")
    return tmp_path


def test_packages_are_cut_into_notes(packages):
    (violin,) = instruments("tonejs", tonejs=str(packages))
    assert (violin.name, violin.licence) == ("tonejs-violin", "CC-BY-3.0")
    takes = violin.play()
    # The recording is shorter than a long note: it is one of its own length.
    assert [(take.key.midi_pitch, take.key.held_s < 0.4) for take in takes] == [
        *((69, True), (69, False), (58, True), (58, False))
    ]
    for take in takes:
        assert np.abs(take.samples[: round(0.03 * SAMPLE_RATE)]).max() > 0.4
        assert len(take.samples) / SAMPLE_RATE < 0.6


def test_a_damped_note_falls_by_60_db_in_a_tenth_of_a_second():
    out = released(np.ones(SAMPLE_RATE, np.float32), 0.3)
    assert len(out) == round(0.4 * SAMPLE_RATE)
    assert out[round(0.3 * SAMPLE_RATE) - 1] == 1.0
    assert out[round(0.35 * SAMPLE_RATE)] == pytest.approx(10.0**-1.5, rel=1e-2)


@pytest.mark.parametrize(
    ("name", "pitch"), [("C4", 60), ("A4", 69), ("As3", 58), ("Cs-1", 1), ("B0", 23), ("Gs7", 104)]
)
def test_names_of_pitches(name, pitch):
    assert pitch_of(name) == pitch


@pytest.mark.parametrize("name", ["H4", "A", "Bb3", "4"])
def test_other_names_are_refused(name):
    with pytest.raises(InputError, match="named by its pitch"):
        pitch_of(name)


@pytest.mark.parametrize(("source", "words"), [("tonejs", "npm pack"), ("freepats", "apt install")])
def test_empty_folders_say_what_to_do(tmp_path, source, words):
    with pytest.raises(InputError, match=words):
        instruments(source, **{source: str(tmp_path)})


def test_patches_of_files_that_are_instruments(tmp_path):
    (tmp_path / "Tone_000").mkdir()
    for name in ("073_Flute.pat", "125_Helicopter.pat", "073_Flute.txt"):
        (tmp_path / "Tone_000" / name).touch()
    (flute,) = instruments("freepats", freepats=str(tmp_path))
    assert (flute.name, flute.program) == ("freepats-073", 73)
    with pytest.raises(InputError, match="not a patch"):
        flute.play()


@pytest.mark.parametrize("source", ["soundfont", "opl3"])
def test_soundfonts_need_fluidsynth(source):
    with pytest.raises(InputError, match="FluidSynth"):
        instruments(source)


@pytest.mark.needs_fluidsynth
def test_programs_of_a_soundfont(monkeypatch):
    """The soundfont of the tests stands in for the others, which need not be there."""
    from estilo.datasets.instruments.sources import soundfont

    monkeypatch.setattr(soundfont, "refuse_test_bank", lambda font: None)
    programs = instruments("soundfont", soundfont="TimGM6mb", n_bent=30, programs="validation")
    plain = [each for each in programs if each.bend == AS_IS]
    assert [each.program for each in plain] == [*range(7, 120, 10)]
    bent = programs[len(plain) :]
    assert len({each.name for each in programs}) == len(plain) + 30
    assert {each.program for each in bent} == {each.program for each in plain}
    train = instruments("soundfont", soundfont="TimGM6mb", n_bent=0, programs="train")
    assert not {each.program for each in train} & {each.program for each in plain}
    takes = plain[0].play()
    assert len(takes) == 12
    assert all(len(t.samples) >= (t.key.held_s + TAIL_S) * SAMPLE_RATE - 1 for t in takes)
    assert all(np.abs(take.samples).max() > 1e-3 for take in takes)


def test_the_table_of_sources_says_what_they_are():
    for name in SOURCES:
        assert SOURCES.summary(name).endswith((".", ","))
