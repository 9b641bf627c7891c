"""``estilo train``: train a network of the neural engine, from nothing or from weights."""

import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from estilo.app.words import spoken_time
from estilo.cli.options import OUTPUT, RUN, WHAT, Quiet
from estilo.cli.performing import name_files
from estilo.cli.progress import Reporter
from estilo.cli.signals import Stop
from estilo.errors import Cancelled, SettingsError

if TYPE_CHECKING:
    from estilo.models.network import Network
    from estilo.models.settings import GeneratorSettings
    from estilo.training.recipe import Recipe
    from estilo.training.state import Origin

_EVERY_S = 10.0  # from one line to the next


def train(
    recipe: Annotated[
        str | None,
        Parameter(
            help="TOML file, or the name of a recipe that comes with estilo: base, half-hour or "
            "fine-tune."
        ),
    ] = None,
    /,
    *,
    output: Annotated[
        Path,
        Parameter(
            alias="-o",
            group=OUTPUT,
            metavar="FOLDER",
            help="Folder for weights, checkpoint and log.",
        ),
    ] = Path("training"),
    resume: Annotated[
        bool,
        Parameter(
            negative=(),
            show_default=False,
            group=WHAT,
            help="Go on from the folder's checkpoint, where there is one, by the same recipe.",
        ),
    ] = False,
    fine_tune: Annotated[
        Path | None,
        Parameter(
            group=WHAT,
            metavar="DATASET",
            help="Go on from trained weights with a dataset of your own (see estilo data add).",
        ),
    ] = None,
    weights: Annotated[
        Path | None,
        Parameter(
            group=WHAT,
            metavar="FILE",
            help="Weights to go on from; for --fine-tune those that come with estilo if not given.",
        ),
    ] = None,
    name: Annotated[
        str, Parameter(group=WHAT, metavar="NAME", help="Name of the weights, for their card.")
    ] = "my weights",
    licence: Annotated[
        str,
        Parameter(
            alias="--license",
            group=WHAT,
            metavar="TERMS",
            help="Terms of the weights, for their card.",
        ),
    ] = "unspecified",
    device: Annotated[
        Literal["cpu", "cuda"], Parameter(group=RUN, help="Device to compute on.")
    ] = "cpu",
    threads: Annotated[
        int | None,
        Parameter(group=RUN, help="Number of threads; all cores if not given."),
    ] = None,
    quiet: Quiet = False,
) -> int:
    """Train a network of the neural engine.

    Writes best.safetensors, the weights with the best score on the validation
    split (for estilo transfer --engine neural --set weights=FILE),
    checkpoint.pt, and a log: log.jsonl, and TensorBoard's files if
    estilo[train] is installed. Stopped by Ctrl-C or killed, it goes on with
    --resume. On several GPUs:
    torchrun --nproc-per-node 4 -m estilo train ... --device cuda

    The file of the recipe base and docs/training.md tell how its datasets are
    made.

    For example:
      estilo train base -o training
      estilo data add recordings --licence own -o mine
      estilo train --fine-tune mine -o tuned
    """
    if recipe is None and fine_tune is None:
        raise SettingsError(
            "name a recipe (base, half-hour, or a TOML file), or a dataset with --fine-tune"
        )
    if threads is not None and threads < 1:
        raise SettingsError(f"--threads must be 1 or more, got {threads}")
    _check_folder(output, resume=resume)
    plan = _plan(recipe or "fine-tune", fine_tune)
    reporter = Reporter(is_quiet=quiet)
    try:
        with reporter.listening(), Stop() as stop:
            teller = _Teller(reporter, plan, stop)
            written = _run(
                plan,
                output,
                teller=teller,
                weights=weights,
                is_fine=fine_tune is not None,
                resume=resume,
                device=device,
                threads=threads,
                card={"name": name, "licence": licence},
            )
            is_stopped = stop.is_set() and not teller.is_done
    except KeyboardInterrupt as error:
        raise _cancelled(output) from error
    teller.sum_up()
    if is_stopped:
        raise _cancelled(output)
    if written is not None:
        name_files([written], is_quiet=quiet)
    return 0


def _cancelled(folder: Path) -> Cancelled:
    from estilo.training.state import CHECKPOINT

    if not (folder / CHECKPOINT).is_file():
        return Cancelled("cancelled before the first checkpoint")
    return Cancelled(f"cancelled; {folder / CHECKPOINT} is kept: go on with --resume")


def _check_folder(folder: Path, *, resume: bool) -> None:
    """Refuse to write over a training that was there before."""
    from estilo.training.logs import LOG
    from estilo.training.records import BEST
    from estilo.training.state import CHECKPOINT

    if (folder / CHECKPOINT).exists():
        if not resume:
            raise SettingsError(
                f"{folder} holds a training already; go on with it (--resume), or name another "
                "folder with -o"
            )
        return
    # A log without a line is of a training that was killed before its first checkpoint.
    for path in (folder / BEST, folder / LOG):
        if path.exists() and path.stat().st_size:
            raise SettingsError(
                f"{path} is there already, and no {CHECKPOINT} to go on from; name another folder "
                "with -o"
            )


def _plan(recipe: str, fine_tune: Path | None) -> "Recipe":
    from estilo.training.recipe import read_recipe

    plan = read_recipe(recipe)
    if fine_tune is not None:
        plan = plan.model_copy(update={"data": (str(fine_tune),)})
    if not plan.data:
        raise SettingsError(
            f"the recipe {recipe} names no data; write data = [...] in it, or give --fine-tune a "
            "dataset"
        )
    return plan


def _run(
    plan: "Recipe",
    folder: Path,
    *,
    teller: "_Teller",
    weights: Path | None,
    is_fine: bool,
    resume: bool,
    device: str,
    threads: int | None,
    card: dict[str, Any],
) -> Path | None:
    """Train; the path of the best weights, for the process that wrote them."""
    import torch

    from estilo.engines.neural.weights import ModelCard
    from estilo.threads import limited
    from estilo.training.heard import heard
    from estilo.training.loop import train
    from estilo.training.parallel import team
    from estilo.training.records import BEST

    if device == "cuda" and not torch.cuda.is_available():
        raise SettingsError("device 'cuda' was asked for and no CUDA GPU is at hand; use cpu")
    plan, network, origin = _begun(plan, folder, weights=weights, is_fine=is_fine, resume=resume)
    data = heard(plan.data)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        from estilo.io.atomic import output_error

        raise output_error(folder, error) from error
    with team(device) as (own, place), limited(threads or torch.get_num_threads()):
        full = ModelCard(
            **card,
            generator=plan.model.model_dump(mode="json"),
            data=data,
            seed=plan.seed,
            command=shlex.join(["estilo", *sys.argv[1:]]),
            hardware=_hardware(device, own.size),
        )
        state = train(
            plan,
            folder,
            card=full,
            weights=network,
            origin=origin,
            device=place,
            team=own,
            resume=resume,
            on_step=teller.tell if own.is_first else teller.listen,
            cancel=teller.stop,
        )
    if not own.is_first:
        return None
    teller.end(state.step)
    return folder / BEST if (folder / BEST).is_file() else None


def _begun(
    plan: "Recipe", folder: Path, *, weights: Path | None, is_fine: bool, resume: bool
) -> "tuple[Recipe, Network | None, Origin | None]":
    """The recipe with the sizes of the weights that it goes on from, and these weights."""
    from estilo.engines.neural.weights import network_id, read_weights, shipped_path
    from estilo.training.state import CHECKPOINT, Origin, kept_model

    checkpoint = folder / CHECKPOINT
    if resume and weights is None and checkpoint.is_file():
        model = kept_model(checkpoint)
        if model is not None:
            return _sized(plan, model, of=checkpoint), None, None
    if weights is None and not is_fine:
        return plan, None, None
    network, known = read_weights(weights)
    plan = _sized(plan, network.generator.settings, of=weights or shipped_path())
    return plan, network, Origin(known.name, network_id(network), known.data)


def _sized(plan: "Recipe", model: "GeneratorSettings", *, of: Path) -> "Recipe":
    """A recipe with the sizes of weights; other ones that it gives itself are refused."""
    differing = [
        f"{name} {getattr(plan.model, name)}, there {getattr(model, name)}"
        for name in sorted(plan.model.model_fields_set)
        if getattr(plan.model, name) != getattr(model, name)
    ]
    if differing:
        raise SettingsError(
            f"[model] in the recipe is not that of {of} ({'; '.join(differing)}); leave [model] "
            "out, or train from nothing"
        )
    return plan.model_copy(update={"model": model})


def _hardware(device: str, n_processes: int) -> str:
    import torch

    from estilo.evaluation.provenance import provenance

    name = torch.cuda.get_device_name() if device == "cuda" else provenance()["machine"]
    return name if n_processes == 1 else f"{n_processes} x {name}"


class _Teller:
    """Lines about the progress: steps, loss, time left, and the validation's scores."""

    def __init__(self, reporter: Reporter, plan: "Recipe", stop: Stop) -> None:
        self.stop, self.is_done = stop, False
        self._reporter, self._plan = reporter, plan
        self._begun = self._said = time.monotonic()
        self._n_steps, self._load_s, self._step_s = 0, 0.0, 0.0
        self._losses: list[float] = []

    def listen(self, step: int, _figures: dict[str, Any]) -> None:
        """Say nothing; from now on all processes stop together."""
        self.stop.in_steps()
        self.is_done = step == self._plan.n_steps

    def tell(self, step: int, figures: dict[str, Any]) -> None:
        """Report one step."""
        self.listen(step, figures)
        self._n_steps += 1
        self._load_s += figures["load_s"]
        self._step_s += figures["step_s"]
        self._losses.append(figures["loss"])
        if "rolled_back_from" in figures:
            self._reporter.warn(
                f"the gradient was not finite at step {figures['rolled_back_from']}; back to step "
                f"{step}, and on in steps half as long"
            )
        if figures.get("validation"):
            table = figures["validation"]
            said = ", ".join(f"{name} {value:.3f}" for name, value in table.items())
            self._reporter.say(f"step {step}: validation: {said}")
        now = time.monotonic()
        if now - self._said >= _EVERY_S or step == self._plan.n_steps:
            left_s = (now - self._begun) / self._n_steps * (self._plan.n_steps - step)
            loss = sum(self._losses) / len(self._losses)
            left = f", about {spoken_time(left_s)} left" if step < self._plan.n_steps else ""
            self._reporter.say(f"step {step} of {self._plan.n_steps}: loss {loss:.4f}{left}")
            self._said, self._losses = now, []

    def end(self, step: int) -> None:
        """Take where the training ended; one that needed no step more was finished before."""
        if not self._n_steps and step == self._plan.n_steps:
            self.is_done = True
            self._reporter.say(
                f"the training was finished already, at step {step}; give n_steps more to go on"
            )

    def sum_up(self) -> None:
        """Report the time that the steps of this run took."""
        if self._n_steps:
            share = 100.0 * self._load_s / max(self._step_s, 1e-9)
            self._reporter.say(
                f"{self._n_steps} steps in {spoken_time(time.monotonic() - self._begun)}, "
                f"{share:.1f} % of it reading"
            )
