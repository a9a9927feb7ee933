"""A settings file with rights of its own that is rewritten, once while it is read: its rights before and after."""

import json
import tempfile
import threading
from pathlib import Path

import ntsecuritycon
import win32con
import win32file
import win32security

from app.base.account import user_sid
from app.base.replacing import rewrite_file

WHAT = win32security.OWNER_SECURITY_INFORMATION | win32security.DACL_SECURITY_INFORMATION


def rights(path: Path) -> list[object]:
    """The owner, and who may do what."""
    descriptor = win32security.GetNamedSecurityInfo(str(path), win32security.SE_FILE_OBJECT, WHAT)
    acl = descriptor.GetSecurityDescriptorDacl()
    text = win32security.ConvertSidToStringSid
    aces = [acl.GetAce(index) for index in range(acl.GetAceCount())]
    return [text(descriptor.GetSecurityDescriptorOwner()), [[*map(int, ace[0]), ace[1], text(ace[2])] for ace in aces]]


with tempfile.TemporaryDirectory(prefix="папка ") as name:
    file = Path(name) / "robot.toml"
    file.write_bytes(b"old")
    acl = win32security.ACL()
    acl.AddAccessAllowedAce(win32security.ACL_REVISION, ntsecuritycon.GENERIC_ALL, user_sid())
    everyone = win32security.CreateWellKnownSid(win32security.WinWorldSid, None)
    acl.AddAccessAllowedAce(win32security.ACL_REVISION, ntsecuritycon.FILE_GENERIC_READ, everyone)
    protected = win32security.DACL_SECURITY_INFORMATION | win32security.PROTECTED_DACL_SECURITY_INFORMATION
    win32security.SetNamedSecurityInfo(str(file), win32security.SE_FILE_OBJECT, protected, None, None, acl, None)
    seen = {"before": rights(file)}
    for number in range(3):
        rewrite_file(file, b"new %d" % number, was=file.read_bytes())
    reader = win32file.CreateFile(
        str(file), win32con.GENERIC_READ, win32con.FILE_SHARE_READ, None, win32con.OPEN_EXISTING, 0, None
    )
    threading.Timer(0.3, reader.Close).start()
    rewrite_file(file, b"while it was read", was=b"new 2")
    seen |= {"after": rights(file), "text": file.read_text(), "there": [each.name for each in file.parent.iterdir()]}
    print(json.dumps(seen))
