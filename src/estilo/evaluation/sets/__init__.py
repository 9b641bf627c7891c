"""Test sets: content and style, with the target where there is one."""

from estilo.evaluation.sets.base import Item, TestSet
from estilo.registry import Registry

TEST_SETS = Registry(
    "test set",
    group="estilo.test_sets",
    kind="estilo.evaluation.sets.base:TestSet",
    parts={
        "synthetic": "estilo.evaluation.sets.synthetic:SyntheticTriplets",
        "recorded": "estilo.evaluation.sets.recorded:Recorded",
        "recorded-dev": "estilo.evaluation.sets.recorded:RecordedDev",
        "processing": "estilo.evaluation.sets.processing:Processing",
        "real": "estilo.evaluation.sets.real:RealPairs",
        "textures": "estilo.evaluation.sets.textures:Textures",
    },
)

__all__ = ["TEST_SETS", "Item", "TestSet"]
