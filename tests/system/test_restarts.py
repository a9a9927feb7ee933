"""Starting again what an upgrade has ended, as it was started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from app.system.restarts import Start, note, noted, start_again


def test_a_program_of_ours_is_started_from_its_new_folder():
    """Arguments stay; what isn't ours is started from where it lies."""
    start = Start([r"C:\old\robot.exe", "run", "--config", r"D:\a b\robot.toml"], "C:\\", {})
    assert start.by(Path("/new")) == [str(Path("/new/robot.exe")), "run", "--config", r"D:\a b\robot.toml"]
    assert Start(["C:\\python.exe", "-m", "app"], "C:\\", {}).by(Path("/new")) == ["C:\\python.exe", "-m", "app"]


def test_what_was_noted_starts_with_its_folder_and_its_variables(tmp_path: Path):
    """The note is this user's alone, because variables may be secrets; what the bootloader left isn't handed on."""
    code = (
        "import json, os, sys, time; json.dump([os.getcwd(), dict(os.environ)], open(sys.argv[1], 'w')); time.sleep(60)"
    )
    seen = tmp_path / "seen.json"
    environment = {**os.environ, "ROBOT_HOST": "http://orch", "_PYI_ARCHIVE_FILE": "x"}
    with subprocess.Popen([sys.executable, "-c", code, str(seen)], cwd=tmp_path, env=environment) as robot:
        _wait_for(seen)
        note([robot.pid, 2**22 + 1], tmp_path / "robots.json")
        robot.kill()
    assert (tmp_path / "robots.json").stat().st_mode & 0o777 == 0o600
    (start,) = noted(tmp_path / "robots.json")
    start.command[2] = start.command[2].replace("time.sleep(60)", "0")
    seen.unlink()
    process = start_again(start, tmp_path)
    folder, variables = _wait_for(seen)
    assert process.wait(20) == 0
    assert (folder, variables["ROBOT_HOST"]) == (str(tmp_path), "http://orch")
    assert "_PYI_ARCHIVE_FILE" not in variables


def test_without_a_note_nothing_is_started(tmp_path: Path):
    """An installation that had nobody to ask."""
    assert noted(tmp_path / "robots.json") == []


def _wait_for(file: Path):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if file.exists():
            try:
                return json.loads(file.read_text("utf-8"))
            except ValueError:
                pass
        time.sleep(0.02)
    raise AssertionError(file)
