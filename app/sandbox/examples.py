"""What a script author copies to begin with: the robot's settings and a first script."""

from __future__ import annotations

from typing import Final

from app.base.i18n import _

FIRST_SCRIPT: Final = """\
import time

import robot_job

task = robot_job.task() or {}
print("parameters:", task.get("parameters"))

for step in range(60):
    if robot_job.stop_requested():
        print("stopped after", step, "seconds")
        break
    time.sleep(1)
"""


def robot_toml(url: str, robot_guid: str) -> str:
    """A `robot.toml` that lets a robot work for the sandbox at `url`."""
    # Outside of the f-string, where the catalog's extractor finds them.
    head = _("Settings of a robot that works for the sandbox.")
    scripts = _("scripts/hello.py is the script hello")
    idle = _("stay and poll; never log off")
    heartbeat = _("a real Orchestrator wants 10")
    logs = _("what the script prints is seen at its job")
    return f"""\
# {head}
host = "{url}"
robot_guid = "{robot_guid}"
scripts = "scripts"    # {scripts}
when_idle = "wait"     # {idle}
poll_seconds = 2
heartbeat_seconds = 2  # {heartbeat}
send_logs = true       # {logs}
"""
