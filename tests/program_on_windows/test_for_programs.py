"""What programs are told by the installed robot, and what policies tell it: real registry, real message file."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from app.orchestrator.vocabulary import JobStatus
from tests.program_on_windows.robot import GUID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.program_on_windows.machine import Machine
    from tests.program_on_windows.robot import InstalledRobot

POLICIES = r"HKLM\Software\Policies\Robot"
READS_THE_MESSAGE_FILE = r"""
    import winreg, win32api, win32con
    place = r"SYSTEM\CurrentControlSet\Services\EventLog\Application\Robot"
    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place, access=winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as key:
        file = winreg.QueryValueEx(key, "EventMessageFile")[0]
    module = win32api.LoadLibraryEx(file, 0, win32con.LOAD_LIBRARY_AS_DATAFILE)
    flags = win32con.FORMAT_MESSAGE_FROM_HMODULE | win32con.FORMAT_MESSAGE_IGNORE_INSERTS
    for language in (0x409, 0x419):
        print(win32api.FormatMessageW(flags, module, 12, language, None).strip())
"""


@pytest.fixture
def policies(machine: Machine) -> Iterator[None]:
    """The administrator prescribes `when_idle = "exit"` and `notifications = false`; taken back afterwards."""
    machine.run("reg", "add", POLICIES, "/v", "when_idle", "/t", "REG_SZ", "/d", "exit", "/f")
    machine.run("reg", "add", POLICIES, "/v", "notifications", "/t", "REG_DWORD", "/d", "0", "/f")
    yield
    machine.run("reg", "delete", POLICIES, "/f")


@pytest.mark.usefixtures("policies")
def test_a_policy_is_in_force_and_shown_everywhere(robot: InstalledRobot, machine: Machine) -> None:
    """Over the file's "wait" the robot ends when idle; check, status, the file and the log name the keys."""
    robot.configure(when_idle="wait", metrics_file=machine.windows(robot.home / "robot.prom"), event_log=True)
    job = robot.run_job("счета", "print('done')")
    assert job.status is JobStatus.SUCCESS
    config = ("--config", machine.windows(robot.settings))
    cli = robot.program / "robot-cli.exe"
    found = json.loads(machine.run(cli, "check", *config, "--json").stdout)
    assert found["findings"][0]["facts"]["policies"] == ["when_idle", "notifications"]
    answer = machine.run(cli, "status", *config, "--json")
    assert answer.returncode == 1
    status = json.loads(answer.stdout)
    assert status["condition"] == "ended"
    assert status["status"]["policies"] == ["when_idle", "notifications"]
    assert json.loads((robot.data / "status.json").read_text("utf-8")) == status["status"]
    assert "Set by group policy: when_idle, notifications" in (robot.data / "logs" / "robot.log").read_text("utf-8")
    assert 'robot_runs_total{outcome="success"} 1.0' in (robot.home / "robot.prom").read_text("utf-8")
    machine.run("reg", "add", POLICIES, "/v", "when_idle", "/t", "REG_SZ", "/d", "sleep", "/f")
    said = machine.run(cli, "run", "--headless", *config)
    assert said.returncode == 2
    assert r"HKEY_LOCAL_MACHINE\Software\Policies\Robot" in said.stdout


def test_events_have_their_texts(robot: InstalledRobot, machine: Machine) -> None:
    """Registered by the command that the installer calls, read back by Windows' own reader, removed."""
    cli = robot.program / "robot-cli.exe"
    assert machine.run(cli, "event-source", "register").returncode == 0
    robot.run_job("reader", READS_THE_MESSAGE_FILE)
    english, russian = robot.printed()
    assert english == "The job %1 has failed (%2): %3"
    assert russian.startswith("Работа %1")
    config = ("--config", machine.windows(robot.settings))
    assert machine.run(cli, "event-source", "remove").returncode == 0
    assert machine.run("reg", "query", r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\Robot").returncode
    archive = robot.home / "for support.zip"
    assert machine.run(cli, "diagnose", *config, "--output", machine.windows(archive)).returncode == 0
    with zipfile.ZipFile(archive) as packed:
        assert "logs/robot.log" in packed.namelist()
        assert not [name for name in packed.namelist() if GUID.encode() in packed.read(name)]
