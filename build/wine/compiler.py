"""Debian's compiler for Windows programs."""

from __future__ import annotations

import subprocess
from typing import Final

from wine.errors import ToolchainError

COMPILER: Final = "x86_64-w64-mingw32-gcc"


def compile_windows(arguments: list[str]) -> None:
    """Run the compiler; the result doesn't depend on the time of day.

    Raises:
        ToolchainError: it failed; carries what it said.
    """
    # Without this flag the linker writes the time of day into the program, and no two builds are alike.
    command = [COMPILER, *arguments, "-Wl,--no-insert-timestamp"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolchainError(f"{COMPILER} ended with {done.returncode}:\n{done.stderr}")
