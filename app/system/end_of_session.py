"""The end of the Windows session, whoever began it: heard in time, never vetoed.

Windows asks every top-level window `WM_QUERYENDSESSION` and then tells it `WM_ENDSESSION`; the process is ended when
its window has answered the second one. A hidden window on a thread of its own hears both, with the tray and without it.

- The question is answered TRUE at once: another program may still refuse, so nothing is ended yet.
- `on_end` runs inside `WM_ENDSESSION`. A program without visible windows gets five seconds there, and is then ended
  without a word unless it has given a reason with `ShutdownBlockReasonCreate`; with one, it is treated like a program
  with windows, and a person who waits reads the reason. Giving a reason is no veto.
- A console program that has loaded user32 gets no CTRL_LOGOFF_EVENT or CTRL_SHUTDOWN_EVENT; the hidden window is what
  Microsoft advises instead. CTRL_CLOSE_EVENT (the console's window is closed) does come, on a thread of its own, and
  the process is ended when the handler returns.
- Script processes are in the same session. The robot asks to be told before them (`SetProcessShutdownParameters`), so
  that a job that Windows ends is journaled as Aborted, and not as a script that failed.

https://learn.microsoft.com/windows/win32/shutdown/wm-queryendsession
https://learn.microsoft.com/windows/win32/shutdown/wm-endsession
https://learn.microsoft.com/windows/win32/shutdown/shutdown-changes-for-windows-vista
https://learn.microsoft.com/windows/win32/api/winuser/nf-winuser-shutdownblockreasoncreate
https://learn.microsoft.com/windows/console/handlerroutine
"""

from __future__ import annotations

import logging
import sys
import threading
from typing import TYPE_CHECKING, Any, Final, Self

from app.base.i18n import _
from app.base.threads import OwnedThread

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("robot.system")

session_ends: Final = threading.Event()
"""Set when Windows has decided to end this session; there is no way back."""


class EndOfSession:
    """While the context lasts, `on_end` is called once if Windows ends the session or closes the console.

    Args:
        on_end: called on a thread of this object; the process may be ended as soon as it returns, and after a few
            seconds in any case. So it journals first, and uses the network last and briefly.
        first: what is set when something has been done that the window's 20 ms (under Wine 150) shall not hold up; it
            waits for that, a second at most, while the context begins at once.
    """

    def __init__(self, on_end: Callable[[], None], first: threading.Event | None = None) -> None:
        self._on_end = on_end
        self._first = first
        self._once = threading.Lock()
        self._called = False

    def _end(self, why: str) -> None:
        """Call `on_end`, once; a second caller waits for the first, because its return ends the process."""
        with self._once:
            if self._called:
                return
            self._called = True
            log.info("%s", why)
            try:
                self._on_end()
            except Exception:
                log.exception("The end of the session was not handled cleanly")

    if sys.platform == "win32":

        def __enter__(self) -> Self:
            self._window = 0
            self._ready = threading.Event()
            self._thread = OwnedThread("end-of-session", self._listen)
            self._thread.start()
            if self._first is None:
                self._ready.wait()
            win32process.SetProcessShutdownParameters(_ASKED_FIRST, 0)
            self._handler = self._on_console  # one bound method object: it is removed by identity
            win32api.SetConsoleCtrlHandler(self._handler, True)
            return self

        def __exit__(self, *_exc: object) -> None:
            win32api.SetConsoleCtrlHandler(self._handler, False)
            self._thread.ended.set()
            if self._first is not None:
                self._first.set()
            self._ready.wait()
            if self._window:
                _user32.PostMessageW(self._window, win32con.WM_CLOSE, 0, 0)
            self._thread.stop()

        def _listen(self, ended: threading.Event) -> None:
            if self._first is not None:
                self._first.wait(_OTHERS_FIRST_SECONDS)
            if ended.is_set():
                self._ready.set()
            else:
                self._pump()

        def _pump(self) -> None:
            try:
                import win32gui  # late: it brings common controls, dialogs and printing with it

                window_class: Any = win32gui.WNDCLASS()  # the stub calls its fields read-only
                window_class.hInstance = win32api.GetModuleHandle(None)
                window_class.lpszClassName = f"RobotEndOfSession-{id(self):x}"
                window_class.lpfnWndProc = {
                    win32con.WM_QUERYENDSESSION: self._on_question,
                    win32con.WM_ENDSESSION: self._on_decision,
                    win32con.WM_DESTROY: self._on_destroy,
                }
                atom = win32gui.RegisterClass(window_class)
                # Top-level, though never shown: a message-only window isn't asked.
                self._window = win32gui.CreateWindow(
                    atom, "Robot", win32con.WS_OVERLAPPED, 0, 0, 0, 0, 0, 0, window_class.hInstance, None
                )
            except pywintypes.error as error:
                log.warning("The end of the session can't be heard: %s", error.strerror)
                return
            finally:
                self._ready.set()
            if not self._window:
                log.warning("The end of the session can't be heard: there is no desktop")
                return
            win32gui.PumpMessages()
            win32gui.UnregisterClass(atom, window_class.hInstance)

        def _on_question(self, window: int, _message: int, _wparam: int, _lparam: int) -> int:
            # The wish for time is only accepted from the window's own thread, which this is.
            if not _user32.ShutdownBlockReasonCreate(window, _("The robot is finishing its job.")):
                log.debug("No reason could be given for the time that the end of the session takes")
            return 1

        def _on_decision(self, window: int, _message: int, wparam: int, _lparam: int) -> int:
            if wparam:
                session_ends.set()
                self._end("Windows ends the session")
            else:
                log.info("The end of the session was called off by another program")
            _user32.ShutdownBlockReasonDestroy(window)
            return 0

        def _on_destroy(self, _window: int, _message: int, _wparam: int, _lparam: int) -> int:
            _user32.PostQuitMessage(0)
            return 0

        def _on_console(self, event: int) -> bool:
            if event != win32con.CTRL_CLOSE_EVENT:
                return False  # Ctrl-C is Python's
            self._end("The console window was closed")
            return True

    else:

        def __enter__(self) -> Self:
            """Nothing to listen to: the end of a POSIX session arrives as a signal."""
            return self

        def __exit__(self, *_exc: object) -> None:
            pass


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    import pywintypes
    import win32api
    import win32con
    import win32process

    _ASKED_FIRST: Final = 0x3FF  # the highest level that programs may use; the default is 0x280

    _OTHERS_FIRST_SECONDS: Final = 1.0  # without a job there is little to lose, but not for long

    _user32 = ctypes.WinDLL("user32")
    _user32.PostMessageW.argtypes = [wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM]
    _user32.ShutdownBlockReasonCreate.argtypes = [wintypes.HWND, wintypes.LPCWSTR]
    _user32.ShutdownBlockReasonCreate.restype = wintypes.BOOL
    _user32.ShutdownBlockReasonDestroy.argtypes = [wintypes.HWND]
    _user32.ShutdownBlockReasonDestroy.restype = wintypes.BOOL
