"""The private folder of one run: the vendor's settings file, the task, and how the script answered a stop.

It is there from when its job is reported as in progress until the script has ended, readable by this user only.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.base.data_folder import is_ours_below
from app.base.paths import safe_file_name
from app.base.private_files import make_private

if TYPE_CHECKING:
    from app.orchestrator.vocabulary import JobOrder

_log = logging.getLogger("robot.jobs")
_ENDING_BYTES: Final = 32  # more than the host ever says
# How to open what may be a pipe without a writer, or a link.
_AT_ONCE: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_TRIES: Final = 100  # folders of one job that could not be removed
_MOVED: Final = "moved-"
_SETTINGS: Final = "settings.txt"
_NO_LOG_OFF: Final = "0"  # the third line of the vendor's settings: whether to log off is the robot's business


class RunFolders:
    """The folder of the private folders, one a run. What can't be removed now is removed later."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = runs_dir
        self._left: set[Path] = set()

    def make(self, job_guid: str) -> RunFolder:
        """An empty folder for a run of this job.

        Raises:
            OSError: it can't be made.
        """
        self._runs_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in list(self._left):
            self.remove(path)
        name = safe_file_name(job_guid)
        path = self._runs_dir / name
        for number in range(2, _TRIES):
            if not os.path.lexists(path) or self.remove(path):
                break
            path = self._runs_dir / f"{name}.{number}"
        path.mkdir(mode=0o700)
        make_private(path)
        return RunFolder(path, self)

    def sweep(self) -> None:
        """Remove what interrupted runs have left. What else lies there is somebody's: `data_dir` may be any folder."""
        for path in _entries(self._runs_dir, []):
            if is_ours_below("runs", path.name) or (_is_folder(path) and os.path.lexists(path / _SETTINGS)):
                self.remove(path)

    def remove(self, path: Path) -> bool:
        """Remove `path` with everything in it; False if that can't be done now."""
        try:
            remove_tree(path)
        except OSError as error:
            if path not in self._left:  # said once, tried before each run
                _log.warning("The private folder of a run can't be removed now: %s", error)
            self._left.add(path)
            return False
        self._left.discard(path)
        return True


class RunFolder:
    """The folder of one run; made by `RunFolders`."""

    def __init__(self, path: Path, folders: RunFolders) -> None:
        self.path = path
        self._folders = folders

    @property
    def ending_file(self) -> Path:
        """Where the host says what became of the stop; see `app.jobs.child.control.Host.note`."""
        return self.path / "ending"

    def ending(self) -> str:
        """What the host said of the stop last; empty if nothing. A script may have put anything in the file's place."""
        try:
            descriptor = os.open(self.ending_file, os.O_RDONLY | _AT_ONCE)
        except (OSError, ValueError):
            return ""
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return ""
            return os.read(descriptor, _ENDING_BYTES).decode("ascii", "replace")
        except OSError:
            return ""
        finally:
            os.close(descriptor)

    def write_settings(self, guid: str, host: str) -> Path:
        """The vendor framework's `settings.txt`: GUID, host, log-off digit."""
        return self._write(_SETTINGS, f"{guid}\n{host}\n{_NO_LOG_OFF}\n")

    def write_task(self, task: dict[str, Any]) -> Path:
        """The task as JSON."""
        return self._write("task.json", json.dumps(task, ensure_ascii=False))

    def remove(self) -> None:
        """Remove the folder with everything in it, now or later."""
        self._folders.remove(self.path)

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


def remove_tree(path: Path) -> None:
    """Remove `path` with everything in it, as deep as it may be and whatever rights its owner has taken from himself.

    A folder found in a folder is moved to the top before it is emptied in its turn, so no path grows longer than the
    system allows, and nothing recurs.

    Raises:
        OSError: the first of the reasons why something of it is still there.
    """
    if not _is_folder(path):
        _unlink(path)
        return
    errors: list[OSError] = []
    numbers = itertools.count()
    waiting, emptied = [path], []
    while waiting:
        folder = waiting.pop()
        emptied.append(folder)
        _allow(folder)
        for found in _entries(folder, errors):
            try:
                if not _is_folder(found):
                    _unlink(found)
                elif folder == path:
                    waiting.append(found)
                else:
                    _allow(found)  # what can't be written to can't be moved
                    top = next(top for number in numbers if not os.path.lexists(top := path / f"{_MOVED}{number}"))
                    waiting.append(found.rename(top))
            except OSError as error:
                errors.append(error)
    for folder in reversed(emptied):
        try:
            folder.rmdir()
        except OSError as error:
            errors.append(error)
    if errors:
        raise errors[0]


def _entries(folder: Path, errors: list[OSError]) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries]
    except OSError as error:
        errors.append(error)
        return []


def _is_folder(path: Path) -> bool:
    """A folder itself, not a link or a junction that leads to one."""
    try:
        facts = path.lstat()
    except FileNotFoundError:
        return False
    junction = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", None)
    return stat.S_ISDIR(facts.st_mode) and getattr(facts, "st_reparse_tag", 0) != junction


def _allow(folder: Path) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            folder.chmod(0o700)


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except PermissionError:
        if sys.platform != "win32":
            raise
        path.chmod(stat.S_IWRITE)  # Windows doesn't remove what is read-only
        path.unlink()
