"""Somebody else ends the session."""

import json

import win32api
import win32con

win32api.ExitWindowsEx(win32con.EWX_LOGOFF)
print(json.dumps({"begun": True}))
