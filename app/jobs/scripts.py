"""From a script's name to its file, which lies inside the scripts folder whatever links and junctions say."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from app.base.i18n import _
from app.jobs.errors import CannotStartError
from app.jobs.names import script_parts, shown


@dataclass(frozen=True)
class Script:
    """A script that may run.

    Attributes:
        file: the script, absolute, below `root` as the settings spell it, free of links.
        root: the scripts folder, absolute.
    """

    file: Path
    root: Path


def find_script(scripts: Path, name: str) -> Script:
    """`NAME.py`, else `NAME/main.py`, else `NAME/__main__.py` below `scripts`.

    Raises:
        CannotStartError: a name that isn't allowed, no such file, or a file that lies elsewhere.
    """
    parts = script_parts(name)
    root = Path(os.path.abspath(scripts))  # noqa: PTH100 - resolve() would turn a mapped drive into a network path
    stem = root.joinpath(*parts)
    if not root.is_dir():
        raise CannotStartError(
            _("The scripts folder {folder} does not exist. Set \u201cscripts\u201d in the settings.").format(
                folder=root
            )
        )
    for candidate in (stem.with_name(stem.name + ".py"), stem / "main.py", stem / "__main__.py"):
        try:
            found = candidate.is_file()
        except (OSError, ValueError):  # a name that this file system can't hold
            found = False
        if found:
            return Script(_inside(root, candidate, name), root)
    raise CannotStartError(
        _("There is no script \u201c{name}\u201d in {folder} (neither {name}.py nor {name}/main.py).").format(
            name=shown(name), folder=root
        )
    )


def _inside(root: Path, candidate: Path, name: str) -> Path:
    """`candidate` without links on the way, spelled below `root`.

    The real paths decide; what runs is spelled as the settings spell it, because the real path of a mapped drive is a
    network path, where cmd.exe can't work.
    """
    real_root, real = Path(os.path.realpath(root)), Path(os.path.realpath(candidate))
    if not real.is_relative_to(real_root):
        raise CannotStartError(
            _("The script name \u201c{name}\u201d is not allowed: it leads out of the scripts folder.").format(
                name=shown(name)
            )
        )
    return root / real.relative_to(real_root)
