"""The environment of a script: the user's own, clean of the robot's, with the job's variables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.jobs.child import within_a_run
from app.settings.model import ENVIRONMENT_PREFIX, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

MARK_VARIABLE: Final = within_a_run.MARK_VARIABLE
GATEWAY_VARIABLE: Final = "ROBOT_GATEWAY"  # `<address>|<secret>` of the run's channel
# What PyInstaller's bootloader leaves behind.
_BOOTLOADERS: Final = ("_PYI", "_MEI", "PYINSTALLER_")
# What the robot says to scripts; of a robot that runs in a job of another, these are about that job.
_ABOUT_THE_JOB: Final = frozenset(
    {
        *("ROBOT_GUID", "ROBOT_JOB_GUID", "ROBOT_JOB_NAME", "ROBOT_TASK_FILE"),
        *("ROBOT_RUN_FOLDER", "ROBOT_RUN_LANGUAGE", "ROBOT_RUN_PROCESS_VERSION", "ROBOT_RUN_COM"),
        *(GATEWAY_VARIABLE, MARK_VARIABLE),
    }
)
# What it says to the host (`app.jobs.child.host`), which takes it away again.
_TO_THE_HOST: Final = frozenset(
    {
        *("ROBOT_SCRIPT_SHA256", "ROBOT_SCRIPTS_FOLDER", "ROBOT_RUN_NUMBER", "ROBOT_RUN_PICTURE"),
        *("ROBOT_RUN_SPARE", "ROBOT_TRY"),
    }
)
# Each of these would change or break an interpreter that isn't the robot's, or the script's output.
_UNWANTED: Final = frozenset({"PYTHONHOME", "PYTHONIOENCODING", "PYTHONSAFEPATH", "PYTHONINSPECT", "PYTHONSTARTUP"})
_SEARCH_PATHS: Final = ("PATH", "PYTHONPATH")


def child_environment(
    base: Mapping[str, str], job_variables: Mapping[str, str], bundle: Path | None = None
) -> dict[str, str]:
    """The variables of the child. `ROBOT_...` that are no settings of the robot are the user's own and stay.

    Args:
        base: the robot's own environment.
        job_variables: `ROBOT_...` of this job.
        bundle: the folder that a frozen robot was unpacked to; its DLLs must not be found by other programs.
    """
    settings = {ENVIRONMENT_PREFIX + key.upper() for key in Settings.keys()}
    unwanted = settings | _ABOUT_THE_JOB | _TO_THE_HOST | _UNWANTED
    result = {
        key: value
        for key, value in base.items()
        if not key.upper().startswith(_BOOTLOADERS) and key.upper() not in unwanted
    }
    if bundle is not None:
        for key in [key for key in result if key.upper() in _SEARCH_PATHS]:
            kept = [part for part in result[key].split(os.pathsep) if part and not Path(part).is_relative_to(bundle)]
            result[key] = os.pathsep.join(kept)
            if not kept:
                del result[key]
    return {**result, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", **job_variables}
