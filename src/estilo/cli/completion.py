"""``estilo completion``: a script that lets a shell complete commands and options."""

from typing import Annotated, Literal

from cyclopts import Parameter


def completion(
    shell: Annotated[
        Literal["bash", "zsh", "fish"], Parameter(help="The shell: bash, zsh or fish.")
    ],
    /,
) -> int:
    """Print a script that lets a shell complete commands and options.

    For example:
      estilo completion bash > ~/.local/share/bash-completion/completions/estilo
      estilo completion zsh > ~/.zfunc/_estilo
      estilo completion fish > ~/.config/fish/completions/estilo.fish
    """
    from estilo.cli.app import COMMANDS, build_app

    print(build_app(*COMMANDS).generate_completion(shell=shell))
    return 0
