"""Loss terms: what an output is asked to share with its content and its styles.

| name | on | agrees when |
|---|---|---|
| ``gram`` | feature maps | filters fire together as much, whenever that is |
| ``feature-content`` | feature maps | every filter fires as much at every position |
| ``arccos-style`` | frames | ``gram`` of a random network with infinitely many filters |
| ``arccos-content`` | frames | ``feature-content`` of the same |
| ``mean-square`` | frames | every band is as loud in every frame |
| ``rhythm`` | frames | bands repeat after the same times |
"""

from estilo.registry import Registry

LOSSES = Registry(
    "loss",
    group="estilo.losses",
    kind="estilo.losses.base:Loss",
    parts={
        "gram": "estilo.losses.gram:GramLoss",
        "feature-content": "estilo.losses.feature_content:FeatureContent",
        "arccos-style": "estilo.losses.arccos:ArccosStyle",
        "arccos-content": "estilo.losses.arccos:ArccosContent",
        "mean-square": "estilo.losses.difference:MeanSquare",
        "rhythm": "estilo.losses.rhythm:Rhythm",
    },
)

__all__ = ["LOSSES"]
