"""Puts the built front end into the wheel.

A checkout builds it with npm; an sdist already holds it, so `pip install` of either never needs Node twice.
An editable install is left alone: `make setup` builds the front end beside it.
"""

import subprocess
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontEndBuildHook(BuildHookInterface):
    """Runs `npm ci` and `npm run build` when the built files are not there yet."""

    def initialize(self, version, build_data):
        if version == "editable":
            return
        built = Path(self.root, "src/myotome/website/static/built")
        if (built / "site.css").exists():
            return
        frontend = Path(self.root, "frontend")
        for command in (["npm", "ci"], ["npm", "run", "build"]):
            subprocess.run(command, cwd=frontend, check=True)  # noqa: S603  two fixed commands
