"""What others have published, as far as it can be held against our own test sets.

Their MIDI and stems are not to be had, so that values do not compare; how far a method gets from
"content copied" does.
"""

from dataclasses import dataclass

SOURCE = (
    "O. Cífka, A. Ozerov, U. Şimşekli, G. Richard 2021, "
    '"Self-supervised VQ-VAE for one-shot music style transfer", ICASSP, '
    "https://arxiv.org/abs/2102.05749"
)


@dataclass(frozen=True)
class Published:
    """A row of the published table; lower is better everywhere.

    Args:
        name: name of the method.
        lsd: log-spectral distance to the target; None on real pairs.
        timbre: timbre distance to the target, on real pairs to the style: a trained network's
            distance.
        pitch: pitch distance from the target, on real pairs from the content: 1 − Jaccard.
    """

    name: str
    lsd: float | None
    timbre: float
    pitch: float


TABLES: dict[str, tuple[Published, ...]] = {
    "synthetic": (
        Published("content copied", 14.62, 0.3713, 0.5365),
        Published("style copied", 20.36, 0.2681, 0.8729),
        Published("Ulyanov & Lebedev, tuned", 14.50, 0.3483, 0.5441),
        Published("musaicing (Driedger)", 14.51, 0.2933, 0.6445),
        Published("SS VQ-VAE", 12.16, 0.2063, 0.5500),
    ),
    "real": (
        Published("content copied", None, 0.4957, 0.0),
        Published("style copied", None, 0.0, 0.9099),
        Published("Ulyanov & Lebedev, tuned", None, 0.4792, 0.1315),
        Published("musaicing (Driedger)", None, 0.2319, 0.6297),
        Published("SS VQ-VAE", None, 0.2278, 0.6197),
    ),
}
"""Published tables by test set; each begins with the content copied."""
