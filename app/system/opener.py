"""Open a file, a folder or an address for the person at the machine, with the program that they are used to.

https://learn.microsoft.com/windows/win32/api/shellapi/nf-shellapi-shellexecutew
https://portland.freedesktop.org/doc/xdg-open.html
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Final

from app.base.errors import RobotError
from app.base.i18n import _
from app.base.os_reasons import describe_os_error

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

log = logging.getLogger("robot.system")


def open_for_person(target: Path | str, *, name: str = "") -> None:
    """Show `target`: a path, or a URL as text.

    Args:
        target: what is shown.
        name: what errors call it, if the target itself holds a secret.

    Raises:
        RobotError: it doesn't exist, or no program is registered for it.
    """
    try:
        _open(str(target))
    except _NoProgramError as error:
        log.info("%s can't be opened: %s", name or target, str(error).replace(str(target), name or str(target)))
        raise _cannot_open(name or target, _("there is no program for it")) from None
    except OSError as error:
        raise _cannot_open(name or target, describe_os_error(error).for_people()) from None


def _cannot_open(target: Path | str, reason: str) -> RobotError:
    return RobotError(
        _("{target} can't be opened: {reason}.").format(target=target, reason=reason), _("Open it by hand.")
    )


class _NoProgramError(Exception):
    """Nothing here shows such a thing; the text is the system's, for a log."""


if sys.platform == "win32":
    import os

    from app.base.bundle import system_dll_directory

    # ERROR_NO_ASSOCIATION, as for a fresh machine's .toml; Wine says ERROR_BAD_EXE_FORMAT, or
    # ERROR_SHARING_VIOLATION of a log that is being written.
    _NO_PROGRAM: Final = (1155, 193, 32)

    def _open(target: str) -> None:
        try:
            with system_dll_directory():
                os.startfile(target)  # noqa: S606 - showing it is the purpose; targets are our files and the set host
        except OSError as error:
            if error.winerror not in _NO_PROGRAM or not os.path.isfile(target):  # noqa: PTH113 - it may be an address
                raise
            notepad = os.path.join(os.environ["SYSTEMROOT"], "notepad.exe")  # noqa: PTH118 - as above
            with system_dll_directory():
                os.startfile(notepad, arguments=f'"{target}"')  # noqa: S606 - our texts: settings and logs

else:
    from pathlib import Path

    _PATIENCE: Final = 5.0  # seconds; without a desktop xdg-open is itself the program that shows, and stays
    _showing: Final[list[subprocess.Popen[bytes]]] = []

    def _open(target: str) -> None:
        import subprocess  # late: as a rule nobody looks

        _showing[:] = [process for process in _showing if process.poll() is None]  # reaps those that have ended
        try:
            process = subprocess.Popen(
                ["xdg-open", target],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,  # closing the robot's terminal doesn't close what is being read
            )
        except FileNotFoundError as error:
            raise _NoProgramError("there is no xdg-open") from error
        try:
            _out, complaint = process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            _showing.append(process)
            return
        if process.returncode:
            if "://" not in target:
                Path(target).stat()  # raises if that is why
            raise _NoProgramError(f"xdg-open: {process.returncode}: {complaint.decode(errors='replace').strip()}")
