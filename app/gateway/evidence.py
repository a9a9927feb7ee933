"""What a run keeps: pictures of the screen, copies of files. It goes with the logs (`keep_logs_days`)."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import stat
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.base.i18n import _
from app.base.os_reasons import describe_os_error
from app.base.paths import safe_file_name
from app.base.plain_files import is_plain_folder, plain_entries
from app.base.private_files import make_private_folder
from app.gateway.errors import FailedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL.Image import Image

_log = logging.getLogger("robot.jobs")
MOST_FILES: Final = 20
MOST_BYTES: Final = 100 * 1024 * 1024
_NAME_LIMIT: Final = 80
_READ_BYTES: Final = 1 << 20
_AT_ONCE: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Evidence:
    """One run's files, in a folder that is made with the first of them. Any thread.

    Args:
        folder: of all runs' evidence.
        job_guid: names this run's.
    """

    def __init__(self, folder: Path, job_guid: str) -> None:
        self._folder = folder / safe_file_name(job_guid)
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """The files that are kept, oldest first."""
        if not is_plain_folder(self._folder):
            return []
        files = [
            (facts.st_mtime_ns, name) for name, facts in plain_entries(self._folder) if stat.S_ISREG(facts.st_mode)
        ]
        return [name for _moment, name in sorted(files)]

    def attach(self, path: str, name: str = "") -> str:
        """Keep a copy of a file, under its own name or under `name`; its path.

        Raises:
            UsageError: it is no file, or there is no room for it.
            FailedError: it can't be read or written.
        """
        with self._lock:
            try:
                source = os.open(path, os.O_RDONLY | _AT_ONCE)
            except (OSError, ValueError) as error:
                raise FailedError(_("The file can't be kept: {reason}").format(reason=_reason(error))) from None
            try:
                room = self._room()
                _check_file(source, room)
                target = self._place(name or Path(path).name)
                self._copy(source, target, room)
            except (OSError, ValueError) as error:
                raise FailedError(_("The file can't be kept: {reason}").format(reason=_reason(error))) from None
            finally:
                os.close(source)
            return str(target)

    def _copy(self, source: int, target: Path, room: int) -> None:
        """At most `room` bytes, whatever becomes of the file meanwhile."""
        try:
            with target.open("xb") as file:
                while data := os.read(source, _READ_BYTES):
                    file.write(data)
                    room -= len(data)
                    _check_room(room)
        except BaseException:
            with contextlib.suppress(OSError):
                target.unlink()
            raise

    def screenshot(self, name: str) -> str | None:
        """Keep a picture of all screens; its path, None where there is none to be had.

        Raises:
            UsageError: there is no room for it.
            FailedError: it can't be written.
        """
        picture = grab_screen()
        return None if picture is None else self.keep(picture, name)

    def keep(self, picture: Image, name: str, suffix: str = ".png", options: Mapping[str, Any] | None = None) -> str:
        """Keep a picture; its path. `options`: of Pillow's, for this kind of file.

        Raises:
            UsageError: there is no room for it.
            FailedError: it can't be written.
        """
        with self._lock:
            room = self._room()
            try:
                stem = safe_file_name(name) if name else time.strftime("screen-%H%M%S")
                target = self._place(f"{stem}{suffix}")
                picture.save(target, **(options or {}))
                _drop_if_over(target, room)
            except (OSError, ValueError) as error:
                raise FailedError(_("The file can't be kept: {reason}").format(reason=_reason(error))) from None
            return str(target)

    def _room(self) -> int:
        """How many bytes may be added.

        Raises:
            UsageError: not even one file.
        """
        names = self.names()
        used = sum((self._folder / name).stat().st_size for name in names)
        if len(names) >= MOST_FILES or used >= MOST_BYTES:
            raise _full()
        return MOST_BYTES - used

    def _place(self, name: str) -> Path:
        """A path that is free, with a name that every system takes.

        Raises:
            OSError: there is something else in the folder's place, such as a link or a junction to another one.
        """
        make_private_folder(self._folder.parent)
        make_private_folder(self._folder)
        if not is_plain_folder(self._folder):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(self._folder))
        clean = Path(safe_file_name(name, _NAME_LIMIT))
        candidates = [clean.name, *(f"{clean.stem}-{number}{clean.suffix}" for number in range(2, MOST_FILES + 2))]
        return next(path for candidate in candidates if not os.path.lexists(path := self._folder / candidate))


def _drop_if_over(target: Path, room: int) -> None:
    """Raises UsageError: it is too large, and gone."""
    if target.stat().st_size > room:
        target.unlink()
        raise _full()


def _check_file(source: int, room: int) -> None:
    """Raises UsageError: it is no file, or too large."""
    facts = os.fstat(source)
    if not stat.S_ISREG(facts.st_mode):
        raise UsageError(_("Only a file can be kept."))
    _check_room(room - facts.st_size)


def _check_room(left: int) -> None:
    if left < 0:
        raise _full()


def grab_screen(*, quiet: bool = False) -> Image | None:
    """The screens; None if there are none, or the system lets nobody look (a locked session)."""
    from PIL import ImageGrab  # late: hardly any script takes a picture

    try:
        if sys.platform == "linux" and os.environ.get("DISPLAY"):
            from app.gateway.x_screen import grab_x_screen

            return grab_x_screen()
        return ImageGrab.grab(all_screens=True)
    except Exception as error:  # noqa: BLE001 - Pillow's own errors differ by system
        _log.log(logging.DEBUG if quiet else logging.INFO, "No picture of the screen: %s", type(error).__name__)
        return None


def _full() -> UsageError:
    return UsageError(
        _("A run keeps at most {count} files, {size} MB in all.").format(count=MOST_FILES, size=MOST_BYTES // 1024**2)
    )


def _reason(error: Exception) -> object:
    return describe_os_error(error).for_people() if isinstance(error, OSError) else error
