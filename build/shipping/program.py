"""dist/Robot: PyInstaller, on Windows itself or on the Windows of the Wine toolchain."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from typing import TYPE_CHECKING, Final

from shipping import notices
from shipping.errors import PackagingError
from shipping.parts import parts
from shipping.places import DIST, LOCK, ROOT, SCRATCH, SPEC, Release

if TYPE_CHECKING:
    from pathlib import Path

    from shipping.parts import Part

TIMEOUT_SECONDS: Final = 1500
PROGRAM: Final = DIST / "Robot"


def build(release: Release) -> list[Part]:
    """Build the program's folder anew, with its licences; what it is made of.

    Raises:
        PackagingError: PyInstaller failed (carries the end of what it said), or a part has no licence.
    """
    SCRATCH.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(SCRATCH / "work", ignore_errors=True)  # a cached analysis would carry the last build's order over
    shutil.rmtree(PROGRAM, ignore_errors=True)
    arguments = ["-m", "PyInstaller", "--noconfirm", "--log-level", "INFO"]
    # What makes two builds of one commit alike: the order of sets, and the time stamps.
    fixed = {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": str(release.epoch)}
    run = _on_windows if sys.platform == "win32" else _under_wine
    code, said = run(arguments, fixed)
    log = SCRATCH / "pyinstaller.log"
    log.write_text(said, encoding="utf-8")
    if code:
        raise PackagingError(f"PyInstaller ended with {code} (all of it: {log}):\n{said[-3000:]}")
    found = parts(PROGRAM)
    notices.write(PROGRAM, found)
    _stamp(PROGRAM, release.epoch)
    return found


def _on_windows(arguments: list[str], fixed: dict[str, str]) -> tuple[int, str]:
    folder = SCRATCH / "venv"
    python = folder / "Scripts" / "python.exe"
    installed = folder / "installed.txt"
    if not installed.exists() or installed.read_bytes() != LOCK.read_bytes():
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--require-hashes"]
        subprocess.run([*pip, "-r", str(LOCK)], check=True)
        shutil.copyfile(LOCK, installed)
    places = ["--workpath", str(SCRATCH / "work"), "--distpath", str(DIST), str(SPEC)]
    done = subprocess.run(
        [str(python), *arguments, *places],
        cwd=ROOT,
        env={**os.environ, **fixed},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return done.returncode, done.stdout


def _under_wine(arguments: list[str], fixed: dict[str, str]) -> tuple[int, str]:
    from wine import toolchain

    tools = toolchain.ensure()
    prefix = tools.prefix
    places = [("--workpath", SCRATCH / "work"), ("--distpath", DIST), ("", SPEC)]
    windows = [part for option, path in places for part in (option, prefix.windows_path(path)) if part]
    command = [str(tools.python), *arguments, *windows]
    done = prefix.try_run(command, timeout=TIMEOUT_SECONDS, **fixed)
    return done.returncode, done.stdout


def _stamp(folder: Path, epoch: int) -> None:
    """Give every file the release's time: archives of it are then alike."""
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (epoch, epoch))
