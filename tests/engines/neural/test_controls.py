import numpy as np
import pytest
import torch

from estilo.engines.neural.controls import NAMES, Controls
from estilo.engines.neural.parts import Parts, ramp
from estilo.errors import SettingsError

N_FRAMES = 300
LINES_HZ = np.arange(160) * 23.4375
WIDE_HZ = np.geomspace(3750.0, 24000.0, 64)
PARTS = Parts(
    centres_hz=np.concatenate([LINES_HZ, WIDE_HZ]), n_lines=160, sample_rate=48000, hop_length=512
)


def pieces_of(change, levels):
    """Root mean square of each part over the second half, in units of 20 dB."""
    parts, _ = PARTS.take_apart(change, levels, PARTS.initial_state(1))
    return {
        name: float(part[:, N_FRAMES // 2 :].square().mean().sqrt()) for name, part in parts.items()
    }


def weighed(change, levels, **controls):
    values = torch.tensor([[getattr(Controls(**controls), name) for name in NAMES]])
    path = values[:, None].expand(-1, change.shape[1], -1)
    return PARTS(change, levels, path, PARTS.initial_state(change.shape[0]))[0]


@pytest.fixture
def comb():
    """Partials every 8 lines, 50 dB above what lies between, and all wide bands."""
    levels = torch.full((1, N_FRAMES, 224), -1.5)
    levels[..., 8:160:8] = 1.0
    levels[..., 160:] = 0.0
    return levels


@pytest.fixture
def change():
    return torch.randn(2, N_FRAMES, 224, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def levels():
    return torch.randn(2, N_FRAMES, 224, generator=torch.Generator().manual_seed(2))


def test_parts_sum_up_to_the_whole(change, levels):
    parts, _ = PARTS.take_apart(change, levels, PARTS.initial_state(2))
    torch.testing.assert_close(sum(parts.values()), change, atol=1e-5, rtol=0.0)


def test_all_at_one_is_the_strength_times_the_whole(change, levels):
    assert (weighed(change, levels) == change).all()
    assert (weighed(change, levels, strength=0.25) == 0.25 * change).all()
    assert (weighed(change, levels, strength=0.0, eq=0.3) == 0.0).all()


def test_all_parts_at_zero_leave_nothing(change, levels):
    nothing = weighed(change, levels, timbre=0, eq=0, dynamics=0, noise=0)
    assert nothing.abs().max() < 1e-5


def test_a_lasting_tilt_is_eq(comb):
    tilt = torch.linspace(0.5, -0.5, 224).expand_as(comb)
    found = pieces_of(tilt, comb)
    assert found.pop("eq") == pytest.approx(float(tilt.square().mean().sqrt()), rel=0.05)
    assert max(found.values()) < 0.05


def test_loudness_that_comes_and_goes_is_dynamics(comb):
    swell = torch.sin(torch.arange(N_FRAMES) * 0.9)[None, :, None].expand_as(comb)
    found = pieces_of(swell, comb)
    assert found.pop("dynamics") == pytest.approx(0.5**0.5, rel=0.1)
    assert max(found.values()) < 0.1


def test_what_changes_between_partials_is_noise_and_at_them_timbre(comb):
    flutter = torch.randn(1, N_FRAMES, 224, generator=torch.Generator().manual_seed(3))
    flutter = 0.15 * flutter[..., :160]
    is_partial = torch.zeros(160, dtype=torch.bool)
    is_partial[8:160:8] = True
    between, at = torch.zeros_like(comb), torch.zeros_like(comb)
    between[..., :160][..., ~is_partial] = flutter[..., ~is_partial]
    at[..., :160][..., is_partial] = flutter[..., is_partial]
    found = pieces_of(between, comb)
    assert found["noise"] > 5.0 * max(found["timbre"], found["dynamics"], found["eq"])
    found = pieces_of(at, comb)
    assert found["timbre"] > 3.0 * found["noise"]
    # Without timbre the partials stay, without noise they change all the same.
    assert weighed(at, comb, timbre=0)[..., :160][..., is_partial].abs().mean() < 0.06
    kept = weighed(at, comb, noise=0)[..., :160][..., is_partial]
    torch.testing.assert_close(kept, at[..., :160][..., is_partial], atol=0.05, rtol=0.0)


def test_quiet_moments_say_little_about_eq(comb):
    quiet = comb.clone()
    quiet[:, : N_FRAMES // 2] = -3.0
    change = torch.full_like(comb, 0.5)
    change[:, : N_FRAMES // 2] = -2.0
    parts, _ = PARTS.take_apart(change, quiet, PARTS.initial_state(1))
    sounding = parts["eq"][:, N_FRAMES // 2 + 30, 160:]
    assert (sounding - 0.5).abs().max() < 0.15


def test_parts_do_not_hear_the_future(change, levels):
    change.requires_grad_()
    levels.requires_grad_()
    factors = torch.rand(2, N_FRAMES, len(NAMES), generator=torch.Generator().manual_seed(4))
    out, _ = PARTS(change, levels, factors, PARTS.initial_state(2))
    for gradient in torch.autograd.grad(out[:, 40].square().sum(), (change, levels)):
        assert (gradient[:, 41:] == 0).all()
        assert (gradient[:, 30:41] != 0).any()


def test_pieces_give_what_the_whole_gives(change, levels):
    path = torch.full((2, N_FRAMES, len(NAMES)), 0.4)
    whole, last = PARTS(change, levels, path, PARTS.initial_state(2))
    state, out = PARTS.initial_state(2), []
    for place in (slice(0, 1), slice(1, 100), slice(100, None)):
        piece, state = PARTS(change[:, place], levels[:, place], path[:, place], state)
        out.append(piece)
    torch.testing.assert_close(torch.cat(out, 1), whole, atol=1e-5, rtol=0.0)
    torch.testing.assert_close(state, last, atol=1e-3, rtol=1e-5)


@pytest.mark.parametrize("floor", [-3.0, 2.5])
def test_extremes_stay_finite(floor):
    levels = torch.full((1, 4, 224), floor)
    out, state = PARTS(
        6.0 + levels, levels, torch.full((1, 4, len(NAMES)), 0.5), PARTS.initial_state(1)
    )
    assert out.isfinite().all()
    assert all(each.isfinite().all() for each in state.values())


def test_a_ramp_has_one_pace_and_begins_where_the_last_one_ended():
    start, target = torch.tensor([[0.2, 1.0]]), torch.tensor([[0.4, 0.0]])
    whole = ramp(start, target, 4, slope=0.15)
    expected = torch.tensor([[[0.35, 0.85], [0.4, 0.7], [0.4, 0.55], [0.4, 0.4]]])
    torch.testing.assert_close(whole, expected)
    torch.testing.assert_close(ramp(whole[:, 1], target, 2, slope=0.15), whole[:, 2:])


def test_a_first_value_needs_no_ramp():
    unset = torch.full((1, 2), -1.0)
    path = ramp(unset, torch.tensor([[0.0, 0.7]]), 3, slope=0.1)
    assert (path == torch.tensor([0.0, 0.7])).all()


@pytest.mark.parametrize(
    "values", [{"strength": 1.1}, {"wet": -0.1}, {"eq": float("nan")}, {"gain": 1}]
)
def test_controls_out_of_bounds_are_refused(values):
    with pytest.raises(SettingsError, match=next(iter(values))):
        Controls(**values)
