"""Build hook: a wheel or an editable install always carries compiled translations."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))

from compile_messages import compile_all


class CompileMessages(BuildHookInterface[Any]):
    """Compile the translations before the files are collected."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run by hatchling for each target; `version` is "standard" or "editable"."""
        compile_all(Path(self.root))
