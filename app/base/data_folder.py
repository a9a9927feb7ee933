"""The data folder (journal, logs, runs), made for its user alone by whoever needs it first: the robot or `check`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from app.base.paths import DataPaths
from app.base.private_files import make_private, make_private_folder

# SQLite and the journal put files beside the journal, with its name and a suffix; a damaged one is set aside.
_JOURNALS: Final = ("journal.sqlite3", "journal.new.sqlite3", "journal.damaged-")
_BEING_WRITTEN: Final = r"(.+)[0-9a-f]{8}\.tmp"  # `replacing`
_OF_A_RUN: Final = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(\.\d+)?"  # its job's GUID
_BELOW: Final = {  # texts, which `re` compiles when they are needed
    "evidence": _OF_A_RUN,
    "runs": _OF_A_RUN,
    "environments": r"[0-9a-f]{18}|_[0-9a-f]{17}|[0-9a-f]{12}\.lock",
    "logs": r"robot\.log(\.\d{4}-\d\d-\d\d)?|start\.log(\.old)?|jobs",
    "jobs": r"\d{4}-\d\d-\d\d",
}
COMMON_NAMES: Final = frozenset(_BELOW)
"""Of folders in a data folder that others may have called so as well."""


def make_data_folder(folder: Path) -> DataPaths:
    """Make `folder` if it isn't there; narrow one that an earlier robot made for everybody to read.

    A folder that holds anything else, or belongs to another user, keeps its rights: a person chose them.

    Raises:
        OSError: it can't be made.
    """
    made = make_private_folder(folder)
    if sys.platform != "win32" and not made and _is_ours(folder):
        make_private(folder)
    return DataPaths(folder)


def is_ours(name: str) -> bool:
    """Whether an entry of a data folder is the robot's, by its name."""
    known = _known_names()
    written = re.fullmatch(_BEING_WRITTEN, name)
    return name in known or name.startswith(_JOURNALS) or (written is not None and written[1] in known)


def is_ours_below(folder: str, name: str) -> bool:
    """Whether an entry of a folder in a data folder is the robot's: `data_dir` may be any folder, with any in it.

    Args:
        folder: what that folder is called, one of `COMMON_NAMES`.
        name: the entry's.
    """
    return re.fullmatch(_BELOW[folder], name) is not None


def _known_names() -> tuple[str, ...]:
    paths = DataPaths(Path())
    return tuple(
        getattr(paths, name).parts[0] for name, member in vars(DataPaths).items() if isinstance(member, property)
    )


if sys.platform != "win32":
    import os

    def _is_ours(folder: Path) -> bool:
        # Windows needs no such look: what a robot made there has its parent's rights, which are the profile's.
        # An empty folder counts, too.
        return folder.stat().st_uid == os.geteuid() and all(is_ours(entry.name) for entry in folder.iterdir())
