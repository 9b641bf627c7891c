"""Feature networks: tensors to named maps; what a loss compares instead of the frames themselves.

| name | maps |
|---|---|
| ``random-1d`` | random filters along time over all bands, one map per width |
| ``random-2d`` | random filters over the plane of bands and frames |
| ``detectors`` | fixed filters for onsets, edges, partials and blobs |
| ``module`` | the chosen layers of any torch module, a trained network for instance |

All but ``module`` are built by ``FEATURES[name](n_bands, generator=generator, ...)``.
"""

from estilo.registry import Registry

FEATURES = Registry(
    "features",
    group="estilo.features",
    kind="estilo.features.base:Features",
    parts={
        "random-1d": "estilo.features.random1d:Random1d",
        "random-2d": "estilo.features.random2d:Random2d",
        "detectors": "estilo.features.detectors:Detectors",
        "module": "estilo.features.module:ModuleFeatures",
    },
)

__all__ = ["FEATURES"]
