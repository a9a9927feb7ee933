"""What `robot check` says of folders that are another user's: as a process with no more rights than a usual one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from app.base.paths import DataPaths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.check.conftest import Machine

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
# Root without the rights that make it root: the modes of its own folders hold for it.
AS_A_USER = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"] if ROOT else []
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes"),
    pytest.mark.skipif(ROOT and not shutil.which("setpriv"), reason="root may do everything"),
]


def found(machine: Machine) -> dict[str, dict[str, object]]:
    """The findings by name, and the exit code as `code`."""
    command = [*AS_A_USER, sys.executable, "-m", "app", "check", "--json", "--config", str(machine.config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return {"code": {"is": done.returncode}, **{each["name"]: each for each in json.loads(done.stdout)["findings"]}}


@pytest.fixture(params=["logs", "job_logs", "runs"])
def inner(request: pytest.FixtureRequest, machine: Machine) -> Iterator[Path]:
    """A folder in the data folder that only its owner may write to, who is another user if there is one."""
    folder: Path = getattr(DataPaths(machine.data), request.param)
    folder.mkdir(parents=True)
    folder.chmod(0o555)
    if ROOT:
        os.chown(folder, 12345, 12345)
    yield folder
    if ROOT:
        os.chown(folder, 0, 0)
    folder.chmod(0o700)


def test_a_folder_of_scripts_that_cannot_be_entered(machine: Machine) -> None:
    """Its names may be read, but no script opened: an error with the folder and what to do, exit code 2."""
    scripts = machine.folder / "scripts"
    machine.set(host=None)
    scripts.chmod(0o444)
    try:
        findings = found(machine)
    finally:
        scripts.chmod(0o700)
    assert findings["scripts"]["level"] == "error"
    assert str(scripts) in str(findings["scripts"]["message"])
    assert findings["scripts"]["remedy"]
    assert findings["code"] == {"is": 2}


def test_an_inner_folder_of_another_user(machine: Machine, inner: Path) -> None:
    """No job can run: an error with that very folder and what to do, exit code 2."""
    machine.set(host="http://127.0.0.1:9")
    findings = found(machine)
    assert findings["data_dir"]["level"] == "error"
    assert f"{inner} can't be written" in str(findings["data_dir"]["message"])
    assert findings["data_dir"]["remedy"]
    assert findings["code"] == {"is": 2}
