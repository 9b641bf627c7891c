import pytest

from estilo.app.words import arrived_in_words, verdict

TAKEN = {"style_taken": 0.5}


@pytest.mark.parametrize(
    ("moved", "words"),
    [
        ({}, ""),
        ({"spectrum": 40.0}, ""),  # neither here nor there
        ({"spectrum": 80.0, "decay": 55.0}, "of the style its spectrum and decay arrived"),
        (
            {"spectrum": 80.0, "attack": -3.0, "roughness": 10.0},
            "of the style its spectrum arrived, not its attack and roughness",
        ),
        ({"attack": 0.0}, "of the style its attack did not arrive"),
        ({"tempo": 90.0}, ""),  # a descriptor is no attribute
    ],
)
def test_what_arrived_is_said_and_what_did_not(moved, words):
    scores = TAKEN | {f"moved_{name}_percent": value for name, value in moved.items()}
    assert arrived_in_words(scores) == words
    assert arrived_in_words(scores | {"moved_percent": 90.0}) == words


def test_where_nothing_is_said_of_the_style_nothing_arrived():
    assert arrived_in_words({"moved_spectrum_percent": 90.0}) == ""


@pytest.mark.parametrize(
    ("share", "ends", "words"),
    [
        (0.641, (0.552, 0.718), "style taken 64 % (55 to 72)"),
        (-0.04, (-0.13, 0.02), "style taken −4 % (−13 to 2)"),
        (1.12, (1.0, 1.3), "style taken 112 % (100 to 130)"),
    ],
)
def test_the_share_is_said_with_its_interval(share, ends, words):
    scores = {"style_taken": share, "style_taken_low": ends[0], "style_taken_high": ends[1]}
    assert verdict(scores, {}) == words
