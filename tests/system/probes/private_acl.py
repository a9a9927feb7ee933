"""Whom a private folder, a file in it and a private object let in: SIDs."""

import json
import sys
import tempfile
from pathlib import Path

import win32security

from app.base.account import user_sid_text
from app.base.private_files import make_private, private_attributes


def let_in(descriptor: object) -> list[str]:
    """The SIDs of a descriptor's DACL."""
    acl = descriptor.GetSecurityDescriptorDacl()
    aces = [acl.GetAce(index) for index in range(acl.GetAceCount())]
    return [win32security.ConvertSidToStringSid(ace[2]).replace(user_sid_text(), "user") for ace in aces]


folder = Path(tempfile.mkdtemp())
make_private(folder)
file = folder / "file"
file.touch()
seen = {"object": let_in(private_attributes().SECURITY_DESCRIPTOR), "version": sys.getwindowsversion().build}
for name, path in (("folder", folder), ("file", file)):
    what = win32security.DACL_SECURITY_INFORMATION
    seen[name] = let_in(win32security.GetNamedSecurityInfo(str(path), win32security.SE_FILE_OBJECT, what))
print(json.dumps(seen))
