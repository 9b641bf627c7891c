"""What the ancestor of a preset would have written."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from estilo.audio import Audio
from estilo.engines.building import bare_engine
from estilo.pipeline import running
from estilo.pipeline.running import Outcome, Watch
from estilo.pipeline.sources import Source

if TYPE_CHECKING:
    from estilo.pipeline.transfer import Transfer


def run_raw(
    transfer: "Transfer", content: Audio, styles: Sequence[Source], watch: Watch
) -> Outcome:
    """As the ancestor did: mono, cut to its length, in one piece, levels untouched.

    Args:
        transfer: engine, settings, seed, and what the ancestor did around them.
        content: the content.
        styles: the styles.
        watch: progress and cancellation.
    """
    assert transfer.raw is not None  # noqa: S101 - callers ask only where there is one
    running.check_device(transfer.device)
    rate, seconds = transfer.raw.sample_rate_hz, transfer.raw.duration_s
    seconds = min([seconds, content.duration_s, *(s.audio.duration_s for s in styles)])

    def cut(audio: Audio) -> Audio:
        samples = audio.samples[:, : round(seconds * audio.sample_rate)]
        return Audio(samples.mean(0, keepdims=True), audio.sample_rate)

    return running.run_job(
        bare_engine(transfer.engine, transfer.settings, network=transfer.feature_network),
        cut(content),
        [cut(style.audio) for style in styles],
        [style.report.weight or 1.0 for style in styles],
        sample_rate=rate,
        n_samples=round(seconds * rate),
        seed=transfer.seed,
        device=transfer.device,
        watch=watch,
    )
