"""A script's environment as the Orchestrator sees it: In progress, then Working; Stop and Abort end the making."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.contract.orchestrator import ABORTED, FAILED, IN_PROGRESS, STOPPED, SUCCESS, Orchestrator
from tests.contract.robot_process import Home, finish

if TYPE_CHECKING:
    from pathlib import Path

STOP, ABORT = 20, 10
WORKING = "heartbeat 3"

# In uv's place; the script's folder is its current one, and says how it is to behave.
BUILDER = f"""#!/bin/sh
if [ "$1" = venv ]; then
    for folder; do :; done
    exec "{sys.executable}" -m venv --without-pip "$folder"
fi
touch begun
echo building
case "$(cat requirements.txt)" in
    fails) echo "no such package: unobtainium"; exit 1 ;;
    hangs*) sleep 600 & sleep 600 ;;
    takes-time) while [ ! -e go ]; do sleep 0.05; done ;;
esac
"""


def job_with(robot: Home, name: str, requirement: str) -> Path:
    """A script with this requirement, in a folder of its own; the folder."""
    robot.script(f"{name}/main", f"print({name!r}, 'runs')\n")
    folder = robot.scripts / name
    (folder / "requirements.txt").write_text(requirement)
    return folder


def test_the_orchestrator_hears_of_a_job_whose_environment_is_made(
    robot: Home, orchestrator: Orchestrator, tmp_path: Path
) -> None:
    """Status 8, then Working until it is there; the builder's words are in the job's log; the next job runs at once."""
    builder = tmp_path / "uv"
    builder.write_text(BUILDER)
    builder.chmod(0o755)
    robot.settings(orchestrator.url, uv=builder)
    slow = job_with(robot, "slow", "takes-time")
    job_with(robot, "fails", "fails")
    jobs = {
        "slow": orchestrator.queue("slow"),
        "again": orchestrator.queue("slow"),
        "fails": orchestrator.queue("fails"),
        "stopped": orchestrator.queue("stopped", asks=(STOP,), when=job_with(robot, "stopped", "hangs") / "begun"),
        "aborted": orchestrator.queue("aborted", asks=(ABORT,), when=job_with(robot, "aborted", "hangs ") / "begun"),
    }
    process = robot.start_robot()
    orchestrator.wait_for(lambda: orchestrator.calls().count(WORKING) >= 2)
    assert "update 8" in orchestrator.calls()[: orchestrator.calls().index(WORKING) + 2]
    assert jobs["slow"].updates == [IN_PROGRESS]
    (slow / "go").touch()
    assert finish(process).code == 0
    ends = {name: job.updates for name, job in jobs.items()}
    expected = {"slow": SUCCESS, "again": SUCCESS, "fails": FAILED, "stopped": STOPPED, "aborted": ABORTED}
    assert ends == {name: [IN_PROGRESS, status] for name, status in expected.items()}
    assert orchestrator.complaints == []
    assert robot.processes() == []
    logs = {name: [] for name in ("slow", "fails", "stopped", "aborted")}
    for file in (robot.data / "logs" / "jobs").rglob("*.log"):
        logs[file.name.split()[1]].append(file.read_text("utf-8"))
    assert sum("building\n" in log for log in logs["slow"]) == 1
    assert all("slow runs\n" in log for log in logs["slow"])
    for name in ("fails", "stopped", "aborted"):
        assert "building\n" in logs[name][0]
        assert "runs\n" not in logs[name][0]
    assert "no such package: unobtainium" in logs["fails"][0].splitlines()[-1]
    (kept,) = [entry for entry in (robot.data / "environments").iterdir() if entry.is_dir()]
    assert not kept.name.startswith("_")
