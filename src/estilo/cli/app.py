"""The program and its commands; each command's file is imported only when it is called."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from cyclopts import App, Group

from estilo.cli.help import ScreenFormatter
from estilo.version import __version__

_HELP = """Audio style transfer: the content of one recording in the style of another.

Try it on clips that it makes itself:
  estilo demo

Then on your own recordings (wav, flac, ogg, opus, mp3, aiff, caf, w64; with
estilo[formats] m4a, mov, aac and webm):
  estilo transfer melody.wav rain.wav -o out.wav
  estilo transfer melody.wav rain.wav -o soft.wav --strength 0.3 --plot
"""

_EPILOGUE = """Exit codes: 0 done, 1 internal error, 2 bad input or usage, 130 cancelled.
Names of written files go to stdout, everything else to stderr.
"""


class Command(NamedTuple):
    """Where a command is, and what the program's help says of it.

    Args:
        path: import path of its function.
        summary: line of the program's help.
        usage: arguments and options, as the command's own help begins.
    """

    path: str
    summary: str
    usage: str


# The summaries stand here, so that the program's help imports none of the commands.
COMMANDS = {
    "transfer": Command(
        "estilo.cli.transfer:transfer",
        "A recording in the style of others.",
        "CONTENT STYLE -o FILE [options]",
    ),
    "web": Command(
        "estilo.cli.web:web",
        "Open a page in the browser that does all this by drag and drop.",
        "[--port N] [--host ADDRESS] [--no-browser] [options]",
    ),
    "texture": Command(
        "estilo.cli.texture:texture",
        "New audio with the texture of recordings.",
        "STYLE... --seconds S -o FILE [options]",
    ),
    "rerun": Command(
        "estilo.cli.rerun:rerun",
        "Render a result again from its recipe.",
        "RECIPE [-o FILE] [options]",
    ),
    "plot": Command(
        "estilo.cli.plot:plot",
        "Draw recordings: spectrograms and waveforms.",
        "FILE... [-o PNG] [options]",
    ),
    "describe": Command(
        "estilo.cli.describe:describe",
        "Say what is heard: brightness, pitch, onsets, tempo, key.",
        "FILE... [options]",
    ),
    "instrument": Command(
        "estilo.cli.instrument:instrument",
        "Make an instrument of recordings, for any sampler (SFZ).",
        "STYLE... -o SFZ [options]",
    ),
    "notes": Command(
        "estilo.cli.notes:notes",
        "Hear the notes of a recording, and write them as MIDI.",
        "RECORDING [-o MIDI] [--json] [--plot] [options]",
    ),
    "style": Command(
        "estilo.cli.style:style",
        "Make style files to share, and show what is in them.",
        "make|show [options]",
    ),
    "data": Command(
        "estilo.cli.data:data",
        "Make a dataset to train on, rendered or from recordings.",
        "synth|add|instruments [options]",
    ),
    "scoreboard": Command(
        "estilo.cli.scoreboard:scoreboard",
        "Judge engines on a test set: timbre, pitch, speed.",
        "[--engines A,B] [--test-set NAME] [options]",
    ),
    "search": Command(
        "estilo.cli.search:search",
        "Find better settings for a preset on a test set.",
        "PRESET --over FIELD=RANGE... [options]",
    ),
    "evaluate": Command(
        "estilo.cli.evaluate:evaluate",
        "Say how good an output is: content kept, style taken, faults.",
        "OUTPUT [--content C] [--style S]... [--target T] [--json]",
    ),
    "listen": Command(
        "estilo.cli.listen:listen",
        "Compare outputs by ear, blindly, and say what listeners said.",
        "FOLDER [--kind KIND] [--results [FILES]] [options]",
    ),
    "train": Command(
        "estilo.cli.train:train",
        "Train the neural engine, on recordings of your own too.",
        "[RECIPE] [--fine-tune DATASET] [-o FOLDER] [options]",
    ),
    "export": Command(
        "estilo.cli.export:export",
        "Write the trained engine as a file that other programs run.",
        "[--format NAME] [-o FILE] [options]",
    ),
    "list": Command(
        "estilo.cli.listing:list_parts",
        "Show the engines, presets, settings and other parts there are.",
        "[FAMILY] [ENGINE]",
    ),
    "completion": Command(
        "estilo.cli.completion:completion",
        "Complete commands and options in bash, zsh or fish.",
        "bash|zsh|fish",
    ),
    "demo": Command(
        "estilo.cli.demo:demo",
        "Make clips, transfer one, and show what came out.",
        "[FOLDER] [options]",
    ),
}


def build_app(*commands: str) -> App:
    """The program, ready to be called with its arguments.

    Args:
        commands: those that may be called; of the others only the summaries are there.

    Example:
        >>> build_app().name
        ('estilo',)
    """
    app = App(
        name="estilo",
        version=__version__,
        help=_HELP,
        help_epilogue=_EPILOGUE,
        help_format="plaintext",
        help_formatter=ScreenFormatter(),
        version_format="plaintext",
        result_action="return_value",
        suppress_keyboard_interrupt=False,
        group_arguments=Group("Arguments", sort_key=0),
        group_parameters=Group("Options", sort_key=1),
        group_commands=Group("Commands", sort_key=2),
    )
    for order, (name, each) in enumerate(COMMANDS.items()):
        function = _imported(each.path) if name in commands else _stub(each.summary)
        if isinstance(function, App):  # commands of its own, and a help of its own
            app.command(function, name=name)
            continue
        usage = f"Usage: estilo {name} {each.usage}"
        app.command(function, name=name, usage=usage, sort_key=order)
    return app


def _imported(path: str) -> Callable[..., Any]:
    module, _, attribute = path.partition(":")
    return getattr(import_module(module), attribute)


def _stub(summary: str) -> Callable[..., Any]:
    def stub() -> None:
        raise NotImplementedError("only the command that is called is built")

    stub.__doc__ = summary
    return stub
