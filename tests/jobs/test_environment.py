"""The script's environment, as a function of the robot's."""

from __future__ import annotations

import os
from pathlib import Path

from app.jobs.environment import child_environment


def test_the_bundles_folders_and_variables_do_not_leak():
    """A script under another interpreter finds none of the frozen robot's DLLs."""
    bundle = Path("/opt/robot").absolute()
    base = {
        "PATH": os.pathsep.join([str(bundle / "_internal"), "/usr/bin", str(bundle)]),
        "PYTHONPATH": str(bundle / "lib"),
        "PYTHONHOME": "/x",
        "_PYI_ARCHIVE_FILE": "x",
        "_MEIPASS2": "x",
        "PYINSTALLER_RESET_ENVIRONMENT": "1",
        "robot_guid": "secret",
        "HOME": "/home/x",
    }
    assert child_environment(base, {"ROBOT_HOST": "h"}, bundle) == {
        "PATH": "/usr/bin",
        "HOME": "/home/x",
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "ROBOT_HOST": "h",
    }


def test_a_users_own_search_path_stays():
    """PYTHONPATH that has nothing to do with the robot is the user's wish."""
    assert child_environment({"PYTHONPATH": "/shared"}, {})["PYTHONPATH"] == "/shared"
