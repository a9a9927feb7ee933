"""The script's environment, as a function of the robot's."""

from __future__ import annotations

import os
from pathlib import Path

from app.jobs.environment import child_environment
from app.settings.model import Settings


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


def test_a_users_own_variables_stay_and_the_robots_settings_do_not():
    """What is called like a setting is one, in any case of letters; everything else that begins so is the user's."""
    own = {"ROBOT_OPTIONS": "--variable x:1", "ROBOT_ROOT": "/robots", "ROBOT_SYSLOG_FILE": "NONE"}
    robots = {f"ROBOT_{key.upper()}": "secret" for key in Settings.keys()}
    outer_job = {"ROBOT_RUN_MARK": "m", "ROBOT_JOB_GUID": "j", "ROBOT_GUID": "g", "ROBOT_SCRIPT_SHA256": "0"}
    found = child_environment({**own, **robots, "Robot_Host": "secret", **outer_job}, {})
    assert found == {**own, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
