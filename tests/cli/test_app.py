import subprocess
import sys

import numpy as np
import pytest

import estilo
from estilo.cli import app, main
from estilo.io import write_atomic

HEAVY = ("torch", "matplotlib", "scipy", "soundfile")
# What torch loads only when something asks for it, and what other engines need.
SELDOM = ("torch._dynamo", "torch._inductor", "estilo.models")


def modules_after(*arguments, among=HEAVY):
    code = (
        "import sys; from estilo.cli import main; "
        f"code = main({list(arguments)!r}); "
        f"print('LOADED', code, [name for name in {among} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.rsplit("LOADED", 1)[1].strip()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["transfer", "--help"]])
def test_help_loads_nothing_heavy(arguments):
    assert modules_after(*arguments) == "0 []"


def test_usage_errors_and_bad_headers_load_no_torch(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"")
    assert modules_after("transfer", "--bogus").startswith("2 []")
    missing = modules_after("transfer", str(tmp_path / "a.wav"), "b.wav", "-o", "c.wav")
    assert missing == "2 ['soundfile']"


def test_a_transfer_loads_only_what_it_uses(folder):
    # Without a pause nobody asks whether the style is noise, which might fill it.
    steady = estilo.Audio(0.2 * np.sin(0.3 * np.arange(8000)), 8000)
    estilo.save(steady, folder / "steady.wav")
    files = ("transfer", str(folder / "steady.wav"), str(folder / "style.wav"), "--quiet", "-o")
    among = (*HEAVY, *SELDOM)
    named = (*files, str(folder / "out.wav"), "--engine", "optimise")
    loaded = modules_after(*named, "--no-scores", among=among)
    assert loaded == "0 ['torch', 'soundfile']"
    # The transforms of what is heard are scipy's, which take a third of the time of numpy's.
    loaded = modules_after(*files, str(folder / "judged.wav"), among=among)
    assert loaded == "0 ['torch', 'scipy', 'soundfile']"


def test_version(run):
    assert run("--version").out.strip() == estilo.__version__


def test_no_arguments_show_the_help(run):
    assert run().out == run("--help").out
    assert run().code == 0


def test_help_names_every_command(run):
    text = run("--help").out
    for name, command in app.COMMANDS.items():
        assert name in text
        assert command.summary in " ".join(text.split())


@pytest.mark.parametrize("command", ["transfer", "texture"])
def test_the_help_fits_on_a_screen(run, command, monkeypatch):
    """Later versions add settings, not options."""
    monkeypatch.setenv("COLUMNS", "200")
    lines = run(command, "--help").out.splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 80


def test_more_than_two_recordings_are_asked_about(run):
    said = run("transfer", "a.wav", "b.wav", "c.wav", "d.wav", "-o", "o.wav")
    assert said.code == 2
    assert "4 recordings were given in a row" in said.err
    assert "estilo transfer a.wav b.wav --style c.wav" in said.err


def test_options_of_earlier_versions_say_what_they_are_called_now(run):
    said = run("transfer", "a.wav", "b.wav", "-o", "o.wav", "--n-steps", "3")
    assert (said.code, said.err) == (2, "estilo: error: --n-steps is now --set n_steps=VALUE\n")


@pytest.mark.parametrize(
    ("shell", "sign"), [("bash", "complete "), ("zsh", "#compdef"), ("fish", "complete -c estilo")]
)
def test_shells_complete_commands_and_options(run, shell, sign):
    said = run("completion", shell)
    assert said.code == 0, said.err
    assert sign in said.out
    for word in (*app.COMMANDS, "strength", "style-weight"):
        assert word in said.out


@pytest.mark.parametrize("command", app.COMMANDS)
def test_every_command_has_help_with_examples(run, command):
    said = run(command, "--help")
    assert said.code == 0
    assert f"Usage: estilo {command}" in said.out
    assert f"  estilo {command}" in said.out  # an example
    assert "Exit codes" in said.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["transfr"], "transfer"),
        (["transfer"], "see estilo transfer --help"),
        (["transfer", "a.wav", "-o", "o.wav"], "no style was given; name one after the content"),
        (["transfer", "a.wav", "b.wav"], "--output requires an argument"),
        (["transfer", "a.wav", "b.wav", "-o", "o.wav", "--strenght", "1"], "--strength"),
        (["transfer", "a.wav", "b.wav", "-o", "o.wav", "--set", "n_steps=x"], "n_steps: "),
        (["transfer", "a.wav", "b.wav", "-o", "o.wav", "--set", "start=x"], "eq"),
        (["list", "pets"], "engines"),
        (["texture", "a.wav", "-o", "o.wav"], "--seconds requires an argument"),
    ],
)
def test_usage_errors_are_one_line_and_code_2(run, arguments, message):
    said = run(*arguments)
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("estilo: error: ")
    assert message in said.err
    assert said.err.count("\n") == 1


def test_internal_errors_say_what_to_do(run, monkeypatch):
    def fail():
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(app, "_imported", lambda path: fail)
    said = run("list")
    assert said.code == 1
    assert (
        "internal error: ZeroDivisionError: by zero; run it again with ESTILO_DEBUG=1" in said.err
    )
    assert "Traceback" not in said.err
    monkeypatch.setenv("ESTILO_DEBUG", "1")
    assert "Traceback" in run("list").err


def test_interrupts_anywhere_are_130(run, monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "_imported", lambda path: interrupt)
    assert run("list") == type(run("list"))(130, "", "estilo: cancelled; nothing was written\n")


def test_an_interrupt_after_a_file_was_written_does_not_deny_it(run, monkeypatch, tmp_path):
    def interrupt():
        write_atomic(tmp_path / "out.mid", b"notes", force=True)
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "_imported", lambda path: interrupt)
    said = run("list")
    assert said.code == 130
    assert said.err == "estilo: cancelled; what was written by then is whole\n"


def test_a_reader_that_leaves_is_no_error():
    command = f"{sys.executable} -c 'from estilo.cli import main; raise SystemExit(main())' list"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{command} | true"], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stderr == ""


def test_main_takes_arguments_of_the_program(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["estilo", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.strip() == estilo.__version__
