"""A machine whose locale has another encoding than UTF-8."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.contract.orchestrator import SUCCESS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.orchestrator import Orchestrator
    from tests.contract.robot_process import Home


@pytest.mark.parametrize("charmap", ["", "ISO-8859-1", "ISO-8859-5"], ids=["ASCII", "Western", "Cyrillic"])
def test_a_cyrillic_job_runs(robot: Home, orchestrator: Orchestrator, tmp_path: Path, charmap: str) -> None:
    """Its name, its log and its output are what they are elsewhere."""
    robot.environment |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    if charmap:
        if not shutil.which("localedef"):
            pytest.skip("needs localedef")
        locale = f"ru_RU.{charmap}" if charmap.endswith("5") else f"en_US.{charmap}"
        made = subprocess.run(
            ["localedef", "-i", locale.partition(".")[0], "-f", charmap, tmp_path / locale],
            capture_output=True,
            check=False,
        )
        if made.returncode:
            pytest.skip("the locales' sources are not installed")
        robot.environment |= {"LC_ALL": locale, "LOCPATH": str(tmp_path)}
    if charmap == "ISO-8859-5":  # the terminal's own would be, and the test reads UTF-8
        robot.environment["PYTHONIOENCODING"] = "utf-8"
    robot.script("отчёт", "import sys\nprint('готово', sys.stdout.encoding)")
    job = orchestrator.queue("отчёт")
    ended = robot.run_robot()
    assert ended.code == 0, ended
    assert job.final == SUCCESS
    (log,) = (robot.data / "logs" / "jobs").rglob("*отчёт*.log")
    assert "готово utf-8" in log.read_text("utf-8").splitlines()
