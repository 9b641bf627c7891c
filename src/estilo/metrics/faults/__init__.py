"""What went wrong in an output: by kind, with time, frequencies and a severity.

| kind | what it is |
|---|---|
| ``noise in pauses`` | noise where the content is silent |
| ``noise between partials`` | noise beside the tones, as neither content nor style has it |
| ``flicker`` | partials that flicker as those of noise do: musical noise |
| ``clicks`` | isolated jumps of the waveform |
| ``clipping`` | flat tops, and samples beyond full scale |
| ``broken samples`` | NaN, infinity |
| ``silence`` | nothing is left of the sound |
| ``onsets`` | attacks that are smeared or lost |
| ``doubled`` | two sounds at once, as in a crossfade; pre-echoes and attacks that come twice |
| ``level jumps`` | steps of the level |
| ``mono collapse`` | what is heard in stereo and cancels in mono |
| ``edges`` | clicks and bursts in the first and last 50 ms |

Nothing counts that content or target has itself at the same place, and nothing of noise, flicker,
clicks and clipping that the style has anywhere. Severities go from 0 to 1; `AUDIBLE` is the least
that is named.
"""

from collections.abc import Mapping

from estilo.analysis.sound import Sound
from estilo.metrics.fault import Fault
from estilo.metrics.faults.base import AUDIBLE, Compared, Detector, strongest
from estilo.metrics.faults.clicks import clicks
from estilo.metrics.faults.clipping import broken_samples, clipping
from estilo.metrics.faults.doubled import doubled_waveforms
from estilo.metrics.faults.edges import edges
from estilo.metrics.faults.flicker import flicker
from estilo.metrics.faults.jumps import level_jumps
from estilo.metrics.faults.mono import mono_collapse
from estilo.metrics.faults.noise import noise_between_partials, noise_in_pauses
from estilo.metrics.faults.onsets import doubled_attacks, onset_faults
from estilo.metrics.faults.silence import silence

KINDS: Mapping[str, tuple[Detector, ...]] = {
    "noise in pauses": (noise_in_pauses,),
    "noise between partials": (noise_between_partials,),
    "flicker": (flicker,),
    "clicks": (clicks,),
    "clipping": (clipping,),
    "broken samples": (broken_samples,),
    "silence": (silence,),
    "onsets": (onset_faults,),
    "doubled": (doubled_waveforms, doubled_attacks),
    "level jumps": (level_jumps,),
    "mono collapse": (mono_collapse,),
    "edges": (edges,),
}
"""Every kind of fault, and what finds it."""

MOST_OF_A_KIND = 8
"""Number of faults of one kind that are named; the severest."""


def faults(
    output: Sound,
    content: Sound | None = None,
    style: Sound | None = None,
    target: Sound | None = None,
) -> list[Fault]:
    """Find what went wrong in an output.

    Args:
        output: sound of any length, rate and channels.
        content: sound that was to be kept; without it only faults of the output alone are found.
        style: sound that was to be taken from.
        target: sound that a perfect transfer would give.

    Returns:
        Faults from `AUDIBLE` on in the order of time, the severest few of every kind.

    Example:
        >>> import numpy as np
        >>> tone = 0.5 * np.sin(0.05 * np.arange(44100))
        >>> torn = tone + 0.3 * (np.arange(44100) == 22050)
        >>> clean = Sound(tone, 44100)
        >>> faults(clean, clean), [(each.kind, each.start_s) for each in faults(Sound(torn, 44100))]
        ([], [('clicks', 0.5)])
    """
    compared = Compared(output, content, style, target)
    found: list[Fault] = []
    for detectors in KINDS.values():
        of_kind = [fault for find in detectors for fault in find(compared)]
        audible = [fault for fault in of_kind if fault.severity >= AUDIBLE]
        found += strongest(audible, most=MOST_OF_A_KIND)
    return sorted(found, key=lambda each: each.start_s)


__all__ = ["AUDIBLE", "KINDS", "Compared", "Fault", "faults"]
