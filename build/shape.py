"""The shape of the code: `python build/shape.py` fails for a file or a class that nobody reads in one sitting."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDERS: Final = ("app", "build", "tests")
KINDS: Final = {".py", ".nsi", ".nsh", ".html", ".css", ".js", ".c"}
LONGEST_FILE: Final = 350  # lines
LONGEST_CLASS: Final = 250


def sources() -> Iterator[Path]:
    """Every file that somebody wrote."""
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix in KINDS and "node_modules" not in file.parts:
                yield file


def too_long(file: Path) -> Iterator[str]:
    """What is too long in one file, and how long it is."""
    text = file.read_text("utf-8")
    lines = len(text.splitlines())
    if lines > LONGEST_FILE:
        yield f"{file.relative_to(ROOT)}: {lines} lines, at most {LONGEST_FILE}"
    if file.suffix != ".py":
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef) and node.end_lineno:
            lines = node.end_lineno - node.lineno + 1
            if lines > LONGEST_CLASS:
                where = f"{file.relative_to(ROOT)}:{node.lineno}"
                yield f"{where}: class {node.name}, {lines} lines, at most {LONGEST_CLASS}"


def main() -> int:
    """Say everything that is too long."""
    found = [problem for file in sources() for problem in too_long(file)]
    print("\n".join([*found, "Take it apart: one file, one duty."]) if found else "No file and no class is too long.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
