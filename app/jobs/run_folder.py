"""The private folder of one run: the vendor's settings file, the task, and how the script answered a stop.

It is there while the script runs, readable by this user only, and gone afterwards.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from typing import TYPE_CHECKING, Any, Final

from app.base.paths import safe_file_name
from app.base.private_files import make_private

if TYPE_CHECKING:
    from pathlib import Path

    from app.orchestrator.vocabulary import JobOrder

_log = logging.getLogger(__name__)
_NO_LOG_OFF: Final = "0"  # the third line of the vendor's settings: whether to log off is the robot's business


class RunFolder:
    """The folder `runs_dir/<job GUID>`, made empty.

    Raises:
        OSError: it can't be made.
    """

    def __init__(self, runs_dir: Path, job_guid: str) -> None:
        runs_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = runs_dir / safe_file_name(job_guid)
        try:
            self.path.mkdir(mode=0o700)
        except FileExistsError:
            _remove(self.path)
            self.path.mkdir(mode=0o700)
        make_private(self.path)

    @property
    def ending_file(self) -> Path:
        """Where the host says whether the stop ended the script."""
        return self.path / "ending"

    def stopped_itself(self) -> bool:
        """Did the host say that the script ended because of the stop?"""
        try:
            return self.ending_file.read_text("ascii") == "stopped"
        except (OSError, UnicodeDecodeError):
            return False

    def write_settings(self, guid: str, host: str) -> Path:
        """The vendor framework's `settings.txt`: GUID, host, log-off digit."""
        return self._write("settings.txt", f"{guid}\n{host}\n{_NO_LOG_OFF}\n")

    def write_task(self, task: dict[str, Any]) -> Path:
        """The task as JSON."""
        return self._write("task.json", json.dumps(task, ensure_ascii=False))

    def remove(self) -> None:
        """Remove the folder with everything in it."""
        _remove(self.path)

    def _write(self, name: str, text: str) -> Path:
        path = self.path / name
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogatepass", newline="\n") as file:
            file.write(text)
        return path


def vendor_argument(order: JobOrder, settings: Path) -> str:
    """The one argument of the vendor's framework: `<process version GUID>|<job GUID>|<undocumented>|<settings.txt>`.

    Nobody has documented the third field; it is left empty.
    """
    return f"{order.process_version_guid}|{order.guid}||{settings}"


def sweep(runs_dir: Path) -> None:
    """Remove what interrupted runs have left."""
    if runs_dir.is_dir():
        for leftover in runs_dir.iterdir():
            _remove(leftover)


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("The private folder of a run can't be removed: %s", error)
