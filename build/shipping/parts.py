"""What the program's folder is made of, read from its files.

Wheels say it by their metadata, which is shipped; Python's native libraries by what stands in their files.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import TYPE_CHECKING, Final

from shipping.errors import PackagingError

if TYPE_CHECKING:
    from collections.abc import Iterator

LICENCES: Final = Path(__file__).with_name("licences")
CPYTHON_LICENCE: Final = Path("CPython", "LICENSE.txt")  # collected by robot.spec
_TEXT: Final = re.compile(r"licen[cs]e|copying|notice|authors", re.IGNORECASE)
_RESOURCE: Final = "FileVersion"


@dataclass(frozen=True)
class Part:
    """One part of the program.

    Attributes:
        version: "" if its files don't say.
        licence: an SPDX expression, or the words of the part's own metadata.
        texts: its licence and notices.
        spdx: whether `licence` is such an expression.
        package: its name on PyPI, if it comes from there.
        sha256: of its file, if it is one.
    """

    name: str
    version: str
    licence: str
    texts: tuple[str, ...]
    spdx: bool = True
    package: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class _Native:
    """A library in one piece with CPython, or beside it.

    Attributes:
        files: where it is; each may be missing, but not all of them.
        version: what finds it in the first file, b"" if nothing does, None: its version resource.
        text: the file of its licence.
    """

    name: str
    files: tuple[str, ...]
    version: bytes | None
    licence: str
    text: Path


_NATIVE: Final = (
    _Native("OpenSSL", ("libcrypto-3.dll", "libssl-3.dll"), None, "Apache-2.0", LICENCES / "openssl.txt"),
    _Native("SQLite", ("sqlite3.dll",), None, "blessing", LICENCES / "sqlite.txt"),
    _Native("expat", ("pyexpat.pyd",), rb"expat_(\d+\.\d+\.\d+)", "MIT", LICENCES / "expat.txt"),
    _Native("zlib", ("python313.dll",), rb"\0(1\.[23]\.\d+(?:\.\d+)?)\0", "Zlib", LICENCES / "zlib.txt"),
    _Native("libffi", ("libffi-8.dll",), b"", "MIT", LICENCES / "libffi.txt"),
    _Native("bzip2", ("_bz2.pyd",), rb"(1\.0\.\d+), \d\d-", "bzip2-1.0.6", LICENCES / "bzip2.txt"),
    _Native("XZ Utils (liblzma)", ("_lzma.pyd",), b"", "LicenseRef-public-domain", LICENCES / "xz.txt"),
    _Native("mpdecimal", ("_decimal.pyd",), rb"\0([24]\.\d+\.\d+)\0", "BSD-2-Clause", LICENCES / "mpdecimal.txt"),
    _Native(
        "Visual C++ runtime",
        ("VCRUNTIME140.dll", "VCRUNTIME140_1.dll", "MSVCP140.dll"),
        None,
        "LicenseRef-Microsoft-Visual-Studio",
        LICENCES / "vc-runtime.txt",
    ),
)


def parts(folder: Path) -> list[Part]:
    """Every part of the program in `folder` (the one with robot.exe), CPython first.

    Raises:
        PackagingError: a part has no licence, or a library is there that nobody knows.
    """
    inside = folder / "_internal"
    found = [*_python(inside), *_wheels(inside)]
    for part in found:
        if not part.licence or not "".join(part.texts).strip():
            raise PackagingError(f"{part.name} {part.version} ships without a licence.")
    return found


def _python(inside: Path) -> Iterator[Part]:
    dll = next(inside.glob("python3[0-9]*.dll"))
    version = _resource(dll)
    yield Part("CPython", version, "PSF-2.0", (_text(inside / CPYTHON_LICENCE),), sha256=_sha256(dll))
    known = {dll.name.lower(), "python3.dll"}
    for native in _NATIVE:
        there = [inside / name for name in native.files if (inside / name).exists()]
        if not there:
            raise PackagingError(f"{native.name} is nowhere in {inside}; build/shipping/parts.py expects it.")
        known.update(file.name.lower() for file in there)
        texts, digest = (_text(native.text),), _sha256(there[0])
        yield Part(native.name, _version(native, there[0]), native.licence, texts, sha256=digest)
    for file in sorted(inside.iterdir()):
        own = file.suffix.lower() == ".pyd" and _resource(file) == version  # an extension module of CPython's own
        if file.suffix.lower() in {".dll", ".pyd"} and file.name.lower() not in known and not own:
            raise PackagingError(f"Nobody knows what {file} belongs to; say it in build/shipping/parts.py.")


def _wheels(inside: Path) -> Iterator[Part]:
    for metadata in sorted(inside.glob("*.dist-info/METADATA")):
        said = HeaderParser().parsestr(_text(metadata))
        texts = [file for file in sorted(metadata.parent.rglob("*")) if file.is_file() and _TEXT.match(file.name)]
        yield Part(
            said["Name"],
            said["Version"],
            (spdx := said["License-Expression"])
            or _short(said["License"])
            or _classified(said.get_all("Classifier", [])),
            tuple(_text(file) for file in texts),
            bool(spdx),
            said["Name"].lower().replace("_", "-"),
        )


def _short(licence: str | None) -> str:
    """The old field of the metadata, unless somebody has put the whole text there."""
    return licence if licence and "\n" not in licence else ""


def _classified(classifiers: list[str]) -> str:
    licences = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License ::")]
    return ", ".join(licences)


def _version(native: _Native, file: Path) -> str:
    if native.version is None:
        return _resource(file)
    match = re.search(native.version, file.read_bytes()) if native.version else None
    return match[1].decode("ascii") if match else ""


def _resource(file: Path) -> str:
    """The version in the resource that the Properties dialog shows.

    https://learn.microsoft.com/windows/win32/menurc/string-str
    """
    data = file.read_bytes()
    key = _RESOURCE.encode("utf-16-le") + b"\0\0"
    begin = data.find(key)
    if begin < 0:
        return ""
    text = data[begin + len(key) : begin + len(key) + 80].decode("utf-16-le", "replace").lstrip("\0")
    numbers = text.partition("\0")[0].strip().split(".")
    return ".".join(numbers[:-1] if len(numbers) == 4 and numbers[3] == "0" else numbers)  # noqa: PLR2004 - a quad


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8-sig", errors="replace")
