"""The Windows session that the robot runs in: what it is like, and how it is logged off (step 2 of the specification).

Why these flags. Nobody sits at a robot's machine. A program that hangs would hold up the log-off for ever behind the
full-screen "these apps are preventing…" page; `EWX_FORCEIFHUNG` ends such a program after its time-out. A program that
is alive and says no (an unsaved document) is not overruled: `EWX_FORCE` would throw away other people's work without a
word. The log-off then doesn't happen, this is said in the log, and the robot asks again.

https://learn.microsoft.com/windows/win32/api/winuser/nf-winuser-exitwindowsex
https://learn.microsoft.com/windows/win32/api/wtsapi32/nf-wtsapi32-wtsquerysessioninformationw
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, Final

from app.base.dataclass import dataclass
from app.base.i18n import _
from app.system.keep_awake import KeepAwake

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

log = logging.getLogger("robot.system")

_ATTEMPTS: Final = 3
_PATIENCE: Final = 10.0  # seconds for the end to arrive; Windows gives each hung program five


@dataclass(frozen=True)
class SessionFacts:
    """What the session is like; None means that the system doesn't tell.

    Attributes:
        on_windows: everything else is only meaningful if this is true.
        session_id: 0 is the services' session, which has no desktop that anybody can see.
        interactive: there is a visible window station, so scripts can work with other programs' windows.
        remote: a Remote Desktop session.
        disconnected: nobody is connected to it, neither at the console nor remotely.
        locked: the lock screen is shown.
    """

    on_windows: bool
    session_id: int | None = None
    interactive: bool | None = None
    remote: bool | None = None
    disconnected: bool | None = None
    locked: bool | None = None

    @property
    def is_session_0(self) -> bool:
        """Started as a service, or by a task that runs "whether user is logged on or not"."""
        return self.session_id == 0

    def problems(self) -> list[str]:
        """What keeps scripts from seeing a desktop, in sentences for people."""
        sentences = []
        if self.is_session_0:
            sentences.append(
                _(
                    "The robot runs in session 0, which has no desktop: scripts can't work with windows, and there is "
                    "no log-off. Set its task to run only when the user is logged on."
                )
            )
        elif self.interactive is False:
            sentences.append(_("The robot has no visible desktop: scripts can't work with windows."))
        if self.disconnected:
            sentences.append(
                _(
                    "The session is disconnected: scripts that click or type in other programs may fail. "
                    "Connect to it, or use the console."
                )
            )
        if self.locked:
            sentences.append(
                _(
                    "The session is locked: scripts that click or type in other programs may fail. "
                    "Unlock it, and switch the lock off."
                )
            )
        return sentences

    def __str__(self) -> str:
        """One line for the log."""
        if not self.on_windows:
            return "not a Windows session"
        names = ("session_id", "interactive", "remote", "disconnected", "locked")
        known = {name: getattr(self, name) for name in names}
        return ", ".join(f"{name} {'unknown' if value is None else value}" for name, value in known.items())


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    import pywintypes
    import win32api
    import win32con
    import win32process
    import win32service
    import win32ts

    from app.system.end_of_session import session_ends
    from app.system.wts import session_information

    _user32 = ctypes.WinDLL("user32", use_last_error=True)
    # Not win32api's: its reason is a signed long, and the planned flag is the sign bit.
    _exit_windows = _user32.ExitWindowsEx
    _exit_windows.argtypes = [wintypes.UINT, wintypes.DWORD]
    _exit_windows.restype = wintypes.BOOL

    _PLANNED_BY_APPLICATION: Final = 0x80000000 | 0x00040000  # SHTDN_REASON_FLAG_PLANNED | _MAJOR_APPLICATION
    _ASKED_FIRST: Final = 0x3FF
    _ASKED_LAST: Final = 0x100
    _SM_REMOTESESSION: Final = 0x1000  # win32con lacks it

    def log_off() -> bool:
        """Log off: True once the session ends, False if it doesn't, after a few attempts.

        May take half a minute if a program refuses. The threads that pump messages must go on doing so meanwhile.
        """
        # Programs are asked, and ended, one after the other. This robot has nothing to save now, so it is asked last:
        # if another program refuses, the robot must still be there to notice it.
        # https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-setprocessshutdownparameters
        win32process.SetProcessShutdownParameters(_ASKED_LAST, 0)
        for attempt in range(1, _ATTEMPTS + 1):
            if not _exit_windows(win32con.EWX_LOGOFF | win32con.EWX_FORCEIFHUNG, _PLANNED_BY_APPLICATION):
                reason = ctypes.FormatError(ctypes.get_last_error()).strip()
                log.warning("Windows refused to log off (attempt %d of %d): %s", attempt, _ATTEMPTS, reason)
            else:
                log.info("Log-off begun (attempt %d of %d)", attempt, _ATTEMPTS)
            if session_ends.wait(_PATIENCE):
                return True
        log.error("The session did not end; a program refuses, for example because of an unsaved document")
        win32process.SetProcessShutdownParameters(_ASKED_FIRST, 0)
        return False

    def session_facts() -> SessionFacts:
        """What Windows says of this process's session; never raises."""
        session_id: int = win32ts.ProcessIdToSessionId(win32api.GetCurrentProcessId())  # type: ignore[no-untyped-call]
        state = _query(win32ts.WTSConnectState)
        return SessionFacts(
            on_windows=True,
            session_id=session_id,
            interactive=_is_interactive(),
            remote=bool(win32api.GetSystemMetrics(_SM_REMOTESESSION)),
            disconnected=None if state is None else state == win32ts.WTSDisconnected,
            locked=_is_locked(),
        )

    def _query(what: int) -> int | None:
        try:
            value = win32ts.WTSQuerySessionInformation(
                win32ts.WTS_CURRENT_SERVER_HANDLE, win32ts.WTS_CURRENT_SESSION, what
            )
        except pywintypes.error:
            return None
        return int(value)

    def _is_interactive() -> bool:
        """Only the window station WinSta0 is ever shown on a screen."""
        station: Any = win32service.GetProcessWindowStation()
        ask: Any = win32service.GetUserObjectInformation  # the stub knows of no result
        return bool(ask(station, win32con.UOI_NAME) == "WinSta0")

    class _InfoEx(ctypes.Structure):
        """The beginning of WTSINFOEX with WTSINFOEX_LEVEL1 in it; the union is aligned to 8 bytes by its times.

        https://learn.microsoft.com/windows/win32/api/wtsapi32/ns-wtsapi32-wtsinfoex_level1_w
        """

        _fields_ = (
            ("level", wintypes.DWORD),
            ("_padding", wintypes.DWORD),
            ("session_id", wintypes.ULONG),
            ("session_state", ctypes.c_int),
            ("session_flags", wintypes.LONG),
        )

    _SESSION_INFO_EX: Final = 25
    _LOCKED: Final = {0: True, 1: False}  # WTS_SESSIONSTATE_LOCK, _UNLOCK; anything else is unknown

    def _is_locked() -> bool | None:
        info = session_information(_SESSION_INFO_EX, _InfoEx)
        return None if info is None else _LOCKED.get(info.session_flags)

else:

    def log_off() -> bool:
        """There is no Windows session to end: says what it would do, and counts as done."""
        log.info("On Windows the session would be logged off now")
        return True

    def session_facts() -> SessionFacts:
        """Not a Windows session."""
        return SessionFacts(on_windows=False)


class Session:
    """The Windows session, as the algorithm needs it."""

    def log_off(self) -> bool:
        """Begin to log off; where that is impossible (Linux) it says that it would."""
        return log_off()

    def keep_awake(self) -> AbstractContextManager[object]:
        """Neither sleep nor screen-off while a job runs."""
        return KeepAwake()
