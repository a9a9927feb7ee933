r"""The source Robot of the Windows Event Log: writing its events; registering the file that holds their texts.

Windows keeps an event's number and facts; its text comes from the message file that the source names in
`HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\Robot`. Registering needs an administrator; without it
events are kept all the same, and shown with their facts and the remark that there is no text. The file lies outside of
the program's folder and its name changes with its content, because the service holds it open: an upgrade must not trip
over it.
https://learn.microsoft.com/windows/win32/eventlog/event-sources
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
from typing import TYPE_CHECKING, Final

from app.base.errors import RobotError, UsageError
from app.base.i18n import _
from app.base.os_reasons import describe_os_error
from app.base.paths import machine_settings_file
from app.system.message_file import message_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SOURCE: Final = "Robot"
KEY: Final = rf"SYSTEM\CurrentControlSet\Services\EventLog\Application\{SOURCE}"
_PREFIX: Final = "robot-events-"
_ALL_TYPES: Final = 7  # errors, warnings, information


def register(texts: Mapping[int, Mapping[int, str]]) -> Path:
    """Make the message file for all users of this machine, and register the source with it.

    Args:
        texts: by language (an LCID) and number; the first language is for every other.

    Raises:
        UsageError: this isn't Windows.
        RobotError: no administrator asks.
    """
    content = message_file(texts)
    folder = machine_settings_file().parent
    file = folder / f"{_PREFIX}{hashlib.sha256(content).hexdigest()[:12]}.dll"
    with _as_administrator():
        _require_windows()
        folder.mkdir(parents=True, exist_ok=True)
        if not file.is_file() or file.read_bytes() != content:
            file.write_bytes(content)
        _write_key(file)
    _remove_files(folder, but=file)
    return file


def unregister() -> None:
    """Take both away; does nothing if there are none.

    Raises:
        UsageError: this isn't Windows.
        RobotError: no administrator asks.
    """
    with _as_administrator():
        _require_windows()
        _delete_key()
    _remove_files(machine_settings_file().parent)


def _remove_files(folder: Path, but: Path | None = None) -> None:
    for old in folder.glob(f"{_PREFIX}*.dll"):
        if old != but:
            with contextlib.suppress(OSError):  # held open: the next time
                old.unlink()


def _require_windows() -> None:
    if sys.platform != "win32":
        raise UsageError(_("There is no Windows Event Log on this system."))


class _as_administrator(contextlib.AbstractContextManager[None]):  # noqa: N801 - reads as a function
    def __exit__(self, _kind: object, error: object, _traceback: object) -> None:
        if isinstance(error, OSError):
            raise RobotError(
                _("The source of events can't be changed: {reason}.").format(
                    reason=describe_os_error(error).for_people()
                ),
                _("Run as an administrator: robot-cli event-source register"),
            ) from None


if sys.platform == "win32":
    import winreg

    import pywintypes
    import win32evtlog

    def registered_file() -> str | None:
        """The message file that is registered; None if there is none."""
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, KEY, access=_view(winreg.KEY_READ)) as key:
                return str(winreg.QueryValueEx(key, "EventMessageFile")[0])
        except OSError:
            return None

    def write_event(number: int, kind: int, strings: Sequence[str]) -> None:
        """Write one event of the source.

        Raises:
            OSError: the service doesn't take it.
        """
        try:
            source = win32evtlog.RegisterEventSource(None, SOURCE)
            try:
                win32evtlog.ReportEvent(source, kind, 0, number, None, list(strings), None)
            finally:
                win32evtlog.DeregisterEventSource(source)
        except pywintypes.error as error:
            raise OSError(None, error.strerror, None, error.winerror) from error

    def _view(access: int) -> int:
        return access | winreg.KEY_WOW64_64KEY

    def _write_key(file: Path) -> None:
        with winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, KEY, access=_view(winreg.KEY_WRITE)) as key:
            winreg.SetValueEx(key, "EventMessageFile", 0, winreg.REG_EXPAND_SZ, str(file))
            winreg.SetValueEx(key, "TypesSupported", 0, winreg.REG_DWORD, _ALL_TYPES)

    def _delete_key() -> None:
        with contextlib.suppress(FileNotFoundError):
            winreg.DeleteKeyEx(winreg.HKEY_LOCAL_MACHINE, KEY, winreg.KEY_WOW64_64KEY)

else:

    def registered_file() -> str | None:
        """There is no such log here."""
        return None

    def write_event(number: int, kind: int, strings: Sequence[str]) -> None:
        """There is no such log here."""

    def _write_key(_file: Path) -> None:
        pass

    def _delete_key() -> None:
        pass
