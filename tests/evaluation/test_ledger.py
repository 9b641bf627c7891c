import json
import math

import pytest

from estilo.errors import InputError, OutputError
from estilo.evaluation.ledger import Ledger, Result, result_key
from estilo.evaluation.measuring import Measured

MADE = {"created": "2026-01-01T00:00:00+00:00", "commit": "abc", "versions": "v", "machine": "m"}


def result(key, value=1.5, error=None):
    scores = {} if error else {"lsd": value, "pitch": math.nan}
    return Result(key, "real", "a--b", "eq", Measured("real", 8.0, 1.0, 0.5, scores, error), MADE)


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "results.jsonl")


def test_what_was_written_comes_back(ledger):
    assert ledger.read() == {}
    ledger.append(result("one", 1.25))
    ledger.append(result("two", error="ValueError: ü “no”"))
    found = ledger.read()
    assert list(found) == ["one", "two"]
    assert found["one"].measured.scores["lsd"] == 1.25
    assert math.isnan(found["one"].measured.scores["pitch"])
    assert found["two"] == result("two", error="ValueError: ü “no”")


def test_every_line_is_strict_json(ledger):
    ledger.append(result("one", math.inf))
    for line in ledger.path.read_text().splitlines():
        plain = json.loads(line, parse_constant=lambda name: pytest.fail(name))
        assert plain["measured"]["scores"] == {"lsd": None, "pitch": None}


def test_the_last_result_counts(ledger):
    for value in (1.0, 2.0):
        ledger.append(result("one", value))
    assert ledger.read()["one"].measured.scores["lsd"] == 2.0


@pytest.mark.parametrize("n_bytes", [1, 40, 100_000])
def test_half_a_line_is_forgotten_and_written_over(ledger, n_bytes):
    ledger.append(result("one"))
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole + b'{"key": "' + b"x" * n_bytes)
    assert list(ledger.read()) == ["one"]
    ledger.append(result("two"))
    assert list(ledger.read()) == ["one", "two"]
    assert ledger.path.read_bytes().startswith(whole + b'{"key": "two"')


def test_half_a_first_line_is_forgotten_too(ledger):
    ledger.path.write_bytes(b'{"key"')
    assert ledger.read() == {}
    ledger.append(result("one"))
    assert list(ledger.read()) == ["one"]


@pytest.mark.parametrize("line", ["no JSON", "{}", "[1]", '{"key": 1, "other": 2}'])
def test_what_is_no_result_is_refused(ledger, line):
    ledger.append(result("one"))
    with ledger.path.open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(InputError, match=r"line 2 of .*results\.jsonl is no result"):
        ledger.read()


def test_a_folder_that_is_gone_is_named(tmp_path):
    with pytest.raises(OutputError, match=r"the folder .*gone does not exist"):
        Ledger(tmp_path / "gone" / "results.jsonl").append(result("one"))


def test_keys_tell_everything_apart_that_matters(monkeypatch):
    same = {"set_name": "real", "item": "a--b", "recipe": {"x": 1, "y": 2}, "columns": ["lsd"]}
    key = result_key(**same)
    assert result_key(**{**same, "recipe": {"y": 2, "x": 1}}) == key
    others = [
        {"set_name": "synthetic"},
        {"item": "b--a"},
        {"recipe": {"x": 1, "y": 3}},
        {"columns": ["lsd", "pitch"]},
    ]
    keys = {key, *(result_key(**{**same, **other}) for other in others)}
    monkeypatch.setattr("estilo.version.__version__", "999")
    keys.add(result_key(**same))
    assert len(keys) == 6
