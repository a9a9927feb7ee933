"""A file that is replaced in one step: whoever reads it finds the old text or the new one, whole."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import sys
import time
from typing import TYPE_CHECKING, Final

from app.base.private_files import make_private

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

if sys.platform == "win32":
    import _winapi

    from app.base.private_files import lend_rights

    _DELETE: Final = 0x10000
    _SHARE_ALL: Final = 7

_SHARING_VIOLATION: Final = 32  # Windows' number
_TRIES: Final = 10
_ANYBODY_WRITES: Final = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


class ChangedMeanwhileError(Exception):
    """The file is another than the one that was read; nothing was written."""


def replace_file(file: Path, text: str | Iterable[str], *, private: bool = True) -> None:
    """Write `text` in UTF-8 and put it in the place of `file`, whose folder is made if it isn't there.

    Args:
        file: the place.
        text: all of it, or its pieces one after the other.
        private: only this user may read it; otherwise whoever the folder lets.

    Raises:
        OSError: it can't be written, or (Windows) somebody holds the old one open in a way that forbids it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, made = _new_file_beside(file)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            if private:
                make_private(made)
            elif sys.platform != "win32":  # there the folder's rights are the file's
                made.chmod(0o644)
            stream.writelines([text] if isinstance(text, str) else text)
        made.replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            made.unlink()
        raise


def write_output(file: Path, text: str | Iterable[str], *, private: bool = True) -> None:
    """As `replace_file`, where somebody said; a pipe or a device (`/dev/stdout`) gets the text, and stays."""
    if not takes_what_is_written(file):
        replace_file(file, text, private=private)
        return
    with file.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines([text] if isinstance(text, str) else text)


def takes_what_is_written(file: Path) -> bool:
    """Whether it is a pipe or a device, and keeps nothing."""
    try:
        mode = file.stat().st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def _new_file_beside(file: Path) -> tuple[int, Path]:
    """As `tempfile.mkstemp`, without the 3 ms that its module costs each start."""
    made = file.parent / f"{file.name}{secrets.token_hex(4)}.tmp"  # `with_name` refuses "." and "/", which have no name
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return os.open(made, flags, 0o600), made


def rewrite_file(file: Path, data: bytes, *, was: bytes | None, shared: bool = False) -> None:
    """Put `data` in the place of a file that somebody else owns as well: its rights, its owner and a link to it stay.

    (The owner on Windows only if this user may give it away.)

    Args:
        file: the place. Its folder is made if it isn't there.
        data: all of it.
        was: what the file held when it was read; None: it wasn't there.
        shared: a new file is for whoever the folder lets; otherwise for this user only.

    Raises:
        ChangedMeanwhileError: it holds something else now.
        OSError: it can't be written, or can't be written with the same rights. The old one is there, whole.
    """
    target = file.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    before = target.stat() if was is not None and target.exists() else None
    if before and not (before.st_mode & _ANYBODY_WRITES and os.access(target, os.W_OK)):
        # A folder's rights would let a read-only file be replaced; that it is read-only was somebody's will.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
    handle, made = _new_file_beside(target)
    try:
        with os.fdopen(handle, "wb") as stream:
            if before or not shared:
                make_private(made)  # before the secret is in it
            elif sys.platform != "win32":  # there the folder's rights are the file's
                made.chmod(0o644)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        _expect(target, was)
        _take_place_of(target, made, before)
    except BaseException:
        with contextlib.suppress(OSError):
            made.unlink()
        raise


def _expect(file: Path, was: bytes | None) -> None:
    found = None
    with contextlib.suppress(FileNotFoundError):
        found = file.read_bytes()
    if found != was:
        raise ChangedMeanwhileError


if sys.platform == "win32":

    def _take_place_of(file: Path, made: Path, before: os.stat_result | None) -> None:
        """Replace `file`, which lends its rights; `ReplaceFile` has its attributes and streams from the old one.

        It would have the rights as well, but Wine's hasn't, and nothing is said there of the owner.
        https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-replacefilew
        """
        if before is None:
            made.replace(file)
            return
        lend_rights(file, made)
        import ctypes  # pywin32's ReplaceFile takes its first two arguments for each other

        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        old, new = ctypes.c_wchar_p(str(file)), ctypes.c_wchar_p(str(made))
        for left in reversed(range(_TRIES)):
            _wait_for_readers(file)
            if kernel.ReplaceFileW(old, new, None, 0, None, None):
                return
            error = ctypes.get_last_error()
            if error != _SHARING_VIOLATION or not left:
                raise ctypes.WinError(error)

    def _wait_for_readers(file: Path) -> None:
        """Whoever reads it just now, a virus scanner for one, is soon done.

        `ReplaceFile` isn't asked before: where it can't, Wine's leaves an empty `rf….tmp` beside the file each time.

        Raises:
            OSError: somebody holds it for longer.
        """
        for left in reversed(range(_TRIES)):
            try:
                handle = _winapi.CreateFile(str(file), _DELETE, _SHARE_ALL, 0, _winapi.OPEN_EXISTING, 0, 0)
            except OSError as error:
                if error.winerror != _SHARING_VIOLATION or not left:
                    raise
                time.sleep(0.1)
            else:
                _winapi.CloseHandle(handle)
                return

else:

    def _take_place_of(file: Path, made: Path, before: os.stat_result | None) -> None:
        """Replace `file`, whose rights and owner `made` gets."""
        if before is not None:
            now = made.stat()
            if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
                os.chown(made, before.st_uid, before.st_gid)
            made.chmod(stat.S_IMODE(before.st_mode))
        made.replace(file)
