"""Which data folders a robot has used, so that reports that wait in an old one are not left behind in silence.

A `data_dir` that changes while the robot runs is kept until nothing waits in the old one. One that changes between two
starts can't be seen in the settings; so the folders are remembered, by a hash of the GUID, beside the user's locks.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from app.base.paths import DataPaths, user_state_dir
from app.base.private_files import make_private
from app.journal.errors import JournalError
from app.journal.journal import Journal
from app.system.single_instance import guid_hash


def reports_in(data_dir: Path) -> int:
    """How many reports, whoever they are for, wait in a data folder."""
    try:
        journal = Journal.open_to_read(DataPaths(data_dir).journal)
    except JournalError:  # there is none, or nobody can read it
        return 0
    try:
        return len(journal.outbox()) + sum(journal.scripts.counts().values())
    except JournalError:
        return 0
    finally:
        journal.close()


def left_behind(robot_guid: str, data_dir: Path) -> dict[Path, int]:
    """The folders other than `data_dir` in which this robot has left reports, with how many still wait there."""
    here = data_dir.absolute()
    found = {folder: reports_in(folder) for folder in _known(_file(robot_guid)) if folder != here}
    return {folder: count for folder, count in found.items() if count}


def remember(robot_guid: str, data_dir: Path) -> None:
    """The robot ends: if reports wait in its folder, the next start knows of it, whatever its settings say.

    A memory that can't be written is none; where nothing waits, nothing is left on the disk.
    """
    file = _file(robot_guid)
    known = _known(file)
    waiting = [folder for folder in dict.fromkeys([*known, data_dir.absolute()]) if reports_in(folder)]
    with contextlib.suppress(OSError, ValueError):
        if waiting and waiting != known:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file.touch(mode=0o600)
            make_private(file)
            file.write_text("".join(f"{folder}\n" for folder in waiting), "utf-8")
        elif known and not waiting:
            file.unlink()
            file.parent.rmdir()


def _file(robot_guid: str) -> Path:
    return user_state_dir() / "folders" / f"{guid_hash(robot_guid)}.txt"


def _known(file: Path) -> list[Path]:
    try:
        return [Path(line) for line in file.read_text("utf-8").splitlines() if line]
    except (OSError, ValueError):
        return []
