"""Files and folders that only their user may open.

POSIX: mode 0600 or 0700. Windows: a protected DACL (nothing inherited from the parent folder) with full control for
this user, SYSTEM and Administrators; backup and administration keep working, other users of a terminal server are out.
https://learn.microsoft.com/windows/win32/api/aclapi/nf-aclapi-setnamedsecurityinfow
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def make_private(path: Path) -> None:
    """Give `path` (a file or a folder) owner-only rights; what is made in such a folder later is private as well.

    Make it private before the secret is in it.

    Raises:
        OSError: the rights can't be set, e.g. because the file system has none (FAT).
    """
    _restrict(path)


def make_private_folder(folder: Path) -> bool:
    """Make `folder`, for its owner only; its parents as usual. False if it is there already, whatever its rights.

    Raises:
        OSError: it can't be made, or isn't a folder.
    """
    if folder.is_dir():
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not folder.is_dir():
            raise
        return False  # another process was quicker
    make_private(folder)
    return True


if sys.platform == "win32":
    import ntsecuritycon
    import pywintypes
    import win32security

    from app.base.account import user_sid

    if TYPE_CHECKING:
        from _win32typing import PyACL, PySECURITY_ATTRIBUTES

    def _private_acl(*, inherited: bool) -> PyACL:
        """Full control for this user, SYSTEM and Administrators, and nobody else."""
        flags = win32security.OBJECT_INHERIT_ACE | win32security.CONTAINER_INHERIT_ACE if inherited else 0
        well_known = (win32security.WinLocalSystemSid, win32security.WinBuiltinAdministratorsSid)
        acl = win32security.ACL()
        for sid in (user_sid(), *(win32security.CreateWellKnownSid(kind, None) for kind in well_known)):
            acl.AddAccessAllowedAceEx(win32security.ACL_REVISION, flags, ntsecuritycon.GENERIC_ALL, sid)
        return acl

    def private_attributes() -> PySECURITY_ATTRIBUTES:
        """The same rights for a named object. Its default ones leave out the user's other half, elevated or not."""
        attributes = win32security.SECURITY_ATTRIBUTES()
        attributes.SECURITY_DESCRIPTOR.SetSecurityDescriptorDacl(True, _private_acl(inherited=False), False)
        return attributes

    def _restrict(path: Path) -> None:
        what = win32security.DACL_SECURITY_INFORMATION | win32security.PROTECTED_DACL_SECURITY_INFORMATION
        acl = _private_acl(inherited=path.is_dir())
        try:
            win32security.SetNamedSecurityInfo(str(path), win32security.SE_FILE_OBJECT, what, None, None, acl, None)
        except pywintypes.error as error:
            raise OSError(None, error.strerror, str(path), error.winerror) from error

    def lend_rights(file: Path, to: Path) -> None:
        """Let whoever may do something with `file` do the same with `to`, in the same folder; its owner's if possible.

        https://learn.microsoft.com/windows/win32/api/aclapi/nf-aclapi-getnamedsecurityinfow

        Raises:
            OSError: the rights can't be read or set.
        """
        owner, what = win32security.OWNER_SECURITY_INFORMATION, win32security.DACL_SECURITY_INFORMATION
        kind = win32security.SE_FILE_OBJECT
        try:
            rights = win32security.GetNamedSecurityInfo(str(file), kind, owner | what)
            protected = rights.GetSecurityDescriptorControl()[0] & win32security.SE_DACL_PROTECTED
            what |= (  # unprotected: Windows adds what the folder bequeathes
                win32security.PROTECTED_DACL_SECURITY_INFORMATION
                if protected
                else win32security.UNPROTECTED_DACL_SECURITY_INFORMATION
            )
            acl = rights.GetSecurityDescriptorDacl()
            win32security.SetNamedSecurityInfo(str(to), kind, what, None, None, acl, None)
        except pywintypes.error as error:
            raise OSError(None, error.strerror, str(to), error.winerror) from error
        with contextlib.suppress(pywintypes.error):  # a privilege that only administrators have
            sid = rights.GetSecurityDescriptorOwner()
            win32security.SetNamedSecurityInfo(str(to), kind, owner, sid, None, None, None)

else:
    import stat

    def _restrict(path: Path) -> None:
        mode = path.stat().st_mode
        rights = 0o700 if stat.S_ISDIR(mode) else 0o600
        if stat.S_IMODE(mode) != rights:
            path.chmod(rights)
