"""What the report says of the grains, and what a refinement keeps."""

import numpy as np
import pytest
from clips import melody, rain

from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.engines.grains import Grain, strongest
from estilo.metrics import METRICS
from estilo.pipeline.clips import Clip
from estilo.pipeline.report import MOST_GRAINS, Report
from estilo.pipeline.transfer import transfer

RATE = 16_000
STYLE = Audio(melody(4.0, RATE, seed=3), RATE)


def test_seconds_are_those_of_the_styles_files() -> None:
    """The content is a part of the style, of which another part is given as the style."""
    hop = 1024
    content = Audio(STYLE.samples[:, 36 * hop : 56 * hop], RATE)
    clip = Clip(STYLE, offset_s=4 * hop / RATE)
    other = Audio(rain(1.0, RATE), RATE)
    report = transfer(content, [other, clip], engine="mosaic", polyphony=1).report
    longest = max(report.grains, key=lambda grain: grain.stop_s - grain.start_s)
    assert longest.style == 1
    expected_s = 36 * hop / RATE + longest.start_s
    assert longest.style_start_s == pytest.approx(expected_s, abs=1e-3)
    assert Report.model_validate_json(report.to_json()).grains == report.grains


def test_they_are_told_of_a_refined_mosaic_and_of_no_other_engine() -> None:
    content = Audio(melody(1.0, RATE), RATE)
    refined = transfer(content, STYLE, engine="mosaic", refine=0.5).report
    assert refined.grains == transfer(content, STYLE, engine="mosaic").report.grains != []
    assert len(refined.loss_curve) > 1
    assert transfer(content, STYLE, engine="eq").report.grains == []


def test_one_sample_has_no_grain_worth_telling() -> None:
    """Shorter than what times are rounded to."""
    result = transfer(Audio([[0.1]], 44_100), STYLE, engine="mosaic", scores=False)
    assert (result.audio.n_samples, result.report.grains) == (1, [])


def test_of_styles_that_apply_in_places_they_lie_there() -> None:
    content = Audio(melody(3.0, RATE), RATE)
    other = Audio(melody(2.0, RATE, seed=8), RATE)
    styles = [Clip(other, at="2s-3s"), Clip(STYLE, at="0.5s-1.2s")]
    grains = transfer(content, styles, engine="mosaic", scores=False).report.grains
    bounds_s = [(2.0, 3.0), (0.5, 1.2)]
    for style, (first_s, last_s) in enumerate(bounds_s):
        own = [grain for grain in grains if grain.style == style]
        covered_s = sum(grain.stop_s - grain.start_s for grain in own)
        assert first_s <= own[0].start_s < own[-1].stop_s <= last_s
        assert covered_s > 0.8 * (last_s - first_s)


def test_a_long_report_holds_the_grains_that_make_most_of_the_output() -> None:
    rng = np.random.default_rng(0)
    shares = rng.permutation(5000) / 5000
    grains = [Grain(i, i + 1.0, 0, 0.0, 1.0, 0.0, share) for i, share in enumerate(shares.tolist())]
    kept = strongest(grains, most=MOST_GRAINS)
    assert len(kept) == MOST_GRAINS
    assert min(grain.share for grain in kept) == 1.0 - MOST_GRAINS / 5000
    assert [grain.start_s for grain in kept] == sorted(grain.start_s for grain in kept)


def test_a_refined_mosaic_has_its_sound_and_the_contents_notes() -> None:
    """With grains that know only other notes, which cannot be transposed."""
    content = Audio(melody(2.0, RATE), RATE)
    bright = Audio(np.diff(STYLE.samples), RATE)
    options = {"engine": "mosaic", "transposition": 0}
    heard, style = Sound.of(content), Sound.of(bright)
    alone, refined = (
        Sound.of(transfer(content, bright, refine=refine, **options).audio) for refine in (0.0, 0.5)
    )
    chroma, pitch = METRICS["chroma"].measure, METRICS["pitch"].measure
    assert chroma(refined, heard) > chroma(alone, heard)
    assert pitch(refined, heard) < pitch(alone, heard)
    timbre = METRICS["timbre_mfcc"].measure
    assert timbre(refined, style) < timbre(heard, style)
