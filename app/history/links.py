"""Links to log files, short enough to stand ten thousand times on a page.

The folder that all logs share is written once, as the page's `<base>`; a link holds the rest of the path. Only what an
address can't hold is escaped: letters of any script may stay as they are (WHATWG URL, "path percent-encode set").
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePath


def common_folder(logs: Sequence[PurePath]) -> PurePath | None:
    """The deepest folder that holds all `logs`; None if they share none (two drives) or aren't absolute."""
    if not logs or not all(log.is_absolute() for log in logs):
        return None
    make = type(logs[0])
    try:
        return make(os.path.commonpath([log.parent for log in logs]))
    except ValueError:
        return None


def base_address(folder: PurePath) -> str:
    """The folder as the address that links are relative to."""
    return folder.as_uri().rstrip("/") + "/"


def link(log: PurePath, folder: PurePath | None) -> str:
    """The address of `log`, relative to `folder` if there is one."""
    if folder is None:
        return log.as_uri() if log.is_absolute() else ""
    relative = log.relative_to(folder).as_posix()
    return re.sub(r"[^\w./~-]", lambda found: quote(found[0]), relative)
