"""Two builds of one commit, compared file by file."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below `folder`, by its relative path."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def differences(first: dict[str, str], second: dict[str, str]) -> list[str]:
    """The paths that are not the same in both, each with how."""
    return [
        f"{path}: {'differs' if path in first and path in second else 'only in one'}"
        for path in sorted(first.keys() | second.keys())
        if first.get(path) != second.get(path)
    ]
