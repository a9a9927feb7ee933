"""The Debian packages that the toolchain stands on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import Final

from wine.errors import ToolchainError

if sys.platform == "win32":
    raise SystemExit("The toolchain is for Linux: on Windows the program is built without it.")

# What is looked for, and the package that brings it.
TOOLS: Final = {
    "wine": "wine",
    "wineserver": "wine64",
    "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64",
    "makensis": "nsis",
    "openssl": "openssl",
}


def ensure_packages() -> None:
    """Install what is missing if this is CI and we are root; otherwise say which command installs it.

    Raises:
        ToolchainError: a tool is missing and was not installed.
    """
    missing = _missing()
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.environ.get("CI") != "true" or os.geteuid() != 0 or not shutil.which("apt-get"):
        raise ToolchainError(
            f"These Debian packages are missing: {', '.join(missing)}.\nInstall them: sudo {' '.join(command)}"
        )
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode or _missing():
        raise ToolchainError(f"`{' '.join(command)}` ended with {done.returncode}; try `apt-get update` first.")


def _missing() -> list[str]:
    return [package for tool, package in TOOLS.items() if not shutil.which(tool)]
