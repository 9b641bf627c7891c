"""``estilo export``: the trained engine as a file that other programs run."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from estilo.cli.options import OUTPUT, WHAT, Force, Quiet
from estilo.errors import InputError
from estilo.export import EXPORTERS

_STEM = "estilo"


def export(
    *,
    format_: Annotated[
        str,
        Parameter(
            name="--format",
            metavar="NAME",
            group=WHAT,
            help=f"The form of the file: {', '.join(EXPORTERS)} (see estilo list exporters).",
        ),
    ] = "onnx",
    output: Annotated[
        Path | None,
        Parameter(
            alias="-o",
            metavar="FILE",
            group=OUTPUT,
            help="The file to write; estilo with the ending of the form if not given.",
        ),
    ] = None,
    weights: Annotated[
        Path | None,
        Parameter(
            metavar="FILE",
            group=WHAT,
            help="The weights of the network; those that come with estilo if not given.",
        ),
    ] = None,
    channels: Annotated[
        int, Parameter(group=WHAT, help="Channels that the file takes and gives.")
    ] = 1,
    hops: Annotated[
        int, Parameter(group=WHAT, help="Hops of 512 samples at 48 kHz in one block.")
    ] = 1,
    force: Force = False,
    quiet: Quiet = False,
) -> int:
    """Write the trained engine as a file that other programs run.

    The file is compared with the network over a minute of sound before it is
    written. It takes one block after another, and a style as numbers that
    estilo.neural.encode makes in Python; its metadata say the rest.

    For example:
      estilo export -o estilo.onnx
      estilo export --weights mine.safetensors --channels 2 -o mine.onnx
    """
    from estilo.app.outputs import check_target
    from estilo.cli.performing import name_files
    from estilo.cli.progress import Reporter

    EXPORTERS.check(format_)
    inputs = [] if weights is None else [weights]
    reporter = Reporter(is_quiet=quiet)
    with reporter.listening():
        if output is not None:  # as far as can be told before the network is loaded
            check_target(output, force=force, inputs=inputs)
        exporter = EXPORTERS[format_]()
        target = Path(_STEM + exporter.suffix) if output is None else output
        if target.suffix.lower() != exporter.suffix:
            got = repr(target.suffix) if target.suffix else "no ending"
            raise InputError(
                f"{target} must end in {exporter.suffix}, as the form is {format_}; got {got}"
            )
        check_target(target, force=force, inputs=inputs)
        from estilo.engines.neural.weights import read_weights

        network, card = read_weights(weights)
        with reporter.working(f"writing {target.name} and comparing it with the network"):
            done = exporter.export(network, target, channels=channels, n_hops=hops, force=force)
    reporter.say(
        f"the network {card.name!r} as {format_}: {done.n_bytes / 1e6:.1f} MB, at most "
        f"{done.error:.1e} of full scale away from what it computes itself"
    )
    name_files([done.path], is_quiet=quiet)
    return 0
