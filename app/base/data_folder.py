"""The data folder (journal, logs, runs), made for its user alone by whoever needs it first: the robot or `check`."""

from __future__ import annotations

import sys
from pathlib import Path

from app.base.paths import DataPaths
from app.base.private_files import make_private, make_private_folder


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
    # SQLite and the journal put files beside the journal, with its name and a suffix; a damaged one is set aside.
    return name.startswith((*_known_names(), "robot-", "journal.damaged-"))


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
