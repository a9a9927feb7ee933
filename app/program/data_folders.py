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
        return len(journal.outbox())
    except JournalError:
        return 0
    finally:
        journal.close()


def left_behind(robot_guid: str, data_dir: Path) -> dict[Path, int]:
    """The folders that this robot has used before `data_dir`, with the reports that wait in each; none without any.

    From now on `data_dir` is remembered as well. A memory that can't be read or written is none.
    """
    file = user_state_dir() / "folders" / f"{guid_hash(robot_guid)}.txt"
    known: list[Path] = []
    with contextlib.suppress(OSError, ValueError):
        known = [Path(line) for line in file.read_text("utf-8").splitlines() if line]
    here = data_dir.absolute()
    waiting = {folder: count for folder in known if folder != here and (count := reports_in(folder))}
    text = "".join(f"{folder}\n" for folder in [*waiting, here])
    with contextlib.suppress(OSError, ValueError):
        if text.splitlines() != [str(folder) for folder in known]:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file.touch(mode=0o600)
            make_private(file)
            file.write_text(text, "utf-8")
    return waiting
