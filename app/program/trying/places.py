"""Which script is meant by what stands on the command line: a name as jobs have it, or a file's own path."""

from __future__ import annotations

import os
from pathlib import Path

_MAIN = ("main.py", "__main__.py")


def find_place(scripts: Path, name: str) -> tuple[Path, str]:
    """The scripts folder and the name in it.

    A path that leads to a script counts first; in the scripts folder it is the name that a job would have, elsewhere
    its folder is the scripts folder (that of a `main.py`: the one above).
    """
    looks_like_path = name.lower().endswith(".py") or "/" in name or os.sep in name
    path = Path(os.path.abspath(name))  # noqa: PTH100 - resolve() would turn a mapped drive into a network path
    if not looks_like_path or not (path.is_file() or _main_in(path)):
        return scripts, name
    file = path if path.is_file() else _main_in(path) or path
    root = Path(os.path.abspath(scripts))  # noqa: PTH100
    if not file.is_relative_to(root) or file.parent == file.parent.parent:
        root = file.parent.parent if file.name in _MAIN else file.parent
    named = file.parent if file.name in _MAIN and file.parent != root else file
    return root, named.relative_to(root).as_posix()


def _main_in(folder: Path) -> Path | None:
    return next((folder / name for name in _MAIN if (folder / name).is_file()), None)
