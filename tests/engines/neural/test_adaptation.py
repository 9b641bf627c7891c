import pytest
import torch
from clips import melody, rain
from players import PLAYER, player

from estilo.engines.base import Task, run
from estilo.engines.neural.adaptation import Adaptation
from estilo.engines.neural.adapting import build
from estilo.engines.neural.listening import hear_levels, listen
from estilo.engines.neural.settings import NeuralSettings
from estilo.engines.neural.style_card import ClipCard
from estilo.engines.neural.style_file import make_style
from estilo.engines.neural.weights import read_weights
from estilo.errors import AudioFileError, InputError

RATE = 48000


def tensor(samples):
    return torch.from_numpy(samples)[None]


CONTENT, STYLE = tensor(rain(2.0, RATE)), tensor(melody(3.0, RATE))


def adapted(n_steps, *, network=None, content=CONTENT, styles=(STYLE,), weights=None, seed=0):
    weights = weights or [1.0 / len(styles)] * len(styles)
    network = player() if network is None else network
    adaptation = Adaptation(network, content, styles, weights, n_steps=n_steps, seed=seed)
    while not adaptation.is_done:
        adaptation.step()
    return adaptation


@torch.inference_mode()
def spectrum(network, content=CONTENT, style=STYLE):
    """Mean levels of what is played."""
    levels, _ = hear_levels(network, content)
    played, _ = network(levels, listen(network, style), network.generator.initial_state(1))
    return played[0].mean(0)


def distance(network, style=STYLE):
    target = hear_levels(network, style * (0.1 / style.square().mean().sqrt()))[0][0].mean(0)
    return float((spectrum(network, style=style) - target).abs().mean())


def asked(*styles):
    styles = styles or (STYLE,)
    return Task(CONTENT, styles, (1.0 / len(styles),) * len(styles), RATE, CONTENT.shape[1], seed=0)


def engine(weights, **settings):
    return build(NeuralSettings(weights=weights, **settings))


def test_adaptation_brings_other_contents_nearer_to_the_style_too():
    network = player()
    before = distance(network)
    assert distance(adapted(120, network=network).network) < 0.65 * before
    assert distance(network) == before  # the one that it began with has learnt nothing


def test_hearing_stays_as_it_was_trained():
    network = player()
    after = adapted(3, network=network).network
    moved = {
        name.split(".")[1]
        for name, value in after.state_dict().items()
        if not torch.equal(value, network.state_dict()[name])
    }
    assert moved == {"attention", "decoder", "decoder_lstm", "exit_norm", "exit"}


def test_networks_without_memory_and_cross_attention_adapt():
    network = player(PLAYER.model_copy(update={"memory": False, "cross_attention": False}))
    assert distance(adapted(30, network=network).network) < distance(network)


def test_the_same_seed_is_the_same_adaptation():
    first, again, other = (adapted(3, seed=seed) for seed in (1, 1, 2))
    assert first.loss == again.loss != other.loss
    torch.testing.assert_close(
        first.network.state_dict(), again.network.state_dict(), atol=0.0, rtol=0.0
    )


def test_no_passage_gives_its_own_target_away(monkeypatch):
    network = player()
    seen = []
    encode = network.encode_style
    monkeypatch.setattr(
        network, "encode_style", lambda levels: seen.append(levels[0]) or encode(levels)
    )
    adaptation = adapted(0, network=network)
    piece = adaptation._pieces[0]
    n_frames, length = 282, piece.target.shape[1]
    others = [each for each in seen if len(each) == n_frames - length]
    assert len(others) == len(piece.target) == 4
    for other, passage in zip(others, piece.target, strict=True):
        same = (other[:, None] == passage[None]).all(-1)
        assert same.any(1).mean(dtype=torch.float64) < 0.1  # of melodies, only silent frames


@pytest.mark.parametrize("seconds", [0.02, 0.5, 30.0])
def test_clips_of_any_length(seconds):
    style = tensor(rain(seconds, RATE))
    adaptation = adapted(2, styles=(style,))
    assert torch.isfinite(spectrum(adaptation.network)).all()
    assert adaptation.n_samples <= 4 * 256 * 512


def test_styles_are_adapted_to_by_their_weights():
    styles = (STYLE, tensor(rain(2.0, RATE)))
    only_first = adapted(5, styles=styles, weights=[1.0, 0.0])
    alone = adapted(5, styles=styles[:1])
    assert only_first.loss == alone.loss
    assert adapted(5, styles=styles).loss != alone.loss


def test_it_can_be_made_and_taken_where_gradients_are_off(weights):
    with torch.inference_mode():
        off, _ = run(engine(weights, adapt=2), asked())
    on, _ = run(engine(weights, adapt=2), asked())
    torch.testing.assert_close(off, on, atol=0.0, rtol=0.0)


def test_the_engine_adapts_and_says_so(weights):
    heard = []
    out, state = run(engine(weights, adapt=4), asked(), on_step=heard.append)
    plain, _ = run(engine(weights), asked())
    assert [each.stage for each in heard[:4]] == ["adapting"] * 3 + ["playing"]
    assert all(each.loss is not None for each in heard)
    fractions = [each.fraction for each in heard]
    assert fractions == sorted(fractions)
    assert (fractions[-1], state.n_steps) == (1.0, len(heard))
    assert float((out - plain).abs().max()) > 0.01


def test_cancelled_adaptation_leaves_the_content(weights):
    class Stop:
        asked = 0

        def is_set(self):
            self.asked += 1
            return self.asked > 3

    out, _ = run(engine(weights, adapt=100), asked(), cancel=Stop(), keep_best=True)
    torch.testing.assert_close(out, asked().content)


def test_what_cannot_be_adapted_to_is_refused(weights):
    network, _ = read_weights(weights)
    origin = ClipCard(name="a.wav", sha256="0" * 64, offset_s=0.0, duration_s=2.0, weight=1.0)
    file = make_style(network, [STYLE], [1.0], origins=[origin], name="S")
    with pytest.raises(InputError, match=r"style's audio to adapt.*set adapt to 0"):
        run(engine(weights, adapt=1), asked(STYLE, file))
    with pytest.raises(AudioFileError, match="silent"):
        adapted(1, styles=(torch.zeros(1, RATE),))
