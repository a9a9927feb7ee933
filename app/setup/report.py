r"""Why the installer can't do what it was told: for a person in a window, for everybody else in a log.

A silent installer has no console and no window, so `%TEMP%\Robot-setup.log` is where its reasons stand. Its lines are
English, as those of every log of this program.
"""

from __future__ import annotations

import contextlib
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

LOG_NAME: Final = "Robot-setup.log"


def append_to_log(lines: Iterable[str], folder: Path | None = None) -> None:
    """Add lines with the time of now. A log that can't be written is none: the exit code says the rest.

    Args:
        lines: English.
        folder: %TEMP% unless given.
    """
    file = (folder or Path(tempfile.gettempdir())) / LOG_NAME
    now = datetime.now().astimezone()
    one_each = (" ".join(line.split("\n    ")) for line in lines)
    with contextlib.suppress(OSError), file.open("a", encoding="utf-8", newline="\r\n") as log:
        log.writelines(f"{now:%Y-%m-%d %H:%M:%S} {line}\n" for line in one_each)


def write_message(lines: Iterable[str], file: Path) -> None:
    """The text of the installer's window, in the encoding that NSIS reads.

    Raises:
        OSError: it can't be written.
    """
    file.write_bytes("\n".join(lines).replace("\n", "\r\n").encode("utf-16-le"))
