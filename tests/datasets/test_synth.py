import itertools
import subprocess
import threading
from collections import Counter, defaultdict

import librosa
import numpy as np
import pytest
import soundfile as sf
from optional_programs import pretend

from estilo.datasets import soundfonts, synth
from estilo.datasets.manifest import ManifestEntry, read_manifest, write_manifest
from estilo.datasets.synth import SynthSettings, plan, render_all, waveforms
from estilo.errors import Cancelled, InputError, OutputError, SettingsError
from estilo.metrics.timbre_network import METRIC_SEED
from estilo.synthesis import fluidsynth
from estilo.synthesis.effects import Chorus

SMALL = SynthSettings(
    n_patches=5,
    n_programs=0,
    n_textures=0,
    n_validation=2,
    band=3,
    clips_per_instrument=2,
    duration_s=1.0,
)
RATE = 48_000
HOP = 256


@pytest.fixture
def silent_players(monkeypatch):
    """Instruments that play nothing, at once; what the soundfont's were asked for."""
    asked = []

    def programs(parts, **options):
        asked.extend(options | {"program": program} for _, program in parts)
        return [np.zeros(10, np.float32)] * len(parts)

    monkeypatch.setattr(fluidsynth, "render_parts", programs)
    monkeypatch.setattr(synth.patches, "render", lambda *_, **__: np.zeros(10, np.float32))
    return asked


def waveform(task):
    return waveforms([task])[0]


def test_same_settings_same_bytes(tmp_path, here, tree):
    for name in ("a", "b"):
        render_all(SMALL, tmp_path / name)
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    assert len(here) == 28
    assert len(tree(tmp_path / "a")) == 14 + 4  # manifest, phrases, settings, .gitignore


def test_another_seed_is_another_dataset():
    ours, theirs = (plan(SMALL.model_copy(update={"seed": seed}))[0] for seed in (1, 2))
    assert ours.clip.phrase == theirs.clip.phrase
    assert np.abs(np.corrcoef(waveform(ours), waveform(theirs))[0, 1]) < 0.5


@pytest.mark.slow
def test_processes_render_what_this_one_does(tmp_path, monkeypatch, here, tree):
    render_all(SMALL, tmp_path / "here")
    monkeypatch.undo()
    steps = []
    render_all(SMALL, tmp_path / "there", n_jobs=2, on_clip=steps.append)
    assert tree(tmp_path / "here") == tree(tmp_path / "there")
    assert [step.n_done for step in steps] == list(range(1, 15))
    assert {(step.n_kept, step.n_total) for step in steps} == {(0, 14)}
    assert steps[-1].remaining_s == 0.0


def test_clips_are_as_the_manifest_says_and_equally_loud(tmp_path, here):
    clips = render_all(SMALL, tmp_path)
    assert read_manifest(tmp_path) == sorted(clips, key=lambda clip: clip.path)
    for clip in clips:
        samples, rate = sf.read(tmp_path / clip.path)
        info = sf.info(tmp_path / clip.path)
        assert (info.format, info.subtype, info.channels, rate) == ("WAV", "PCM_16", 1, RATE)
        assert (len(samples), clip.sample_rate, clip.licence) == (RATE, RATE, "CC0-1.0")
        rms, peak = np.sqrt(np.mean(samples**2)), np.abs(samples).max()
        # A step of 16 bits, and its dither.
        assert rms == pytest.approx(0.1, abs=1e-4) or peak == pytest.approx(0.9, abs=1e-4)
        assert rms < 0.1001
        assert peak < 0.9001


@pytest.mark.parametrize("band", [2, 3, 10])
@pytest.mark.parametrize("n_patches", [2, 3, 10, 11, 12, 21])
def test_bands(n_patches, band):
    settings = SMALL.model_copy(
        update={"n_patches": n_patches, "band": band, "clips_per_instrument": 3}
    )
    players, phrases = defaultdict(list), defaultdict(list)
    for task in plan(settings):
        players[task.clip.phrase].append(task.clip.label)
        phrases[task.clip.label].append(task.clip.phrase)
    assert len(phrases) == n_patches + 2
    assert all(len(set(each)) == len(each) == 3 for each in phrases.values())
    assert all(2 <= len(set(each)) == len(each) <= band + 1 for each in players.values())


def test_splits_share_nothing(silent_players):
    settings = SynthSettings(
        n_patches=3, n_programs=108, n_textures=0, n_validation=26, clips_per_instrument=2
    )
    seen = {name: defaultdict(set) for name in ("path", "label", "phrase")}
    programs = defaultdict(set)
    for task in plan(settings):
        split = task.clip.split
        for name, values in seen.items():
            values[split].add(getattr(task.clip, name))
        n_before = len(silent_players)
        waveform(task)
        programs[split].update(each["program"] for each in silent_players[n_before:])
    for values in (*seen.values(), programs):
        assert values["train"]
        assert values["validation"]
        assert not values["train"] & values["validation"]
    assert programs["train"] | programs["validation"] == set(range(120))


def test_the_soundfont_plays_its_share_under_its_licence(silent_players):
    settings = SMALL.model_copy(update={"n_programs": 4, "n_validation": 4, "layered": 0.0})
    tasks = plan(settings)
    kinds = Counter(
        (task.clip.split, task.clip.licence, task.clip.source, task.clip.label.split("-")[1])
        for task in tasks
    )
    font = ("MIT", "FluidSynth, MuseScore_General", "program")
    own = ("CC0-1.0", "estilo's synthesiser", "patch")
    assert kinds == {
        ("train", *own): 10,
        ("train", *font): 8,
        ("validation", *own): 4,
        ("validation", *font): 4,
    }
    for task in tasks:
        waveform(task)
    assert {each["soundfont"] for each in silent_players} == {"MuseScore_General"}
    assert len(silent_players) == 12


def envelope(task):
    strength = librosa.onset.onset_strength(y=waveform(task), sr=RATE, hop_length=HOP)
    return (strength - strength.mean()) / np.linalg.norm(strength - strength.mean())


def lag_s(ours, theirs):
    """How far the second one's onsets have to be moved to fit best, by librosa's ears."""
    return (int(np.correlate(ours, theirs, "full").argmax()) - len(theirs) + 1) * HOP / RATE


@pytest.mark.slow
def test_players_of_a_phrase_play_at_the_same_times():
    settings = SMALL.model_copy(
        update={"n_patches": 12, "n_validation": 0, "band": 6, "duration_s": 4.0, "effects": 0.0}
    )
    heard = defaultdict(list)
    for task in plan(settings):
        heard[task.clip.phrase].append(envelope(task))
    lags, same, other = [], [], []
    for players in heard.values():
        pairs = list(itertools.combinations(players, 2))
        lags += [abs(lag_s(*pair)) for pair in pairs]
        same += [float(a @ b) for a, b in pairs]
    for first, second in itertools.combinations(heard.values(), 2):
        other += [float(a @ b) for a in first for b in second]
    # Some swell so slowly that there is no moment at which a note begins.
    assert np.quantile(lags, 0.75) < 0.025
    assert np.median(same) > 0.4
    assert np.median(other) < 0.2


@pytest.mark.slow
@pytest.mark.needs_fluidsynth
def test_the_soundfont_plays_along_and_repeats(tmp_path, monkeypatch):
    # Any soundfont shows it, and the test bank is the one that the tests ask for.
    monkeypatch.setattr(soundfonts, "_is_test_bank", lambda soundfont: False)
    settings = SMALL.model_copy(
        update={"seed": 3, "n_patches": 1, "n_programs": 1, "n_validation": 0, "duration_s": 2.0}
    )
    settings = settings.model_copy(update={"effects": 0.0, "soundfont": "TimGM6mb"})
    first, second = (task for task in plan(settings) if task.phrase == 0)
    piano, own = sorted((first, second), key=lambda task: task.clip.label, reverse=True)
    assert piano.clip.source == "FluidSynth, TimGM6mb"
    assert abs(lag_s(envelope(piano), envelope(own))) < 0.02
    one, again = (synth.render([piano], tmp_path / name)[0].read_bytes() for name in "ab")
    assert one == again


def test_a_stopped_rendering_goes_on(tmp_path, here, tree):
    class StoppedError(Exception):
        pass

    def stop(step):
        if step.n_done == 3:
            raise StoppedError

    with pytest.raises(StoppedError):
        render_all(SMALL, tmp_path / "ours", on_clip=stop)
    assert not (tmp_path / "ours" / "manifest.jsonl").exists()
    n_before, steps = len(here), []
    render_all(SMALL, tmp_path / "ours", on_clip=steps.append)
    assert len(here) - n_before == 11
    assert (steps[0].n_done, steps[0].n_kept, steps[0].n_total) == (1, 3, 14)
    render_all(SMALL, tmp_path / "fresh")
    assert tree(tmp_path / "ours") == tree(tmp_path / "fresh")


def test_cancelling(tmp_path, here):
    token = threading.Event()
    with pytest.raises(Cancelled, match="cancelled; 2 of 14 clips are in"):
        render_all(
            SMALL,
            tmp_path,
            on_clip=lambda step: token.set() if step.n_done == 2 else None,
            cancel=token,
        )
    assert len(list(tmp_path.rglob("*.wav"))) == 2


def test_a_folder_takes_clips_of_one_set_of_settings(tmp_path, here):
    render_all(SMALL, tmp_path)
    other = SMALL.model_copy(update={"seed": 2, "n_patches": 6})
    with pytest.raises(OutputError, match=r"other settings \(seed 1, n_patches 5\); give these"):
        render_all(other, tmp_path)
    (tmp_path / "synth.json").write_text("{")
    with pytest.raises(OutputError, match=r"synth\.json cannot be read; name a new folder"):
        render_all(SMALL, tmp_path)


def test_clips_of_others_stay(tmp_path, here):
    theirs = ManifestEntry("train/x/1.wav", 9, RATE, "train", "x", "", "sha256:0 x.wav", "own")
    write_manifest(tmp_path, [theirs])
    clips = render_all(SMALL, tmp_path)
    assert len(clips) == 15
    assert theirs in read_manifest(tmp_path)


def test_folders_that_cannot_be_made(tmp_path, here):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        render_all(SMALL, tmp_path / "file" / "data")


@pytest.mark.needs_git
def test_git_leaves_a_dataset_alone(tmp_path, here):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    render_all(SMALL, tmp_path / "data")
    status = ["git", "-C", tmp_path, "status", "--porcelain"]
    assert subprocess.run(status, capture_output=True, text=True, check=True).stdout == ""
    # But in a folder that holds other things it is the user's to say.
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("")
    render_all(SMALL, tmp_path / "mine")
    assert not (tmp_path / "mine" / ".gitignore").exists()


def banks(tmp_path):
    """The test bank by its name, under its name, in small letters, renamed, and through a link."""
    head = (
        b"RIFF\0\0\0\0sfbkLIST\0\0\0\0INFOifil\x04\0\0\0\x02\0\x01\0INAM\x0e\0\0\0TimGM6mb1.sf2\0"
    )
    renamed, link = tmp_path / "mine.sf2", tmp_path / "default-GM.sf2"
    renamed.write_bytes(head + bytes(9999))
    link.symlink_to(renamed)
    return ["TimGM6mb", "/no/where/TimGM6mb.sf2", "timgm6mb.SF2", str(renamed), str(link)]


@pytest.mark.parametrize("which", range(5))
def test_the_test_bank_is_refused(tmp_path, which):
    font = banks(tmp_path)[which]
    settings = SynthSettings(soundfont=font)
    with pytest.raises(SettingsError, match="is TimGM6mb, on which the scoreboard tests"):
        plan(settings)
    with pytest.raises(SettingsError, match="take MuseScore_General"):
        render_all(settings, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_other_soundfonts_are_not(tmp_path):
    font = tmp_path / "other.sf2"
    font.write_bytes(b"RIFF\0\0\0\0sfbkLIST")
    tasks = plan(SynthSettings(soundfont=str(font)))
    assert {task.clip.licence for task in tasks} == {"CC0-1.0", "unknown"}


def test_the_seed_of_the_metrics_is_refused():
    with pytest.raises(SettingsError, match="reserved"):
        plan(SynthSettings(seed=METRIC_SEED))
    # A longer number is taken apart into words, of which the last 32 bits come first.
    longer = METRIC_SEED + 2**32
    ours, theirs = (np.random.SeedSequence(key) for key in ([longer, 5], [METRIC_SEED, 1, 5]))
    assert ours.generate_state(4).tolist() == theirs.generate_state(4).tolist()
    with pytest.raises(SettingsError, match="below 4294967296"):
        SynthSettings(seed=longer)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_patches": 0}, "two instruments or more are needed for pairs, got 0"),
        ({"n_patches": 1}, "two instruments or more are needed for pairs, got 1"),
        ({"n_validation": 1}, "n_validation must be 0, or 2 and more"),
    ],
)
def test_nobody_plays_alone(given, message):
    with pytest.raises(SettingsError, match=message):
        plan(SMALL.model_copy(update=given))


@pytest.mark.parametrize("present", [(), ("fluidsynth",), ("soundfont",)])
def test_missing_parts_are_named_before_anything_is_written(tmp_path, monkeypatch, present):
    settings = SMALL.model_copy(update={"n_programs": 2})
    pretend(monkeypatch, tmp_path / "programs", "mido", *present)
    with pytest.raises(InputError, match=r"missing: .*; or do without .*--n-programs 0") as refusal:
        render_all(settings, tmp_path / "data")
    assert ("apt install fluidsynth" in str(refusal.value)) == ("fluidsynth" not in present)
    said_font = "apt install musescore-general-soundfont" in str(refusal.value)
    assert said_font == ("soundfont" not in present)
    assert not (tmp_path / "data").exists()


def test_textures_have_takes_and_no_phrase():
    settings = SMALL.model_copy(update={"n_textures": 3})
    textures = [task for task in plan(settings) if not task.clip.phrase]
    assert Counter(task.clip.label for task in textures) == {
        f"train-texture-{number:04d}": 2 for number in range(3)
    }
    one, other = (waveform(task) for task in textures[:2])
    assert np.abs(one).max() > 0.0
    assert np.abs(np.corrcoef(one, other)[0, 1]) < 0.5


@pytest.mark.needs_fluidsynth
def test_a_program_resumed_is_the_program_rendered_at_once(tmp_path, monkeypatch, here, tree):
    # Any soundfont shows it, and the test bank is the one that the tests ask for.
    monkeypatch.setattr(soundfonts, "_is_test_bank", lambda soundfont: False)
    given = {"n_patches": 0, "n_programs": 2, "n_validation": 0, "soundfont": "TimGM6mb"}
    settings = SMALL.model_copy(update=given)
    for name in "ab":
        render_all(settings, tmp_path / name)
        if name == "b":
            next((tmp_path / name).rglob("*.wav")).unlink()
            render_all(settings, tmp_path / name)
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


TWICE = SMALL.model_copy(update={"band": 1, "processed": 1.0})


def test_processed_instruments_play_the_same_phrases_twice():
    ways = defaultdict(set)
    for task in plan(TWICE):
        ways[task.clip.phrase].add(task.clip.label)
        if task.is_processed:
            assert task.clip.label.endswith("-processed")
    for labels in ways.values():
        dry = {label for label in labels if not label.endswith("-processed")}
        assert labels == dry | {f"{label}-processed" for label in dry}
    assert [task.clip for task in plan(SMALL)] == [
        task.clip
        for task in plan(SMALL.model_copy(update={"processed": 1.0}))
        if not task.is_processed
    ]


def test_what_is_processed_is_the_dry_clip_through_one_chain(monkeypatch):
    """With chains of a delay alone, the processed clip is the dry one, later."""
    late = Chorus(level=1e6, rate_hz=1.0, depth_s=0.0, delay_s=0.01)
    monkeypatch.setattr(synth, "random_chain", lambda rng, kind: (late,))
    tasks = plan(TWICE)
    for dry, wet in itertools.pairwise(tasks):
        if wet.is_processed and not dry.is_processed:
            ours, theirs = waveform(dry), waveform(wet)
            assert np.corrcoef(ours[:-480], theirs[480:])[0, 1] > 0.9999


def test_a_share_of_the_instruments_is_processed():
    settings = SMALL.model_copy(update={"n_patches": 300, "processed": 0.3})
    labels = {task.clip.label for task in plan(settings) if task.clip.split == "train"}
    assert len(labels) - 300 == pytest.approx(90, abs=25)


def test_a_band_of_one_needs_a_chain():
    with pytest.raises(
        SettingsError, match=r"got processed 0\.5; give processed 1, or a band of 2"
    ):
        plan(SMALL.model_copy(update={"band": 1, "processed": 0.5}))
