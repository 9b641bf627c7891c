import pytest
import torch
from clips import melody, rain
from players import PLAYER, player

from estilo.engines.base import Task, run
from estilo.engines.neural.engine import NeuralEngine
from estilo.engines.neural.listening import hear_levels, listen
from estilo.engines.neural.practice import Practice
from estilo.engines.neural.settings import NeuralSettings
from estilo.engines.neural.style_card import ClipCard
from estilo.engines.neural.style_file import make_style
from estilo.engines.neural.weights import read_weights
from estilo.errors import AudioFileError, InputError

RATE = 48000


def tensor(samples):
    return torch.from_numpy(samples)[None]


CONTENT, STYLE = tensor(rain(2.0, RATE)), tensor(melody(3.0, RATE))


def practised(n_steps, *, network=None, content=CONTENT, styles=(STYLE,), weights=None, seed=0):
    weights = weights or [1.0 / len(styles)] * len(styles)
    network = player() if network is None else network
    practice = Practice(network, content, styles, weights, n_steps=n_steps, seed=seed)
    while not practice.is_over:
        practice.step()
    return practice


@torch.inference_mode()
def spectrum(network, content=CONTENT, style=STYLE):
    """Mean levels of what is played."""
    levels, _ = hear_levels(network, content)
    played, _ = network(levels, listen(network, style), network.generator.initial_state(1))
    return played[0].mean(0)


def distance(network, style=STYLE):
    true = hear_levels(network, style * (0.1 / style.square().mean().sqrt()))[0][0].mean(0)
    return float((spectrum(network, style=style) - true).abs().mean())


def asked(*styles):
    styles = styles or (STYLE,)
    return Task(CONTENT, styles, (1.0 / len(styles),) * len(styles), RATE, CONTENT.shape[1], seed=0)


def engine(weights, **settings):
    return NeuralEngine(NeuralSettings(weights=weights, **settings))


def test_practice_brings_other_contents_nearer_to_the_style_too():
    network = player()
    before = distance(network)
    assert distance(practised(120, network=network).network) < 0.65 * before
    assert distance(network) == before  # the one that it began with has learnt nothing


def test_hearing_stays_as_it_was_trained():
    network = player()
    after = practised(3, network=network).network
    moved = {
        name.split(".")[1]
        for name, value in after.state_dict().items()
        if not torch.equal(value, network.state_dict()[name])
    }
    assert moved == {"attention", "decoder", "decoder_lstm", "exit_norm", "exit"}


def test_networks_without_memory_and_lookup_practise():
    network = player(PLAYER.model_copy(update={"memory": False, "lookup": False}))
    assert distance(practised(30, network=network).network) < distance(network)


def test_the_same_seed_is_the_same_practice():
    first, again, other = (practised(3, seed=seed) for seed in (1, 1, 2))
    assert first.loss == again.loss != other.loss
    torch.testing.assert_close(
        first.network.state_dict(), again.network.state_dict(), atol=0.0, rtol=0.0
    )


def test_no_passage_gives_its_own_answer_away(monkeypatch):
    network = player()
    seen = []
    encode = network.encode_style
    monkeypatch.setattr(
        network, "encode_style", lambda levels: seen.append(levels[0]) or encode(levels)
    )
    practice = practised(0, network=network)
    piece = practice._pieces[0]
    n_frames, length = 282, piece.true.shape[1]
    rests = [each for each in seen if len(each) == n_frames - length]
    assert len(rests) == len(piece.true) == 4
    for rest, passage in zip(rests, piece.true, strict=True):
        same = (rest[:, None] == passage[None]).all(-1)
        assert same.any(1).mean(dtype=torch.float64) < 0.1  # of melodies, only silent frames


@pytest.mark.parametrize("seconds", [0.02, 0.5, 30.0])
def test_clips_of_any_length(seconds):
    style = tensor(rain(seconds, RATE))
    practice = practised(2, styles=(style,))
    assert torch.isfinite(spectrum(practice.network)).all()
    assert practice.n_samples <= 4 * 256 * 512


def test_styles_are_practised_by_their_weights():
    styles = (STYLE, tensor(rain(2.0, RATE)))
    only_first = practised(5, styles=styles, weights=[1.0, 0.0])
    alone = practised(5, styles=styles[:1])
    assert only_first.loss == alone.loss
    assert practised(5, styles=styles).loss != alone.loss


def test_it_can_be_made_and_taken_where_gradients_are_off(weights):
    with torch.inference_mode():
        off, _ = run(engine(weights, practice=2), asked())
    on, _ = run(engine(weights, practice=2), asked())
    torch.testing.assert_close(off, on, atol=0.0, rtol=0.0)


def test_the_engine_practises_and_says_so(weights):
    heard = []
    out, state = run(engine(weights, practice=4), asked(), on_step=heard.append)
    plain, _ = run(engine(weights), asked())
    assert [each.stage for each in heard[:4]] == ["practising"] * 3 + ["playing"]
    assert all(each.loss is not None for each in heard)
    fractions = [each.fraction for each in heard]
    assert fractions == sorted(fractions)
    assert (fractions[-1], state.n_steps) == (1.0, len(heard))
    assert float((out - plain).abs().max()) > 0.01


def test_cancelled_practice_leaves_the_content(weights):
    class Stop:
        asked = 0

        def is_set(self):
            self.asked += 1
            return self.asked > 3

    out, _ = run(engine(weights, practice=100), asked(), cancel=Stop(), keep_best=True)
    torch.testing.assert_close(out, asked().content)


def test_what_cannot_be_practised_is_refused(weights):
    network, _ = read_weights(weights)
    origin = ClipCard(name="a.wav", sha256="0" * 64, offset_s=0.0, duration_s=2.0, weight=1.0)
    file = make_style(network, [STYLE], [1.0], origins=[origin], name="S")
    with pytest.raises(InputError, match=r"style's audio to practise.*set practice to 0"):
        run(engine(weights, practice=1), asked(STYLE, file))
    with pytest.raises(AudioFileError, match="silent"):
        practised(1, styles=(torch.zeros(1, RATE),))
