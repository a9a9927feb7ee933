"""Is a file missing, or may it just not be looked at?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def is_missing(path: Path) -> bool:
    """Whether there is certainly nothing at `path`.

    What can't be looked at (another user's folder, a path that is too long) may well be there: who opens it, hears why
    it can't be had. `Path.exists` raises for some of these reasons, and `os.path.exists` calls all of them missing.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
