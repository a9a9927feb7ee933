"""What the system says of a failed call, in words for people.

Windows words many of its errors in its own language, but not those that come through the C library ("Permission
denied"), and Linux none of them.
"""

from __future__ import annotations

import errno
import socket
from typing import Final

from app.base.i18n import N_, Phrase

_BY_NUMBER: Final = {
    errno.ENOENT: N_("there is no such file or folder"),
    errno.EACCES: N_("access denied"),
    errno.EPERM: N_("access denied"),
    errno.EROFS: N_("it can only be read"),
    errno.ENOSPC: N_("the disk is full"),
    errno.EEXIST: N_("it is there already"),
    errno.ENOTDIR: N_("a part of the path is not a folder"),
    errno.EISDIR: N_("it is a folder"),
    errno.ENAMETOOLONG: N_("the path is too long"),
    errno.EADDRINUSE: N_("the port is in use"),
    errno.ECONNREFUSED: N_("connection refused"),
    errno.ECONNRESET: N_("connection reset by the other side"),
    errno.ECONNABORTED: N_("connection broken off"),
    errno.EPIPE: N_("connection broken off"),
    errno.ENETUNREACH: N_("the network can't be reached"),
    errno.EHOSTUNREACH: N_("the host can't be reached"),
    errno.ETIMEDOUT: N_("timed out"),
}


def describe_os_error(error: OSError) -> Phrase:
    """The reason of `error`, without the file's name."""
    if isinstance(error, socket.gaierror):  # its numbers are of another table
        return Phrase(N_("the name is not found"))
    if known := _BY_NUMBER.get(error.errno or 0):
        return Phrase(known)
    return Phrase("{text}", text=error.strerror or error)
