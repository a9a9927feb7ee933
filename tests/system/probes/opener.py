"""Open a file whose type belongs to a program of ours, and one that isn't there."""

import json
import sys
import tempfile
import time
import winreg
from pathlib import Path

from app.base.errors import RobotError
from app.system.opener import open_for_person

folder = Path(tempfile.mkdtemp())
opened = folder / "opened.txt"
viewer = folder / "viewer.py"
viewer.write_text(f"import sys; open({str(opened)!r}, 'w', encoding='utf-8').write(sys.argv[1])", "utf-8")
command = f'"{sys.executable}" "{viewer}" "%1"'
winreg.SetValue(winreg.HKEY_CLASSES_ROOT, r".robotprobe", winreg.REG_SZ, "RobotProbe")
winreg.SetValue(winreg.HKEY_CLASSES_ROOT, r"RobotProbe\shell\open\command", winreg.REG_SZ, command)

target = folder / "журнал 1.robotprobe"
target.touch()
open_for_person(target)
deadline = time.monotonic() + 20
while not (opened.exists() and opened.read_text("utf-8")) and time.monotonic() < deadline:
    time.sleep(0.1)
try:
    open_for_person(folder / "missing.robotprobe")
except RobotError as error:
    refused = str(error)
print(json.dumps({"opened": opened.read_text("utf-8") == str(target), "refused": refused}))
