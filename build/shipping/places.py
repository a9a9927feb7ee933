"""Where packaging finds and leaves things, and what it knows of the project."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
SPEC: Final = ROOT / "robot.spec"
LOCK: Final = ROOT / "build" / "wine" / "requirements.txt"
LIBRARY_LOCK: Final = ROOT / "build" / "wine" / "library.txt"
SCRATCH: Final = ROOT / ".cache" / "package"  # ./build is a source folder here
DIST: Final = ROOT / "dist"


@dataclass(frozen=True)
class Release:
    """What is being built: its version, and the second (Unix time) that stands for "now" in it."""

    version: str
    epoch: int

    @property
    def archive(self) -> Path:
        """The zip."""
        return DIST / f"Robot-{self.version}-win64.zip"

    @property
    def installer(self) -> Path:
        """The installer."""
        return DIST / f"Robot-{self.version}-setup.exe"

    @property
    def bill_of_materials(self) -> Path:
        """The SBOM."""
        return DIST / f"Robot-{self.version}.cdx.json"


def this_release() -> Release:
    """The version in app/__init__.py, and the date of the last commit (of nothing in particular without git)."""
    found = re.search(r'__version__ = "([^"]+)"', (ROOT / "app" / "__init__.py").read_text(encoding="utf-8"))
    if found is None:
        raise LookupError("app/__init__.py has no __version__")
    git = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)
    return Release(found[1], int(git.stdout) if git.stdout.strip() else 1_700_000_000)
