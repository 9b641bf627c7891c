"""``--match``: what is said of it, what the recipe keeps, and that it comes out the same again."""

import numpy as np
import pytest

import estilo
from estilo.pipeline.report import read_report

RATE = 8_000


@pytest.fixture
def loop(folder):
    """song.wav at 120 bpm and loop.wav at 96, both of the same broken chord, the loop in C."""
    for name, bpm, tonic in (("song", 120.0, 0), ("loop", 96.0, 3)):
        time_s = np.arange(6 * RATE) / RATE
        out = np.zeros(len(time_s))
        for beat, start_s in enumerate(np.arange(0.1, 6.0, 60.0 / bpm)):
            hz = 220.0 * 2.0 ** ((tonic + (0, 4, 7, 12, 5, 9, 7, 11)[beat % 8]) / 12.0)
            after = np.maximum(time_s - start_s, 0.0)
            out += 0.2 * (time_s >= start_s) * np.exp(-7.0 * after) * np.sin(2 * np.pi * hz * after)
        estilo.save(estilo.Audio(out, RATE), folder / f"{name}.wav")
    return folder


@pytest.fixture
def song(run, loop):
    """`estilo transfer` of song.wav, with a step."""

    def song(style, *options):
        files = [loop / "song.wav", loop / style, "-o", loop / "out.wav"]
        return run(
            "transfer", *files, "--set", "n_steps=1", "--no-scores", "--threads", 1, *options
        )

    return song


def test_says_what_it_did_and_comes_out_the_same_again(run, loop, song):
    said = song("loop.wav", "--match", "tempo,key")
    assert said.code == 0, said.err
    line = (
        "style loop.wav: 96 bpm played 1.25 times as fast, at 120; "
        "shifted down 3 semitones, C major to A major"
    )
    assert line in said.err.splitlines()
    report = read_report(loop / "out.wav.json")
    assert report.plan.match == ("tempo", "key")
    assert report.styles[0].match is not None
    assert report.styles[0].match.words == line
    again = run("rerun", loop / "out.wav.json", "-o", loop / "again.wav")
    assert again.code == 0, again.err
    assert line in again.err.splitlines()
    assert "identical: every sample is as it was the first time" in again.err


def test_noise_is_left_as_it_is_in_words(loop, song):
    said = song("style.wav", "--match", "tempo,key", "--style-duration", 0.5)
    assert said.code == 0, said.err
    assert (
        "style style.wav: no clear pulse, tempo left as it is; no clear key, pitch left as it is"
    ) in said.err.splitlines()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--match", "pitch"], "a style can be matched in tempo and key, got 'pitch'"),
        (["--match=key", "--preset=dipani", "--set=raw=true"], "knew neither mix nor match"),
    ],
)
def test_bad_usage(loop, song, listing, options, message):
    before = listing()
    said = song("loop.wav", *options)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert listing() == before
