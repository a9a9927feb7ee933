"""Whose program is at the other end of a connection from this machine.

On POSIX everybody may read the command lines of others, and a browser is told an address on its command line. So an
address alone must not be enough there: Linux says which user a connection belongs to. Elsewhere nobody is asked; on
Windows only administrators read the command lines of others.
https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_TABLES: Final = ("/proc/net/tcp", "/proc/net/tcp6")
_USER: Final = 7  # the column with the number of the user


def is_our_own(client: tuple[str, int], server: tuple[str, int]) -> bool:
    """Whether the connection from `client` to `server` (IPv4 addresses and ports) is of a program of this user.

    True where the system doesn't tell.
    """
    if sys.platform != "linux":
        return True
    ends = {_written(client, server), _written(client, server, mapped=True)}
    try:
        return any(fields[1:3] in ends and int(fields[_USER]) == os.geteuid() for fields in _rows())
    except OSError:
        return True


def _rows() -> Iterator[tuple[str, ...]]:
    for table in map(Path, _TABLES):
        if table.exists():
            with table.open(encoding="ascii") as lines:
                next(lines, None)
                yield from (tuple(line.split()) for line in lines)


def _written(client: tuple[str, int], server: tuple[str, int], *, mapped: bool = False) -> tuple[str, str]:
    """Both ends as the tables have them; `mapped`: as an IPv6 socket that was connected to an IPv4 address."""
    before = "0000000000000000FFFF0000" if mapped and sys.byteorder == "little" else ""
    before = "00000000000000000000FFFF" if mapped and sys.byteorder == "big" else before
    one, other = (
        f"{before}{struct.unpack('=I', socket.inet_aton(host))[0]:08X}:{port:04X}" for host, port in (client, server)
    )
    return one, other
