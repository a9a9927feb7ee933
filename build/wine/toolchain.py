"""Makes the toolchain that builds and runs the Windows program on Linux: `python build/wine/toolchain.py`.

Needs Debian's packages (`debian.py` says which) and the machine's package registry for Python. Everything is made once,
below `.cache/wine/<key>`, where the key stands for all that goes in; a second call finds it and returns at once.
Prints the folder of the toolchain.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

if sys.platform == "win32":
    raise SystemExit("The toolchain is for Linux: on Windows the program is built without it.")

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent.parent
if __package__ in {None, ""}:  # run as a command
    sys.path.insert(0, str(HERE.parent))

from wine import debian, windows_python  # noqa: E402 - the path has to be set first
from wine.errors import ToolchainError  # noqa: E402
from wine.prefix import Prefix  # noqa: E402

CACHE: Final = ROOT / ".cache" / "wine"
PROOF_SECONDS: Final = 180  # it takes twenty


@dataclass(frozen=True)
class Toolchain:
    """Where the finished toolchain is."""

    folder: Path

    @property
    def python(self) -> Path:
        """python.exe of the Windows CPython."""
        return self.folder / "python" / "python.exe"

    @property
    def prefix(self) -> Prefix:
        """The Wine prefix that builds run in; tests make their own."""
        return Prefix(self.folder / "prefix")


def ensure(say: bool = True) -> Toolchain:
    """The toolchain, made if it isn't there.

    Raises:
        ToolchainError: something is missing or failed; says what to do.
    """
    debian.ensure_packages()
    CACHE.mkdir(parents=True, exist_ok=True)
    toolchain = Toolchain(CACHE / _key())
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two commands at once make it once
        if not (toolchain.folder / "complete").exists():
            if say:
                print("Making the Windows toolchain (a minute, once) …", file=sys.stderr, flush=True)
            _make(toolchain)
    return toolchain


def _make(toolchain: Toolchain) -> None:
    for older in CACHE.iterdir():  # of other inputs, or left by a run that was interrupted
        if older.is_dir():
            shutil.rmtree(older)
    toolchain.folder.mkdir(parents=True)
    windows_python.assemble(toolchain.folder / "python")
    toolchain.prefix.create()
    _prove(toolchain)
    (toolchain.folder / "complete").touch()


def _prove(toolchain: Toolchain) -> None:
    """The parts fit each other; `proof.py` tries."""
    folder = toolchain.folder / "proof"
    folder.mkdir()
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    prefix = toolchain.prefix
    files = [prefix.windows_path(file) for file in (HERE / "proof.py", certificate, key)]
    answer = prefix.run(str(toolchain.python), "-X", "utf8", *files, timeout=PROOF_SECONDS)
    if answer.split()[-1:] != ["fits"]:
        raise ToolchainError(f"The Windows Python doesn't work; it said:\n{answer}")
    shutil.rmtree(folder)


def _key() -> str:
    """Stands for everything that the toolchain is made from."""
    digest = hashlib.sha256()
    for file in sorted(HERE.iterdir()):
        if file.suffix in {".py", ".c", ".txt"}:
            digest.update(file.name.encode() + file.read_bytes())
    digest.update(subprocess.run(["wine", "--version"], capture_output=True, check=True).stdout)
    return digest.hexdigest()[:16]


def main() -> int:
    """The command."""
    try:
        print(ensure().folder)
    except ToolchainError as error:
        print(f"toolchain: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
