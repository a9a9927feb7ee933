"""An example tried and run as a job; what the sandbox and the disk say of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from app.sandbox.state_file import load_state
from tests.contract.robot_process import ROOT, Finished

if TYPE_CHECKING:
    from app.sandbox.engine import Sandbox
    from app.sandbox.records import SandboxJob
    from tests.contract.robot_process import Home

EXAMPLES = ROOT / "docs" / "examples"
SUCCESS, STOPPED = 4, 7


def attempt(home: Home, name: str, **settings: str) -> Finished:
    """`robot try NAME --load tasks.toml --task @task.json` in the scripts folder, with what the example has of them."""
    folder = home.scripts / name
    options = []
    if (folder / "tasks.toml").exists():
        options += ["--load", str(folder / "tasks.toml")]
    if (folder / "task.json").exists():
        options += ["--task", f"@{folder / 'task.json'}"]
    return at_the_desk(home, "try", name, *options, **settings)


def at_the_desk(home: Home, *arguments: str, **settings: str) -> Finished:
    """`robot ARGUMENTS` in the scripts folder, without a settings file."""
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=home.scripts,
        env=home.environment | {"PYTHONPATH": str(ROOT), "ROBOT_LANGUAGE": "en"} | settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def run_job(home: Home, sandbox: Sandbox, name: str) -> SandboxJob:
    """The example as a job with its task, in a sandbox with its world; the job, at its end."""
    folder = home.scripts / name
    if (folder / "tasks.toml").exists():
        load_state(sandbox, folder / "tasks.toml")
    task = folder / "task.json"
    job = sandbox.queue_job(name, task={"parameters": json.loads(task.read_text("utf-8"))} if task.exists() else None)
    assert home.run_robot().code == 0
    return job


def own_tests(home: Home, *names: str, libraries: str = "") -> Finished:
    """The examples' own tests, as an author runs them on a desk: with nothing but pytest and the wheel's fixture."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ROBOT_", "PYTEST_"))}
    kit = str(ROOT / "app" / "jobs" / "child" / "for_scripts")
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (kit, libraries)))
    command = ["-m", "pytest", "-q", "-p", "robot_job.pytest_plugin", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, *command, "--import-mode=importlib", *names],
        cwd=home.scripts,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def log_of(home: Home) -> str:
    """What the jobs have printed."""
    return "".join(file.read_text("utf-8") for file in (home.data / "logs" / "jobs").rglob("*.log"))


def statuses(sandbox: Sandbox) -> dict[str, int]:
    """What became of each task."""
    return {task.name: task.status for task in sandbox.tasks.all()}
