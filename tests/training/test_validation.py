from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch
from players import player
from tiny_training import CARD, tiny

from estilo.datasets.manifest import read_manifest, write_manifest
from estilo.training import validation as module
from estilo.training.loop import train
from estilo.training.validation import Validation, validation


@pytest.fixture(scope="module")
def judge(dataset):
    return validation([str(dataset)])


def clips_by_sound(folder):
    return {
        sf.read(Path(folder) / clip.path, dtype="float32")[0].tobytes(): clip
        for clip in read_manifest(folder)
    }


def test_triplets_are_of_one_phrase_and_two_instruments_of_the_split(dataset, judge):
    clips = clips_by_sound(dataset)
    assert len(judge.triplets) == 2  # each of two phrases is played by a band of two
    for triplet in judge.triplets:
        content, style, target = (clips[each.tobytes()] for each in triplet)
        assert content.phrase == target.phrase != style.phrase
        assert content.label != target.label == style.label
        assert {content.split, style.split, target.split} == {"validation"}


def test_they_are_the_same_every_time(dataset, judge):
    again = validation([str(dataset)])
    for one, other in zip(judge.triplets, again.triplets, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert again.copied == judge.copied


@pytest.mark.parametrize(("part", "score"), [("content", 1.0), ("target", 0.0)])
def test_the_content_copied_scores_1_and_the_target_0(judge, monkeypatch, part, score):
    monkeypatch.setattr(module, "play", lambda network, triplet: getattr(triplet, part))
    table, outputs = judge.table(None)
    for name in ("lsd", "timbre_mfcc", "timbre_triplet"):
        assert table[name] == pytest.approx(score, abs=1e-3)
    assert table["score"] == pytest.approx(score, abs=1e-3)
    assert (table["chroma"] == 0.0) if part == "content" else (table["chroma"] <= 0.0)
    assert len(outputs) == 2


def test_lost_chroma_counts_double_and_won_chroma_not():
    copied = {"lsd": 10.0, "timbre_mfcc": 2.0, "timbre_triplet": 0.5, "chroma": 0.8}
    judge = Validation([], copied)
    for chroma, score in ((0.7, 0.5 + 2.0 * 0.1), (0.9, 0.5)):
        made = {"lsd": 5.0, "timbre_mfcc": 1.0, "timbre_triplet": 0.25, "chroma": chroma}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_means", lambda *_, made=made: made)
            table, _ = judge.table(None)
        assert table["score"] == pytest.approx(score)
        assert table["chroma"] == pytest.approx(0.8 - chroma)


def test_what_judges_engines_chooses_none():
    assert {"timbre_judge", "pitch"}.isdisjoint(module.METRIC_NAMES)


def test_what_no_metric_can_say_is_left_out():
    rows = [[1.0, np.nan, np.nan, 4.0], [3.0, 5.0, np.nan, 4.0]]
    np.testing.assert_array_equal(module._mean(rows), [2.0, 5.0, np.nan, 4.0])
    assert np.isnan(module._mean([np.nan, np.nan]))
    assert float(module._mean([1.0, np.nan])) == 1.0


def test_a_network_plays_the_content_in_time(judge):
    triplet = judge.triplets[0]
    state = torch.get_rng_state()
    output = module.play(player(), triplet)
    assert output.shape == triplet.content.shape
    assert output.dtype == np.float32
    assert np.isfinite(output).all()
    assert np.abs(output - triplet.content).max() > 1e-3
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("kept", ["train", "phrases"])
def test_without_pairs_to_validate_on_there_is_no_table(tmp_path, dataset, kept):
    clips = read_manifest(dataset)
    if kept == "train":
        clips = [clip for clip in clips if clip.split == "train"]
    else:
        clips = [clip for clip in clips if clip.phrase.endswith("0")]  # no style is left
    write_manifest(tmp_path, clips)
    assert validation([str(tmp_path)]) is None


def test_a_training_with_sound(dataset, tmp_path):
    event_accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    recipe = tiny(dataset, n_steps=2, validate_every=1)
    lines = []
    train(recipe, tmp_path, card=CARD, on_step=lambda step, figures: lines.append(figures))
    table = lines[0]["validation"]
    assert set(table) == {"score", "lsd", "timbre_mfcc", "timbre_triplet", "chroma"}
    assert all(np.isfinite(value) for value in table.values())
    events = event_accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    for place in range(2):
        for name in ("content", "style", "target"):
            assert [each.step for each in events.Audio(f"{name}/{place}")] == [0]
        assert [each.step for each in events.Audio(f"output/{place}")] == [1, 2]
    assert events.Scalars("validation/score")[0].value == pytest.approx(table["score"])
