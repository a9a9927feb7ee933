"""The locks agree: what the Windows program is built from is what the project was tested with."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.markers import Marker

BUILD = Path(__file__).parents[1] / "build"
WINDOWS = {
    "sys_platform": "win32",
    "platform_system": "Windows",
    "os_name": "nt",
    "python_version": "3.13",
    "python_full_version": "3.13.11",
}
ONLY_ON_A_FRESH_CLONE = {"babel"}  # compiles the catalogs; the program carries them compiled


def _locked(file: Path) -> dict[str, str]:
    """The versions that a lock names for Python 3.13 on Windows."""
    lines = re.findall(r"^([\w.-]+)==([\w.]+)(?: ; (.+?))? \\$", file.read_text("utf-8"), re.MULTILINE)
    return {name: version for name, version, marker in lines if not marker or Marker(marker).evaluate(WINDOWS)}


def test_the_windows_program_holds_every_requirement_in_its_locked_version() -> None:
    """What `build/requirements.txt` asks for on Windows stands in the Windows lock too, in the same version."""
    project, program = _locked(BUILD / "requirements.txt"), _locked(BUILD / "wine" / "requirements.txt")
    wanted = {name: version for name, version in project.items() if name not in ONLY_ON_A_FRESH_CLONE}
    assert wanted
    assert {name: program.get(name) for name in wanted} == wanted
