"""The environment of a script: the user's own, clean of the robot's, with the job's variables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MARK_VARIABLE: Final = "ROBOT_RUN_MARK"
# The robot's own settings (ROBOT_ROBOT_GUID, ROBOT_PROXY, ...) and what PyInstaller's bootloader leaves behind.
_ROBOTS_OWN: Final = ("ROBOT_", "_PYI", "_MEI", "PYINSTALLER_")
# Each of these would change or break an interpreter that isn't the robot's, or the script's output.
_UNWANTED: Final = frozenset({"PYTHONHOME", "PYTHONIOENCODING", "PYTHONSAFEPATH", "PYTHONINSPECT", "PYTHONSTARTUP"})
_SEARCH_PATHS: Final = ("PATH", "PYTHONPATH")


def child_environment(
    base: Mapping[str, str], job_variables: Mapping[str, str], bundle: Path | None = None
) -> dict[str, str]:
    """The variables of the child.

    Args:
        base: the robot's own environment.
        job_variables: `ROBOT_...` of this job.
        bundle: the folder that a frozen robot was unpacked to; its DLLs must not be found by other programs.
    """
    result = {
        key: value
        for key, value in base.items()
        if not key.upper().startswith(_ROBOTS_OWN) and key.upper() not in _UNWANTED
    }
    if bundle is not None:
        for key in [key for key in result if key.upper() in _SEARCH_PATHS]:
            kept = [part for part in result[key].split(os.pathsep) if part and not Path(part).is_relative_to(bundle)]
            result[key] = os.pathsep.join(kept)
            if not kept:
                del result[key]
    return {**result, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", **job_variables}
