"""The installer, by NSIS: Debian's makensis, or that of NSIS for Windows."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from shipping import pictures
from shipping.errors import PackagingError
from shipping.places import ROOT, SCRATCH, Release

SCRIPT: Final = ROOT / "build" / "installer" / "robot.nsi"
USUAL_PLACE_ON_WINDOWS: Final = Path(r"C:\Program Files (x86)\NSIS\makensis.exe")


def make(program: Path, release: Release) -> Path:
    """Make the installer of the program's folder.

    Raises:
        PackagingError: makensis is missing or refused the script.
    """
    makensis = shutil.which("makensis") or str(USUAL_PLACE_ON_WINDOWS)
    if not Path(makensis).exists():
        raise PackagingError(
            "NSIS is missing. Install it: sudo apt-get install nsis (Debian), choco install nsis (Windows)."
        )
    definitions = {
        "VERSION": release.version,
        "PROGRAM": str(program),
        "OUTPUT": str(release.installer),
        "ICON": str(ROOT / "assets" / "robot.ico"),
        "PICTURES": str(pictures.draw(SCRATCH / "pictures")),
        "LICENSE": str(ROOT / "LICENSE"),
        "SIZE_KB": str(sum(file.stat().st_size for file in program.rglob("*") if file.is_file()) // 1024),
    }
    command = [makensis, "-V2", "-WX", "-INPUTCHARSET", "UTF8"]
    command += [f"-D{name}={value}" for name, value in definitions.items()]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(release.epoch)}
    done = subprocess.run([*command, str(SCRIPT)], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackagingError(f"makensis ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return release.installer
