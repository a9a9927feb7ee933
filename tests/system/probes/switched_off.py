"""A shortcut that somebody switches off in Task Manager's start-up list, and on again by `enable`."""

import json
import winreg

from app.system import autostart
from app.system.startup_folder import _APPROVED, _SHORTCUT

autostart.enable("startup", [r"C:\robot.exe"])
with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _APPROVED) as key:
    winreg.SetValueEx(key, _SHORTCUT, 0, winreg.REG_BINARY, b"\x03" + bytes(11))
    print(json.dumps({"enabled": autostart.status().enabled}))
    autostart.enable("startup", [r"C:\robot.exe"])
    print(json.dumps({"enabled": autostart.status().enabled}))
    autostart.disable()
    print(json.dumps({"values": winreg.QueryInfoKey(key)[1]}))
