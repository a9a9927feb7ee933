"""A file that is replaced in one step: whoever reads it finds the old text or the new one, whole."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from app.base.private_files import make_private


def replace_file(file: Path, text: str, *, private: bool = True) -> None:
    """Write `text` in UTF-8 and put it in the place of `file`, whose folder is made if it isn't there.

    Args:
        file: the place.
        text: all of it.
        private: only this user may read it; otherwise whoever the folder lets.

    Raises:
        OSError: it can't be written, or (Windows) somebody holds the old one open in a way that forbids it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(suffix=".tmp", prefix=file.name, dir=file.parent)
    made = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            if private:
                make_private(made)
            elif sys.platform != "win32":  # there the folder's rights are the file's
                made.chmod(0o644)
            stream.write(text)
        made.replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            made.unlink()
        raise
