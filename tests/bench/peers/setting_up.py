"""The peers' programs: an environment each in the build's cache folder, from a lock with hashes; Redis from Debian.

A lock is made anew by `uv pip compile --universal --python-version 3.11 --generate-hashes --no-header
--no-emit-index-url - -o tests/bench/peers/locks/NAME.txt` with the package's name on its standard input.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
CACHE: Final = ROOT / ".cache" / "peers"
LOCKS: Final = Path(__file__).with_name("locks")


class NotHereError(Exception):
    """A peer can't be had on this machine; the text says why, for the table."""


def environment_of(name: str) -> Path:
    """The Python of a peer's environment, made if it isn't there or its lock has changed.

    Raises:
        NotHereError: its packages can't be had.
    """
    lock = LOCKS / f"{name}.txt"
    wanted = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    folder = CACHE / name
    python, stamp = folder / "bin" / "python", folder / "installed"
    if python.exists() and stamp.exists() and stamp.read_text("utf-8") == wanted:
        return python
    print(f"Installing {name} …", file=sys.stderr, flush=True)
    venv.create(folder, with_pip=True, clear=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "--no-input", "install"]
    done = subprocess.run(
        [*pip, "--require-hashes", "-r", str(lock)], check=False, capture_output=True, text=True, encoding="utf-8"
    )
    if done.returncode:
        raise NotHereError(f"pip: {done.stderr.strip().splitlines()[-1]}")
    stamp.write_text(wanted, "utf-8")
    return python


def need_redis() -> None:
    """Debian's redis-server, installed where that is allowed, and not started as a service.

    Raises:
        NotHereError: it can't be had.
    """
    if shutil.which("redis-server"):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NotHereError("redis-server is not installed, and only root may install it")
    print("Installing redis-server …", file=sys.stderr, flush=True)
    # In run level 1 nothing is started (invoke-rc.d), so that no second server is left on the usual port.
    install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "redis-server"]
    quiet = os.environ | {"RUNLEVEL": "1", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(install, check=False, env=quiet, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise NotHereError(f"apt-get: {done.stderr.strip().splitlines()[-1]}")
