"""The robot's shortcut in the user's Startup folder.

https://learn.microsoft.com/windows/win32/api/shobjidl_core/nn-shobjidl_core-ishelllinkw
https://learn.microsoft.com/windows/win32/shell/knownfolderid (FOLDERID_Startup)
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import contextlib
    import subprocess
    import winreg
    from dataclasses import dataclass
    from pathlib import Path
    from typing import TYPE_CHECKING, Any, Final

    import pythoncom
    import pywintypes
    from win32com.shell import shell

    from app.base.errors import RobotError
    from app.base.i18n import _

    if TYPE_CHECKING:
        from collections.abc import Iterator

    _SHORTCUT: Final = "Robot.lnk"
    # Task Manager keeps what it has switched off here: an odd first byte means off. Not documented by Microsoft.
    _APPROVED: Final = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\StartupFolder"

    @dataclass(frozen=True)
    class Shortcut:
        """The shortcut as it lies there."""

        file: Path
        command: str
        enabled: bool

    def create(command: list[str]) -> None:
        """Make or replace the shortcut to `command`: the program's full path and its arguments.

        Raises:
            RobotError: Windows refuses.
        """
        program, *arguments = command
        file = _file()
        try:
            with _link() as link:
                link.SetPath(program)
                link.SetArguments(subprocess.list2cmdline(arguments))
                link.SetWorkingDirectory(str(Path(program).parent))
                link.SetDescription("Robot")
                file.parent.mkdir(parents=True, exist_ok=True)
                link.QueryInterface(pythoncom.IID_IPersistFile).Save(str(file), False)
        except (pywintypes.com_error, OSError) as error:
            raise RobotError(
                _("The shortcut {file} can't be made: {reason}").format(file=file, reason=_words(error)),
                _("Give this user the right to write there, or use Task Scheduler: robot autostart enable --task."),
            ) from error
        _forget_switch()

    def remove() -> None:
        """Remove the shortcut; it's fine if there is none.

        Raises:
            RobotError: Windows refuses.
        """
        file = _file()
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise RobotError(
                _("The shortcut {file} can't be removed: {reason}").format(file=file, reason=_words(error)),
                _("Remove it by hand."),
            ) from error
        _forget_switch()

    def find() -> Shortcut | None:
        """The shortcut, or None."""
        file = _file()
        if not file.exists():
            return None
        try:
            with _link() as link:
                link.QueryInterface(pythoncom.IID_IPersistFile).Load(str(file))
                # Not GetPath: Wine stores that one in the ANSI code page, which loses Cyrillic names.
                path_of: Any = shell.SHGetPathFromIDListW
                program = path_of(link.GetIDList())
                command = f"{subprocess.list2cmdline([program])} {link.GetArguments()}".strip()
        except pywintypes.com_error:
            command = ""
        return Shortcut(file, command, _is_switched_on())

    @contextlib.contextmanager
    def _link() -> Iterator[Any]:
        pythoncom.CoInitialize()  # COM is set up per thread
        try:
            yield pythoncom.CoCreateInstance(
                shell.CLSID_ShellLink, None, pythoncom.CLSCTX_INPROC_SERVER, shell.IID_IShellLink
            )
        finally:
            pythoncom.CoUninitialize()

    def _file() -> Path:
        return Path(shell.SHGetKnownFolderPath(shell.FOLDERID_Startup, 0, None), _SHORTCUT)

    def _is_switched_on() -> bool:
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _APPROVED) as key:
                value, _kind = winreg.QueryValueEx(key, _SHORTCUT)
        except FileNotFoundError:
            return True
        return not (isinstance(value, bytes) and value and value[0] % 2)

    def _forget_switch() -> None:
        with (
            contextlib.suppress(FileNotFoundError),
            winreg.OpenKey(winreg.HKEY_CURRENT_USER, _APPROVED, 0, winreg.KEY_SET_VALUE) as key,
        ):
            winreg.DeleteValue(key, _SHORTCUT)

    def _words(error: Exception) -> str:
        return str(getattr(error, "strerror", None) or error)
