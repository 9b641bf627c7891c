import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch
from tiny_training import DATA

from estilo.datasets.manifest import ManifestEntry, read_manifest, write_manifest
from estilo.datasets.phrases import read_phrases, write_phrases
from estilo.datasets.synth import plan
from estilo.errors import InputError, OutputError
from estilo.models.bands import transposition
from estilo.models.generator import LOWEST_NOTE, N_NOTES
from estilo.models.network import Network
from estilo.training.batches import PAIRED, PERTURBED, UNPAIRED, Batches
from estilo.training.features import LevelStore
from estilo.training.recipe import BatchPart

PLAIN = BatchPart(
    size=4,
    n_frames=32,
    n_style_frames=48,
    equaliser_db=0.0,
    transpose=0,
    variety=0.0,
    gain_db=0.0,
    noise=0.0,
)


class Marked:
    """Levels that say of which clip they are (band 0) and which frame (band 1); others are 0."""

    n_bands = 224
    hop_length = 512

    def __init__(self, folder: Path | None = None) -> None:
        clips = read_manifest(folder) if folder else []
        self.numbers = {clip.path: place / 64 for place, clip in enumerate(clips)}

    def n_frames(self, clip):
        return 140

    def read(self, folder, clip, *, start, n_frames):
        out = np.zeros((n_frames, 225), dtype=np.float32)
        out[:, 0] = self.numbers.get(clip.path, 0.0)
        out[:, 1] = np.arange(start, start + n_frames) / 1024
        out[:, -1] = 1.0  # the level that styles are brought to
        return out

    def loudest(self, folder, clip, *, start, n_frames):
        return 1.0


def drawn(folder, settings=PLAIN, *, store, seed=3, split="train"):
    return Batches([str(folder)], split=split, settings=settings, seed=seed, store=store)


@pytest.fixture(scope="module")
def levels():
    return LevelStore(Network())


def names(store, column):
    """Paths of the clips that marked levels are of."""
    by_number = {number: path for path, number in store.numbers.items()}
    return [by_number[round(float(row[0, 0]) * 64) / 64] for row in column]


def only(kind):
    return dict.fromkeys(("paired", "perturbed", "unpaired"), 0.0) | {kind: 1.0}


def test_paired_examples_are_one_phrase_at_one_time_on_two_instruments(dataset):
    store, clips = Marked(dataset), {clip.path: clip for clip in read_manifest(dataset)}
    batch = drawn(dataset, PLAIN.model_copy(update=only("paired")), store=store).examples(range(60))
    contents, targets, styles = (names(store, each) for each in batch[:3])
    for content, target, style in zip(contents, targets, styles, strict=True):
        assert clips[content].phrase == clips[target].phrase
        assert clips[content].label != clips[target].label == clips[style].label
        assert style != target
        assert clips[content].split == "train"
    torch.testing.assert_close(batch.content[..., 1], batch.target[..., 1], atol=0, rtol=0)
    starts = batch.content[:, 0, 1] * 1024
    assert 0 <= starts.min() < starts.max() <= 140 - 32
    assert len(set(contents)) == 8
    assert (batch.kind == PAIRED).all()


def test_notes_are_those_of_the_contents_phrase_from_its_first_frame_on(dataset):
    settings = PLAIN.model_copy(update={"paired": 1.0, "perturbed": 0.0, "unpaired": 0.0})
    store = Marked(dataset)
    batches = Batches([str(dataset)], split="train", settings=settings, seed=3, store=store)
    batch = batches.examples(range(12))
    clips = {round(number * 64): path for path, number in store.numbers.items()}
    phrase_of = {clip.path: clip.phrase for clip in read_manifest(dataset)}
    for content, notes in zip(batch.content.numpy(), batch.notes.numpy(), strict=True):
        played = read_phrases(dataset)[phrase_of[clips[round(content[0, 0] * 64)]]]
        times_s = (round(content[0, 1] * 1024) + np.arange(32) + 0.5) * 512 / 48000
        for pitch in range(N_NOTES):
            spans = [
                (note.start_s, note.start_s + note.duration_s)
                for note in played
                if round(note.pitch) == LOWEST_NOTE + pitch
            ]
            sounding = [any(start <= time < end for start, end in spans) for time in times_s]
            np.testing.assert_array_equal(notes[:, pitch], sounding)
            begins = [any(0 <= time - start < 0.032 for start, _ in spans) for time in times_s]
            np.testing.assert_array_equal(notes[:, N_NOTES + pitch], begins)


def test_unpaired_examples_join_any_two_clips(dataset):
    store = Marked(dataset)
    settings = PLAIN.model_copy(update=only("unpaired"))
    batch = drawn(dataset, settings, store=store).examples(range(60))
    assert torch.equal(batch.content, batch.target)
    assert (batch.kind == UNPAIRED).all()
    pairs = set(zip(names(store, batch.content), names(store, batch.style), strict=True))
    assert len(pairs) > 30


def test_perturbed_examples_give_a_clip_back_from_itself_augmented(dataset, levels):
    settings = PLAIN.model_copy(update=only("perturbed"))
    batch = drawn(dataset, settings, store=levels).examples(range(8))
    assert (batch.kind == PERTURBED).all()
    change = (batch.content - batch.target).abs().mean((1, 2))
    assert (change > 0.01).sum() >= 7
    # What is played is still there: frames that are loud in one are loud in the other.
    for content, target in zip(batch.content.mean(2), batch.target.mean(2), strict=True):
        if target.std() > 0.05:
            assert np.corrcoef(content, target)[0, 1] > 0.4


@pytest.mark.parametrize("kind", ["paired", "perturbed", "unpaired"])
def test_one_equaliser_for_style_and_target_and_another_for_the_content(dataset, kind):
    settings = PLAIN.model_copy(update={**only(kind), "equaliser_db": 6.0})
    batch = drawn(dataset, settings, store=Marked()).examples(range(24))
    bend = batch.target[:, 0, 2:]  # all levels are 0 but for the equaliser
    torch.testing.assert_close(batch.style[:, 0, 2:], bend)
    deviation_db = 20.0 * bend.square().mean().sqrt()
    assert 1.0 < deviation_db < 12.0
    bent = bend.abs().amax(1) > 0.01
    assert 10 < bent.sum() < 24  # at times there is none
    assert ((batch.content[:, 0, 2:] - bend).abs().amax(1) > 0.01).sum() > 16


def test_style_and_target_are_varied_alike_and_the_content_otherwise(dataset, levels):
    """A clip that is both style and target, from one frame on, stays the same in both."""
    settings = PLAIN.model_copy(update={**only("paired"), "variety": 1.0, "n_style_frames": 32})
    batches = drawn(dataset, settings, store=levels)
    batches.by_label = {}  # no other clip of the label
    batches._fellow = lambda rng, place: place
    batches._start = lambda rng, place, n_frames: 10
    plain = drawn(dataset, settings.model_copy(update={"variety": 0.0}), store=levels)
    plain._fellow, plain._start = batches._fellow, batches._start
    varied, bare = batches.examples(range(12)), plain.examples(range(12))
    for style, target in zip(varied.style, varied.target, strict=True):
        sounding = (style > -2.7) & (target > -2.7)  # what is silent has no other level
        shift = (style - target)[sounding]
        torch.testing.assert_close(shift, shift.median().expand_as(shift), atol=0.02, rtol=0)
    changed = [
        (getattr(varied, name) - getattr(bare, name)).abs().mean((1, 2))
        for name in ("content", "target")
    ]
    assert all((each > 1e-3).sum() >= 9 for each in changed)
    assert (changed[0] - changed[1]).abs().max() > 0.01


def test_an_example_is_transposed_as_a_whole(dataset, levels):
    settings = PLAIN.model_copy(update=only("paired"))
    batches = drawn(dataset, settings.model_copy(update={"transpose": 5}), store=levels)
    plain = drawn(dataset, settings, store=levels)
    moved, bare = batches.examples(range(24)), plain.examples(range(24))
    matrices = {s: torch.from_numpy(transposition(levels.centres_hz, s)) for s in range(-5, 6)}
    found = []
    for row in range(24):
        sounding = bare.notes[row, :, :N_NOTES]
        for semitones, matrix in matrices.items():
            if torch.equal(moved.notes[row, :, :N_NOTES], sounding.roll(semitones, 1)):
                for name in ("content", "target"):
                    torch.testing.assert_close(
                        getattr(moved, name)[row],
                        (getattr(bare, name)[row] @ matrix).clamp(min=-3.0),
                        atol=2e-3,
                        rtol=0,
                    )
                found.append(semitones)
                break
    assert len(found) == 24
    assert len(set(found)) > 5


def test_the_target_follows_the_contents_level_and_the_style_does_not(dataset):
    settings = PLAIN.model_copy(update={**only("paired"), "gain_db": 4.0})
    batch = drawn(dataset, settings, store=Marked()).examples(range(200))
    gain = batch.content[:, 0, 2]
    assert 20.0 * gain.std() == pytest.approx(4.0, rel=0.2)
    torch.testing.assert_close(batch.target[:, 0, 2], gain)
    assert batch.style[..., 2:].abs().max() < 1e-6


def test_noise_has_the_power_it_is_meant_to_have(dataset):
    settings = PLAIN.model_copy(update={**only("unpaired"), "noise": 1.0})
    batch = drawn(dataset, settings, store=Marked()).examples(range(50))
    added = (10.0 ** (2.0 * batch.content[..., 2:].double()) - 1.0).mean((1, 2))
    level = 0.5 * torch.log10(added)  # in units of 20 dB above -40 dB
    assert -4.1 < level.min() < -3.5
    assert -2.0 < level.max() < -1.4


def test_kinds_come_by_their_shares(dataset):
    settings = PLAIN.model_copy(update={"paired": 2.0, "perturbed": 1.0, "unpaired": 1.0})
    kinds = drawn(dataset, settings, store=Marked()).examples(range(400)).kind
    counts = [int((kinds == kind).sum()) for kind in (PAIRED, PERTURBED, UNPAIRED)]
    assert counts == pytest.approx([200, 100, 100], abs=30)


def test_a_batch_follows_from_its_number_and_is_shared_without_a_rest(dataset, levels):
    settings = PLAIN.model_copy(update={"size": 5, "equaliser_db": 6.0, "noise": 0.5})
    whole = drawn(dataset, settings, store=levels).batch(3)
    again = drawn(dataset, settings, store=levels)
    again.batch(0)
    parts = [again.batch(3, rank=rank, n_ranks=2) for rank in (1, 0)]
    assert [len(part.kind) for part in parts] == [2, 3]
    for column, one, other in zip(whole, *parts, strict=True):
        assert torch.equal(column[1::2], one)
        assert torch.equal(column[0::2], other)
    other_seed = drawn(dataset, settings, store=levels, seed=4).batch(3)
    assert not torch.equal(whole.content, other_seed.content)


def write_dataset(folder, *, n_samples, phrase="", rate=48000):
    clips = []
    time_s = np.arange(n_samples) / 48000
    for number, split in enumerate(["train", "train", "train", "validation"]):
        path = f"{number}.wav"
        sound = 0.1 * np.sqrt(2.0) * np.sin(2 * np.pi * 1007.8125 * time_s)
        folder.mkdir(exist_ok=True)
        sf.write(folder / path, sound, rate, subtype="FLOAT")
        label = "a" if number < 2 else "b"
        clips.append(ManifestEntry(path, n_samples, rate, split, label, phrase, "me", "own"))
    write_manifest(folder, clips)
    return folder


def test_levels_are_those_of_a_sine(tmp_path, levels):
    folder = write_dataset(tmp_path / "sines", n_samples=48000)
    clip = read_manifest(folder)[0]
    frames = levels.read(folder, clip, start=20, n_frames=40)
    assert frames.shape == (40, 225)
    # RMS 0.1 is -20 dB, 1 in units of 20 dB above -40 dB; its amplitude is 3 dB higher.
    np.testing.assert_allclose(frames[:, -1], 1.0, atol=0.01)
    np.testing.assert_allclose(frames[:, 43], 1.0 + np.log10(np.sqrt(2.0)), atol=0.01)
    assert (frames[:, :-1].argmax(1) == 43).all()  # 1007.8125 Hz is bin 43
    assert levels.loudest(folder, clip, start=20, n_frames=40) == frames[:, -1].max()


def test_levels_are_computed_once_and_kept(tmp_path, levels):
    folder = write_dataset(tmp_path / "sines", n_samples=48000)
    clip = read_manifest(folder)[0]
    first = levels.read(folder, clip, start=0, n_frames=90)
    kept = kept_levels(folder, clip)
    before = kept.stat().st_ino, kept.stat().st_mtime_ns
    again = LevelStore(Network()).read(folder, clip, start=0, n_frames=90)
    np.testing.assert_array_equal(first, again)
    assert (kept.stat().st_ino, kept.stat().st_mtime_ns) == before


def kept_levels(folder, clip):
    (path,) = folder.glob(f"levels-*/{Path(clip.path).with_suffix('.npy')}")
    return path


def test_levels_of_a_clip_that_was_written_again_are_computed_again(tmp_path, levels):
    folder = write_dataset(tmp_path / "sines", n_samples=48000)
    clip = read_manifest(folder)[0]
    levels.read(folder, clip, start=0, n_frames=90)
    sf.write(folder / clip.path, np.zeros(48000), 48000, subtype="FLOAT")
    later_ns = kept_levels(folder, clip).stat().st_mtime_ns + 10**7
    os.utime(folder / clip.path, ns=(later_ns, later_ns))
    again = LevelStore(Network()).read(folder, clip, start=0, n_frames=90)
    assert (again == -3.0).all()


def test_levels_of_another_length_are_computed_again(tmp_path, levels):
    folder = write_dataset(tmp_path / "sines", n_samples=48000)
    clip = read_manifest(folder)[0]
    first = levels.read(folder, clip, start=0, n_frames=94)
    kept = kept_levels(folder, clip)
    np.save(kept, np.load(kept)[:40])
    again = LevelStore(Network()).read(folder, clip, start=0, n_frames=94)
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("damage", [b"", b"half", None])
def test_damaged_levels_are_computed_again(tmp_path, levels, damage):
    folder = write_dataset(tmp_path / "sines", n_samples=48000)
    clip = read_manifest(folder)[0]
    first = levels.read(folder, clip, start=0, n_frames=94)
    kept = kept_levels(folder, clip)
    kept.write_bytes(kept.read_bytes()[:1000] if damage is None else damage)
    again = LevelStore(Network()).read(folder, clip, start=0, n_frames=94)
    np.testing.assert_array_equal(first, again)


def test_levels_that_cannot_be_kept_are_told(tmp_path, levels, monkeypatch):
    folder = write_dataset(tmp_path / "sines", n_samples=48000)
    clip = read_manifest(folder)[0]

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("os.mkdir", refused)
        with pytest.raises(OutputError, match=r"sines/levels-\w+ cannot be written: no permission"):
            LevelStore(Network()).read(folder, clip, start=0, n_frames=90)
    levels.read(folder, clip, start=0, n_frames=90)
    kept_levels(folder, clip).write_bytes(b"half")
    monkeypatch.setattr("os.open", refused)
    with pytest.raises(OutputError, match=r"in the folder .*sines/levels-\w+; give another"):
        LevelStore(Network()).read(folder, clip, start=0, n_frames=90)


def test_past_the_end_of_a_short_clip_it_is_silent(tmp_path, levels):
    folder = write_dataset(tmp_path / "short", n_samples=10240)  # 20 frames
    batch = drawn(folder, PLAIN.model_copy(update=only("unpaired")), store=levels).batch(0)
    assert batch.content.shape == (4, 32, 224)
    assert (batch.content[:, 20:] == -3.0).all()
    assert (batch.content[:, 5:20, 43] > 0.5).all()
    assert levels.loudest(folder, read_manifest(folder)[0], start=40, n_frames=5) == -3.0


def test_without_phrases_there_are_no_paired_examples(tmp_path):
    folder = write_dataset(tmp_path / "mine", n_samples=10240)
    settings = PLAIN.model_copy(update={"paired": 0.8, "perturbed": 0.15, "unpaired": 0.05})
    kinds = drawn(folder, settings, store=Marked()).examples(range(100)).kind.tolist()
    counts = Counter(kinds)
    assert counts[PAIRED] == 0
    assert counts[PERTURBED] == pytest.approx(75, abs=15)
    with pytest.raises(InputError, match=r"no two train clips in .* play the same phrase"):
        drawn(folder, PLAIN.model_copy(update=only("paired")), store=Marked())


def test_small_datasets_are_heard_as_often_as_large_ones(tmp_path, dataset):
    small = write_dataset(tmp_path / "small", n_samples=10240)
    store = Marked(dataset)
    settings = PLAIN.model_copy(update=only("unpaired"))
    both = Batches(
        [str(dataset), str(small)], split="train", settings=settings, seed=1, store=store
    )
    contents = [int(name in ("0.wav", "1.wav", "2.wav")) for name in _paths(both, store, 200)]
    assert sum(contents) == pytest.approx(100, abs=25)


def _paths(batches, store, n):
    for number in range(3):
        store.numbers[f"{number}.wav"] = (number + 32) / 64
    return names(store, batches.examples(range(n)).content)


def test_nothing_to_train_on_is_told(tmp_path):
    folder = write_dataset(tmp_path / "mine", n_samples=10240)
    clips = [clip for clip in read_manifest(folder) if clip.split == "validation"]
    write_manifest(folder, clips)
    with pytest.raises(InputError, match=r"there are no train clips in .*mine.* --validation 0 "):
        drawn(folder, store=Marked())


def test_a_folder_named_twice_is_refused(tmp_path):
    folder = write_dataset(tmp_path / "mine", n_samples=10240, phrase="the same")
    (tmp_path / "link").symlink_to(folder)
    for again in (folder, tmp_path / "other" / ".." / "mine", tmp_path / "link"):
        names = [str(folder), str(again)]
        with pytest.raises(InputError, match=f"one folder twice, as {names[0]} and as {names[1]};"):
            Batches(names, split="train", settings=PLAIN, seed=1, store=Marked())


def test_another_rate_is_refused(tmp_path):
    folder = write_dataset(tmp_path / "mine", n_samples=10240, rate=44100)
    with pytest.raises(InputError, match="expected a clip at 48000 Hz, got 44100 Hz"):
        drawn(folder, store=Marked())


def test_pairs_of_an_instrument_and_its_chain_have_the_style_of_the_target(tmp_path):
    """All that a folder of processed instruments needs is in its manifest."""
    settings = DATA.model_copy(update={"band": 1, "processed": 1.0})
    clips = [task.clip for task in plan(settings)]
    write_manifest(tmp_path, clips)
    write_phrases(tmp_path, {})
    batches = drawn(
        tmp_path,
        PLAIN.model_copy(update={"paired": 1.0, "perturbed": 0.0, "unpaired": 0.0}),
        store=Marked(tmp_path),
    )
    by_number = read_manifest(tmp_path)
    ways = Counter()
    for step in range(10):
        batch = batches.batch(step)
        assert (batch.kind == PAIRED).all()
        for rows in zip(batch.content, batch.target, batch.style, strict=True):
            content, target, style = (by_number[round(64 * float(row[0, 0]))] for row in rows)
            assert content.phrase == target.phrase != style.phrase
            assert style.label == target.label != content.label
            bare = {each.label.removesuffix("-processed") for each in (content, target)}
            ways[len(bare)] += 1
    assert ways[1] > 3 * ways[2]
