"""`robot import-settings`: what it writes is what the robot takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app import cli
from app.base.errors import ExitCode
from app.settings.loading import load_settings

if TYPE_CHECKING:
    from pathlib import Path

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"


@pytest.mark.parametrize(("digit", "when_idle"), [("0", "exit"), ("1", "logoff"), ("", "logoff")])
def test_what_is_written_is_complete(tmp_path: Path, digit: str, when_idle: str) -> None:
    """The robot starts with the written file as it is."""
    vendor, target = tmp_path / "settings.txt", tmp_path / "robot.toml"
    vendor.write_text(f"{{{GUID}}}\n https://оркестратор:4500/sherpa/ \n{digit}")
    assert cli.main(["import-settings", str(vendor), "--config", str(target)]) == ExitCode.OK
    settings = load_settings(target, {}).settings
    assert (settings.guid, settings.host) == (GUID, "https://оркестратор:4500/sherpa")
    assert settings.when_idle == when_idle


def test_an_address_that_the_robot_refuses_is_not_taken_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A password in the address is said with its line, not repeated, and nothing is written."""
    vendor, target = tmp_path / "settings.txt", tmp_path / "robot.toml"
    vendor.write_text(f"{GUID}\nhttp://me:hunter2@orchestrator\n1")
    assert cli.main(["import-settings", str(vendor), "--config", str(target)]) == ExitCode.USAGE
    said = "".join(capsys.readouterr())
    assert "Line 2" in said
    assert "hunter2" not in said
    assert not target.exists()
