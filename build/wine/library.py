"""CPython's pure-Python library, from packages of Debian 13 that the machine's own mirror has.

Nothing is installed, and the machine's lists of packages stay as they are. `python build/wine/library.py` writes the
lock anew, with the versions that the mirror has now.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
if __package__ in {None, ""}:  # run as a command
    sys.path.insert(0, str(HERE.parent))

from wine.errors import ToolchainError  # noqa: E402 - the path has to be set first

LOCK: Final = HERE / "library.txt"
LIBRARY: Final = ("libpython3.13-minimal", "libpython3.13-stdlib")
TESTS: Final = ("libpython3.13-testsuite",)
RELEASE: Final = "trixie"
KEYS: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SECONDS: Final = 120
# A mirror of Debian itself, not of its security updates, which are another archive; the codename is the machine's own.
_QUESTION: Final = ("indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages", "Component: main")
_SUITE: Final = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class Package:
    """One line of the lock."""

    name: str
    version: str
    sha256: str


def unpack(names: tuple[str, ...], folder: Path) -> Path:
    """Fetch packages as the lock names them and unpack them below `folder`; the folder of the library there.

    Raises:
        ToolchainError: the mirror can't be reached or has other versions, or what came isn't what the lock says.
    """
    wanted = {package.name: package for package in locked() if package.name in names}
    with tempfile.TemporaryDirectory() as work:
        apt = Apt(Path(work))
        there = apt.versions(*names)
        if gone := [package for package in wanted.values() if package.version not in there[package.name]]:
            names_of_gone = ", ".join(f"{each.name} {each.version}" for each in gone)
            raise ToolchainError(
                f"{apt.mirror} no longer has {names_of_gone}, but {there}.\n"
                "Write the lock anew (python build/wine/library.py) and prove the library: python build/dev.py fits"
            )
        files = apt.download({package.name: package.version for package in wanted.values()})
        for name, file in files.items():
            if (found := _sha256(file)) != wanted[name].sha256:
                raise ToolchainError(
                    f"{file.name} from {apt.mirror} has the SHA-256 {found}, not the one in {LOCK.name}."
                )
            apt.unpack(file, folder)
    return folder / "usr" / "lib" / "python3.13"


def locked() -> list[Package]:
    """What the lock names."""
    lines = [line.split() for line in LOCK.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [Package(*words) for words in lines]


class Apt:
    """apt with lists and sources of its own, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.mirror = _mirror()
        sources = folder / "sources.list"
        sources.write_text(f"deb [signed-by={KEYS}] {self.mirror} {RELEASE} main\n", encoding="utf-8")
        (folder / "lists" / "partial").mkdir(parents=True)
        self._options = [
            *("-qq", "-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=-"),
            *("-o", f"Dir::State::lists={folder / 'lists'}", "-o", f"Dir::Cache={folder}"),
            *("-o", "APT::Sandbox::User="),  # root's own files: there is nobody to step down to
        ]
        _run("apt-get", *self._options, "-o", "APT::Update::Error-Mode=any", "update")

    def versions(self, *names: str) -> dict[str, list[str]]:
        """What the mirror has, newest first."""
        found: dict[str, list[str]] = {name: [] for name in names}
        for line in _run("apt-cache", *self._options, "madison", *names).splitlines():
            name, version, _source = (part.strip() for part in line.split("|"))
            found[name].append(version)
        return found

    def download(self, versions: dict[str, str]) -> dict[str, Path]:
        """The files of packages in these versions, by their names."""
        _run("apt-get", *self._options, "download", *map("=".join, versions.items()), folder=self._folder)
        return {name: next(self._folder.glob(f"{name}_*.deb")) for name in versions}

    @staticmethod
    def unpack(file: Path, folder: Path) -> None:
        """Lay the files of a package out below `folder`."""
        _run("dpkg", "-x", str(file), str(folder))


def _mirror() -> str:
    """The machine's own mirror of Debian."""
    said = _run("apt-get", *_QUESTION)
    for line in said.splitlines():
        uri, _space, release = line.partition(" ")
        if _SUITE.fullmatch(release) and "debian" in uri:
            return uri
    raise ToolchainError(
        "This machine's sources (/etc/apt) name no mirror of Debian, where CPython's library comes from; "
        f"apt-get indextargets said:\n{said}"
    )


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _run(*command: str, folder: Path | None = None) -> str:
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ToolchainError(f"`{command[0]}` was not done after {SECONDS} s.") from error
    if done.returncode:
        raise ToolchainError(f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def main() -> int:
    """Write the lock anew."""
    comment = [line for line in LOCK.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    try:
        with tempfile.TemporaryDirectory() as work:
            apt = Apt(Path(work))
            newest = {name: versions[0] for name, versions in apt.versions(*LIBRARY, *TESTS).items()}
            files = apt.download(newest)
            found = [f"{name:<23}  {newest[name]}  {_sha256(file)}" for name, file in files.items()]
    except ToolchainError as error:
        print(f"library: {error}", file=sys.stderr)
        return 1
    LOCK.write_text("\n".join([*comment, *found]) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
