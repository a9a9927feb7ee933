"""Be another program with a window; the argument `agrees` or `refuses` is its answer to the end of the session."""

import json
import sys

import win32api
import win32con
import win32gui


def say(what: str) -> None:
    """Answer whoever started this."""
    print(json.dumps({"other": what}), flush=True)


def question(_window: int, _message: int, _wparam: int, _lparam: int) -> int:
    """WM_QUERYENDSESSION."""
    say("asked")
    return int(sys.argv[1] == "agrees")


def decision(_window: int, _message: int, wparam: int, _lparam: int) -> int:
    """WM_ENDSESSION."""
    say("ends" if wparam else "called off")
    return 0


window_class = win32gui.WNDCLASS()
window_class.hInstance = win32api.GetModuleHandle(None)
window_class.lpszClassName = "OtherProgram"
window_class.lpfnWndProc = {win32con.WM_QUERYENDSESSION: question, win32con.WM_ENDSESSION: decision}
style = win32con.WS_OVERLAPPEDWINDOW | win32con.WS_VISIBLE
atom = win32gui.RegisterClass(window_class)
win32gui.CreateWindow(atom, "Other", style, 0, 0, 100, 100, 0, 0, window_class.hInstance, None)
say("runs")
win32gui.PumpMessages()
