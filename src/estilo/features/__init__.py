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

_OF_CONVOLUTION = frozenset({"stride", "padding", "activation", "pooling", "pool_size"})
_OF_RANDOM = _OF_CONVOLUTION | {"n_filters", "kernel", "bias", "initialiser"}
_PARTS = {
    "random-1d": ("estilo.features.random1d:Random1d", _OF_RANDOM | {"per_band"}),
    "random-2d": ("estilo.features.random2d:Random2d", _OF_RANDOM),
    "detectors": ("estilo.features.detectors:Detectors", _OF_CONVOLUTION),
    # Of a module that somebody has: no settings can tell it.
    "module": ("estilo.features.module:ModuleFeatures", frozenset()),
}
SETTINGS = {name: settings for name, (_, settings) in _PARTS.items()}
NOT_FROM_SETTINGS = ("module",)
FEATURES = Registry(
    "feature network",
    group="estilo.features",
    kind="estilo.features.base:Features",
    parts={name: path for name, (path, _) in _PARTS.items()},
)


def settings_of(name: str) -> frozenset[str]:
    """The settings of an explicit network that have an effect on one; loads no torch for ours.

    Args:
        name: name of the feature network.

    Raises:
        SettingsError: there is none of this name.
        PluginError: it is another package's and cannot be used.

    Example:
        >>> sorted(settings_of("detectors"))
        ['activation', 'padding', 'pool_size', 'pooling', 'stride']
    """
    FEATURES.check(name)
    return SETTINGS[name] if name in SETTINGS else FEATURES[name].settings


__all__ = ["FEATURES", "NOT_FROM_SETTINGS", "SETTINGS", "settings_of"]
