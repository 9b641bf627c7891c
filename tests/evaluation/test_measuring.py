import math
from dataclasses import replace

import numpy as np
import pytest
from tiny_set import RATE, TinyPairs, TinyTextures

from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.dsp.eq import eq_match
from estilo.errors import EstiloError
from estilo.evaluation.earlier import earlier_style_taken
from estilo.evaluation.makers import Copy, TransferMaker
from estilo.evaluation.measuring import Bench, columns_of, references_of
from estilo.evaluation.sets import Item
from estilo.metrics import METRICS
from estilo.metrics.attributes import ATTRIBUTES, changes
from estilo.metrics.embedding import texture_kad

CONTENT, EQ = TransferMaker({"engine": "content"}), TransferMaker({"engine": "eq"})


def test_references_of_pairs_with_and_without_a_target():
    item = TinyPairs().load("a-0")
    against = references_of(item)
    assert against.of_role("timbre") is against.of_role("notes") is against.of_role("target")
    without = references_of(Item("x", "", item.content, item.style, None))
    assert without.of_role("timbre") is without.of_role("style")
    assert without.of_role("notes") is without.of_role("content")
    assert without.of_role("target") is None


def test_columns_are_what_can_be_measured():
    pair, texture = TinyPairs().load("a-0"), TinyTextures().load("hiss")
    names = [column.name for column in columns_of(pair)]
    assert set(METRICS) <= set(names)
    assert {"content_kept", "style_taken", "timbre_mfcc_eq"} <= set(names)
    assert len(set(names)) == len(names)
    of_texture = {column.name for column in columns_of(texture)}
    assert {"copy_score", "timbre_mfcc", "timbre_mfcc_eq", "texture_kad"} <= of_texture
    assert not {"lsd", "chroma", "content_kept"} & of_texture


def test_scores_are_the_metrics_own():
    item = TinyPairs().load("a-0")
    found = Bench(TinyPairs()).measure("a-0", CONTENT)
    assert found.error is None
    assert (found.group, found.duration_s) == ("a", 1.0)
    assert min(found.wall_s, found.processor_s) >= 0.0
    assert set(found.scores) == {column.name for column in columns_of(item)}
    content, target = Sound.of(item.content), Sound.of(item.target)
    for name, reference in (("lsd", target), ("timbre_mfcc", target), ("chroma", content)):
        expected = METRICS[name].measure(content, reference)
        assert found.scores[name] == pytest.approx(expected)
    matched = Sound(eq_match(item.content.samples, item.style.samples, RATE), RATE)
    expected = METRICS["timbre_mfcc"].measure(matched, target)
    assert found.scores["timbre_mfcc_eq"] == pytest.approx(expected)


@pytest.mark.parametrize("maker", [CONTENT, Copy("target"), Copy("style")])
def test_what_sums_up_knows_no_target(maker):
    """The same numbers as if the pair were a real one."""

    class Real(TinyPairs):
        def load(self, name):
            return replace(super().load(name), target=None)

    class Kept(TinyPairs):
        def load(self, name):
            item = super().load(name)
            return replace(item, target=item.content)

    class MakesTheSame(type(maker)):
        def make(self, item):
            return maker.make(TinyPairs().load(item.name))

    same = MakesTheSame(*vars(maker).values())
    of_real = Bench(Real()).measure("a-0", same).scores
    for test_set in (TinyPairs(), Kept()):
        found = Bench(test_set).measure("a-0", same).scores
        for name in ("content_kept", "style_taken", "moved_percent", "artifacts"):
            np.testing.assert_equal(found[name], of_real[name])  # NaN where it is short
        for name in ("timbre_mfcc", "timbre_triplet"):
            assert found[f"{name}_style"] == of_real[name]
            assert f"{name}_style" not in of_real


def test_attributes_lie_as_far_from_the_styles_as_they_are_changed():
    item = TinyPairs().load("a-0")
    found = Bench(TinyPairs()).measure("a-0", EQ).scores
    apart = changes(Sound.of(EQ.make(item)), Sound.of(item.style))
    assert apart["spectrum"] > 0.0
    for name in ("spectrum", *ATTRIBUTES):
        expected = abs(apart.get(name, np.nan))
        np.testing.assert_allclose(found[f"{name}_apart"], expected, rtol=1e-6)


def test_which_columns_need_the_target():
    columns = columns_of(TinyPairs().load("a-0"))
    without = {column.name for column in columns if not column.needs_target}
    assert {"style_taken", "content_kept", "moved_percent", "copy_score", "clicks_per_s"} <= without
    assert {"timbre_mfcc_style", "timbre_triplet_style"} <= without
    assert not {"lsd", "timbre_mfcc", "timbre_triplet_eq", "pitch", "bandwidth_db"} & without
    # They are no metrics of timbre that decide: of these the target's are there.
    assert not [each for each in columns if each.is_timbre and each.is_against_style]


def test_textures_are_held_against_their_second_half():
    class Longer(TinyTextures):
        def load(self, name):
            noise = np.random.default_rng(0).standard_normal((2, 4 * RATE))
            return Item(name, "", None, Audio(noise[0], RATE), Audio(noise[1], RATE))

    item = Longer().load("hiss")
    scores = Bench(Longer()).measure("hiss", Copy("style")).scores
    first, second = Sound.of(item.style), Sound.of(item.target)
    assert scores["texture_kad"] == pytest.approx(texture_kad(first, second))
    assert scores["timbre_mfcc"] == METRICS["timbre_mfcc"].measure(first, second)
    assert scores["copy_score"] == pytest.approx(1.0)


def test_the_target_is_perfect():
    scores = Bench(TinyPairs()).measure("b-1", Copy("target")).scores
    for metric in METRICS.values():
        # At this rate there is nothing above 8 kHz.
        if metric.against in ("target", "timbre", "notes") and metric.name != "bandwidth_db":
            assert scores[metric.name] == pytest.approx(metric.best, abs=1e-6)


def test_an_equaliser_wins_nothing_after_equalising():
    bench = Bench(TinyPairs())
    content, eq = (bench.measure("a-0", maker).scores for maker in (CONTENT, EQ))
    assert eq["timbre_mfcc"] < content["timbre_mfcc"]
    gained = content["timbre_mfcc"] - eq["timbre_mfcc"]
    assert abs(content["timbre_mfcc_eq"] - eq["timbre_mfcc_eq"]) < 0.5 * gained


def test_equalising_takes_a_style_of_another_rate():
    class OtherRate(TinyPairs):
        def load(self, name):
            item = super().load(name)
            style = Audio(item.style.samples[:, ::2], RATE // 2)
            return Item(name, item.group, item.content, style, None)

    found = Bench(OtherRate()).measure("a-0", CONTENT)
    assert found.error is None
    assert math.isfinite(found.scores["timbre_mfcc_eq"])


def test_what_goes_wrong_is_told():
    found = Bench(TinyPairs()).measure("bad", CONTENT)
    assert found.error == "InputError: there is no such recording; make one"
    assert found.scores == {}


def test_a_failing_metric_is_a_failure(monkeypatch):
    def fail(*_):
        raise ArithmeticError("no\n number")

    monkeypatch.setattr("estilo.metrics.lsd.LSD", replace(METRICS["lsd"], measure=fail))
    found = Bench(TinyPairs()).measure("a-0", CONTENT)
    assert found.error is not None
    assert "lsd could not be measured (ArithmeticError: no number)" in found.error


def test_silence_is_measured_as_far_as_it_goes():
    class Silent(TransferMaker):
        def make(self, item):
            return Audio(np.zeros((1, RATE)), RATE)

    found = Bench(TinyPairs()).measure("a-0", Silent({"engine": "content"}))
    assert found.error is None
    assert math.isnan(found.scores["timbre_mfcc"])
    assert found.scores["clipping_share"] == 0.0


def test_an_item_is_loaded_once_for_all_its_rows(monkeypatch):
    loaded = []
    load = TinyPairs.load
    monkeypatch.setattr(
        TinyPairs, "load", lambda self, name: loaded.append(name) or load(self, name)
    )
    bench = Bench(TinyPairs())
    for name in ("a-0", "a-0", "b-1", "b-1"):
        bench.measure(name, CONTENT)
    assert loaded == ["a-0", "b-1"]


def test_errors_of_the_project_are_in_its_tree():
    with pytest.raises(EstiloError, match="no such recording"):
        TinyPairs().load("bad")


def test_the_earlier_verdict_stands_beside_the_new_one():
    item = TinyPairs().load("a-0")
    found = Bench(TinyPairs()).measure("a-0", Copy("style")).scores
    sounds = (Sound.of(each) for each in (item.style, item.content, item.style))
    assert found["earlier_style_taken"] == pytest.approx(earlier_style_taken(*sounds))
    assert found["earlier_style_taken"] > 0.9
