"""What the original method of a preset would have written."""

from collections.abc import Sequence

from estilo.audio import Audio
from estilo.engines.building import bare_engine
from estilo.pipeline import running
from estilo.pipeline.plan import Plan
from estilo.pipeline.running import Outcome, Watch
from estilo.pipeline.sources import Source


def run_raw(plan: Plan, content: Audio, styles: Sequence[Source], watch: Watch) -> Outcome:
    """As the original method did it: mono, cut to its length, in one piece, levels untouched.

    Args:
        plan: plan with what the original method did around its optimisation.
        content: the content, ``(channels, time)``.
        styles: the styles.
        watch: progress and cancellation.
    """
    assert plan.raw is not None  # noqa: S101 - callers ask only where there is one
    running.check_device(plan.device)
    rate, seconds = plan.raw.sample_rate_hz, plan.raw.duration_s
    seconds = min([seconds, content.duration_s, *(style.audio.duration_s for style in styles)])

    def cut(audio: Audio) -> Audio:
        samples = audio.samples[:, : round(seconds * audio.sample_rate)]
        return Audio(samples.mean(0, keepdims=True), audio.sample_rate)

    return running.run_engine(
        bare_engine(plan.engine, plan.settings, network=plan.feature_network),
        cut(content),
        [cut(style.audio) for style in styles],
        [style.weight for style in styles],
        sample_rate=rate,
        n_samples=round(seconds * rate),
        seed=plan.seed,
        device=plan.device,
        watch=watch,
    )
