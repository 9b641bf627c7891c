import pytest
import torch

from estilo.engines.neural.reach import Reach

HOP, RATE = 512, 48000


@pytest.fixture
def reach():
    return Reach(sample_rate=RATE, hop_length=HOP)


def limits(reach, levels_db, share=1.0, *, band=-3.0, gain=0.0, state=None):
    """What a band may be raised by, hop by hop, for a course of the content's level."""
    powers = 10.0 ** (torch.tensor([levels_db]) / 10.0)
    n = len(levels_db)
    levels, gains, shares = (torch.full((1, n, 1), each) for each in (band, gain, share))
    state = state or reach.initial_state(1, like=levels)
    most, state = reach(levels, powers, gains, shares, state)
    return most[0, :, 0], state


def test_anything_while_the_content_sounds(reach):
    most, _ = limits(reach, [-20.0, -40.0, -60.0])
    assert (most == 5.0).all()


@pytest.mark.parametrize("level_db", [-200.0, -85.0, -76.0], ids=["zeros", "hiss", "room"])
def test_half_a_second_after_it_silent_bands_are_not_raised_any_more(reach, level_db):
    n_rings = round(0.5 * RATE / HOP)
    most, _ = limits(reach, [-20.0] + [level_db] * (n_rings + 2))
    assert most[0] == 5.0
    assert (most.diff() <= 0.0).all()
    assert 2.0 < most[n_rings // 2] < 3.0
    assert most[-1] == 0.0


def test_a_pause_is_one_by_the_level_of_the_content(reach):
    """-69 dBFS is half a pause where -20 is usual, and music where -60 is."""
    usual, soft = (limits(reach, [-69.0], gain=gain)[0].item() for gain in (0.0, 2.0))
    assert usual == pytest.approx(3.0, abs=1e-3)
    assert soft == 5.0


@pytest.mark.parametrize(("band", "most"), [(-3.0, 0.0), (-2.5, 1.0), (-1.0, 3.0), (0.0, 3.0)])
def test_without_a_carrier_what_is_near_silence_is_hardly_raised(reach, band, most):
    assert limits(reach, [-20.0], share=0.0, band=band)[0].item() == pytest.approx(most)
    half = limits(reach, [-20.0], share=0.5, band=band)[0].item()
    assert half == pytest.approx(0.5 * (5.0 + most))


def test_hop_by_hop_is_the_whole(reach):
    course = [-20.0, -90.0, -50.0, -90.0, -90.0, -20.0, -73.0]
    whole, _ = limits(reach, course)
    state, parts = None, []
    for level_db in course:
        part, state = limits(reach, [level_db], state=state)
        parts.append(part)
    torch.testing.assert_close(torch.cat(parts), whole)
