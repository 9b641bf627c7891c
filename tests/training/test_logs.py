import json
import math

import numpy as np
import pytest

from estilo.errors import OutputError
from estilo.training.logs import Log, read_log


def steps(folder):
    return [line["step"] for line in read_log(folder)]


def write(folder, *numbers, step=0):
    with Log(folder, step=step) as log:
        for number in numbers:
            log.write(number, {"loss": 1.0 / (1 + number)})


@pytest.mark.usefixtures("no_board")
class TestLines:
    def test_each_line_is_json_of_a_step(self, tmp_path):
        with Log(tmp_path, step=0) as log:
            log.write(1, {"loss": 0.5, "validation": {"score": 0.25, "pitch": math.nan}})
            log.write(2, {"loss": math.nan, "gradient": math.inf})

        def refuse(name):
            raise AssertionError(f"{name} is not JSON")

        lines = (tmp_path / "log.jsonl").read_text().splitlines()
        assert [json.loads(line, parse_constant=refuse) for line in lines] == [
            {"step": 1, "loss": 0.5, "validation": {"score": 0.25, "pitch": None}},
            {"step": 2, "loss": None, "gradient": None},
        ]

    def test_what_was_done_after_the_checkpoint_is_dropped(self, tmp_path):
        write(tmp_path, 1, 2, 3, 4)
        write(tmp_path, 3, step=2)
        assert steps(tmp_path) == [1, 2, 3]

    def test_a_new_training_begins_a_new_log(self, tmp_path):
        write(tmp_path, 1, 2)
        write(tmp_path, 1)
        assert steps(tmp_path) == [1]

    def test_steps_that_were_taken_back_stay(self, tmp_path):
        write(tmp_path, 1, 2, 3, 4, 2, 3, 4, 5, 6)  # back to 2 after 4
        write(tmp_path, step=5)
        assert steps(tmp_path) == [1, 2, 3, 4, 2, 3, 4, 5]
        write(tmp_path, step=2)
        assert steps(tmp_path) == [1, 2, 3, 4, 2]

    @pytest.mark.parametrize("rest", ['{"step": 3, "lo', "\x00\x00", "[]", "{}", '{"step": "x"}'])
    def test_a_line_that_was_broken_off_is_dropped(self, tmp_path, rest):
        write(tmp_path, 1, 2)
        with (tmp_path / "log.jsonl").open("a") as file:
            file.write(rest)
        write(tmp_path, 3, step=2)
        assert steps(tmp_path) == [1, 2, 3]

    def test_where_the_line_of_the_checkpoint_is_missing(self, tmp_path):
        write(tmp_path, 1, 2, 4)
        write(tmp_path, step=3)
        assert steps(tmp_path) == [1, 2]

    def test_a_folder_that_is_none(self, tmp_path):
        with pytest.raises(OutputError, match=r"log\.jsonl cannot be written"):
            Log(tmp_path / "missing", step=0)


def test_tensorboard_has_curves_and_sounds(tmp_path):
    event_accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    with Log(tmp_path, step=0) as log:
        for step in range(1, 43):
            log.write(
                step, {"loss": 1.0 / step} | ({"validation": {"lsd": 0.5}} if step == 5 else {})
            )
        log.write(60, {"loss": math.nan})
        tone = 2.0 * np.sin(2 * np.pi * 1000 * np.arange(4800) / 48000)
        log.sound(42, "output/0", tone, sample_rate=48000)
    events = event_accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [each.step for each in events.Scalars("loss")] == [5, 20, 40]
    assert events.Scalars("loss")[1].value == pytest.approx(1 / 20)
    assert [each.value for each in events.Scalars("validation/lsd")] == [0.5]
    (sound,) = events.Audio("output/0")
    assert sound.encoded_audio_string[:4] == b"RIFF"
    assert sound.sample_rate == 48000
