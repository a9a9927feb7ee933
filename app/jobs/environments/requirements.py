"""What a script needs, as it says so itself: a PEP 723 block in it, else a `requirements.txt` beside it.

    # /// script
    # requires-python = ">=3.11"
    # dependencies = ["openpyxl>=3.1"]
    # ///

https://packaging.python.org/specifications/inline-script-metadata/
https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import codecs
import hashlib
import re
import tomllib
from typing import TYPE_CHECKING, Final

from app.base.dataclass import dataclass
from app.base.i18n import _
from app.jobs.errors import CannotStartError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_NAME: Final = "requirements.txt"
_BEGINS: Final = b"# /// script"
_BLOCK: Final = re.compile(r"^# /// script\n((?:#(?:| .*)\n)+)^# ///$", re.MULTILINE)
_NESTED: Final = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s*=\s*|\s+|(?<=-[rc]))(\S.*)")
_COMMENT: Final = re.compile(r"(^|\s+)#.*$")


@dataclass(frozen=True)
class Requirements:
    """What an environment is made from.

    Attributes:
        source: who says it: the script itself, or the `requirements.txt`.
        dependencies: of a block, one a line (PEP 508); None: those of `source`, which the builder reads itself.
        python: `requires-python` of a block; empty if any will do.
        digest: differs whenever anything of it does, also in files that the file names (`-r`, `-c`).
    """

    source: Path
    dependencies: tuple[str, ...] | None
    python: str
    digest: bytes


def requirements_of(script: Path) -> Requirements | None:
    """What the script at this path needs; None if it says nothing, or nothing but comments.

    Raises:
        CannotStartError: a block that can't be understood.
        OSError: a file can't be read.
    """
    data = script.read_bytes()
    if _BEGINS in data:
        text = data.decode("utf-8", "replace").replace("\r\n", "\n")
        if blocks := _BLOCK.findall(text):
            return _of_block(script, blocks)
    file = script.with_name(FILE_NAME)
    try:
        lines = list(_lines(file.read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not lines:
        return None
    digest = hashlib.sha256()
    for line in _with_nested(file, lines, set()):
        digest.update(line.encode("utf-8", "surrogatepass") + b"\n")
    if any(map(_is_a_place, lines)):
        digest.update(bytes(script.parent))
    return Requirements(file, None, "", digest.digest())


def holds_block(script: Path) -> bool:
    """Does the script say itself what it needs, well or badly?"""
    try:
        return _BEGINS in script.read_bytes()
    except OSError:
        return False


def _of_block(script: Path, blocks: list[str]) -> Requirements | None:
    wrong = _("The block \u201c# /// script\u201d of the script can't be understood: {reason}.")
    if len(blocks) > 1:
        raise CannotStartError(wrong.format(reason=_("there are {count} of them").format(count=len(blocks))))
    try:
        table = tomllib.loads("".join(line[2:] + "\n" for line in blocks[0].splitlines()))
    except (ValueError, RecursionError) as error:
        raise CannotStartError(wrong.format(reason=error)) from None
    dependencies, python = table.get("dependencies", []), table.get("requires-python", "")
    if not isinstance(dependencies, list) or not all(isinstance(each, str) for each in dependencies):
        raise CannotStartError(wrong.format(reason=_("dependencies must be a list of texts")))
    if not isinstance(python, str):
        raise CannotStartError(wrong.format(reason=_("requires-python must be a text")))
    if not dependencies:
        return None
    lines = tuple(" ".join(each.split()) for each in dependencies)
    digest = hashlib.sha256("\n".join(("# block", python, *lines)).encode("utf-8", "surrogatepass"))
    return Requirements(script, lines, python, digest.digest())


def _lines(data: bytes) -> Iterator[str]:
    """The lines of a requirements file that say something, without comments; continued ones joined."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # `pip freeze > …` in Windows PowerShell
        text = data.decode("utf-16", "replace")
    else:
        text = data.decode("utf-8-sig", "replace")
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        if said := _COMMENT.sub("", line).strip():
            yield said


def _with_nested(file: Path, lines: list[str], seen: set[Path]) -> Iterator[str]:
    """The lines and those of the files that they name, which count from the folder of the naming file."""
    seen.add(file)
    for line in lines:
        yield line
        match = _NESTED.match(line)
        if not match or "://" in match[1]:
            continue
        nested = file.parent / match[1].strip("\"' ")
        if nested not in seen:
            try:
                yield from _with_nested(nested, list(_lines(nested.read_bytes())), seen)
            except OSError:
                yield "# not there"  # which the builder will say in its own words


def _is_a_place(line: str) -> bool:
    """Does it lead to a folder or a file here, so that the same words mean something else in another folder?"""
    return "://" not in line and (line.startswith((".", "-e", "--editable")) or "/" in line or "\\" in line)
