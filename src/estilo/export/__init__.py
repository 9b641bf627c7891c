"""Exports: the neural engine in forms that other programs run, each verified before it is kept."""

from estilo.registry import Registry

EXPORTERS = Registry(
    "exporter",
    group="estilo.exporters",
    kind="estilo.export.base:Exporter",
    parts={"onnx": "estilo.export.onnx:OnnxExporter"},
)

__all__ = ["EXPORTERS"]
