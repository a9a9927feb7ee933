"""The installer: silent installation, upgrade while a robot works, removal."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from app.orchestrator.vocabulary import JobStatus
from tests.program_on_windows.machine import SECONDS, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.program_on_windows.machine import Machine
    from tests.program_on_windows.robot import InstalledRobot

GUID = "11111111-2222-3333-4444-555555555555"
UNINSTALL_KEY = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\Robot"
AT_WORK = 3
NOT_ADMIN_OR_OK = {0, 4}
WRONG_PARAMETER = 5


@pytest.fixture
def user_settings(machine: Machine) -> Iterator[Path]:
    """The settings file of the user; gone afterwards."""
    file = machine.roaming / "Robot" / "robot.toml"
    file.unlink(missing_ok=True)
    yield file
    file.unlink(missing_ok=True)


def test_the_program_says_its_version(machine: Machine, program: Path):
    """What was installed runs, and is the version of the registry's entry."""
    said = machine.run(program / "robot-cli.exe", "--version").stdout.strip()
    entry = machine.run("reg", "query", UNINSTALL_KEY, "/v", "DisplayVersion").stdout
    assert said.startswith("robot ")
    assert said.removeprefix("robot ") in entry


def test_a_shortcut_starts_the_robot(machine: Machine, program: Path):
    """The Start menu has one entry."""
    assert (program / "uninstall.exe").exists()
    assert (machine.roaming / "Microsoft/Windows/Start Menu/Programs/Robot.lnk").exists()


def test_settings_of_a_fleet_come_from_the_command_line(
    machine: Machine, program: Path, setup_program: Path, user_settings: Path
):
    """Address, GUID and a Cyrillic folder with blanks stand in robot.toml; a second call changes only what it names."""
    scripts = r"\\server\Общая папка\скрипты"
    machine.run(setup_program, "/S", "/HOST=https://orch.example/robots", f"/GUID={GUID}", f"/SCRIPTS={scripts}")
    settings = tomllib.loads(user_settings.read_text(encoding="utf-8"))
    assert settings == {"host": "https://orch.example/robots", "robot_guid": GUID, "scripts": scripts}
    user_settings.write_text(
        user_settings.read_text(encoding="utf-8") + "\nwhen_idle = 'wait' # ours\n", encoding="utf-8"
    )
    machine.run(setup_program, "/S", "/HOST=http://other:4500")
    text = user_settings.read_text(encoding="utf-8")
    assert tomllib.loads(text) == settings | {"host": "http://other:4500", "when_idle": "wait"}
    assert "# ours" in text


def test_the_guid_is_only_in_the_settings(machine: Machine, program: Path, setup_program: Path, user_settings: Path):
    """The credential is in no log, no registry value and no other file of the user."""
    machine.run(setup_program, "/S", "/HOST=http://orch:4500", f"/GUID={GUID}")
    holders = [
        file
        for file in machine.home.rglob("*")
        if file.is_file() and not file.is_relative_to(program) and _holds(file, GUID)
    ]
    assert holders == [user_settings]
    assert GUID not in machine.run("reg", "query", "HKCU", "/s").stdout


def _holds(file: Path, text: str) -> bool:
    data = file.read_bytes()
    return text.encode() in data or text.encode("utf-16-le") in data


def test_a_wrong_parameter_changes_nothing(machine: Machine, setup_program: Path, user_settings: Path):
    """/AUTOSTART=sometimes is refused with its exit code, before anything is written."""
    done = machine.run(setup_program, "/S", "/AUTOSTART=sometimes", "/HOST=http://orch:4500")
    assert done.returncode == WRONG_PARAMETER
    assert not user_settings.exists()


def test_an_upgrade_waits_for_the_job(robot: InstalledRobot, machine: Machine, setup_program: Path):
    """A job at work outlasts an impatient upgrade, which changes nothing; a patient one comes after it."""
    robot.configure(when_idle="wait")
    job, process = robot.begin_job(
        "долгая задача",
        """
        import pathlib, time
        print("ready", flush=True)
        while not pathlib.Path("done").exists():
            time.sleep(0.1)
        print("finished")
        """,
    )
    before = (robot.program / "robot.exe").stat().st_mtime_ns
    assert machine.run(setup_program, "/S", "/WAIT=0.02").returncode == AT_WORK
    assert job.status is JobStatus.IN_PROGRESS
    assert (robot.program / "robot.exe").stat().st_mtime_ns == before
    assert (robot.program / "_internal" / "python313.dll").exists()
    (robot.scripts / "done").touch()
    assert machine.run(setup_program, "/S", "/WAIT=1").returncode == 0
    assert process.wait(SECONDS) == 0
    assert robot.wait_final(job) is JobStatus.SUCCESS
    assert "finished" in robot.job_output()


def test_removal_keeps_what_is_the_users(machine: Machine, setup_program: Path, user_settings: Path):
    """The program, its entries and its autostart go; settings and logs stay, until /PURGE."""
    machine.run(setup_program, "/S", "/HOST=http://orch:4500", f"/GUID={GUID}", "/AUTOSTART=startup")
    program = machine.local / "Programs" / "Robot"
    logs = machine.local / "Robot" / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    startup = machine.roaming / "Microsoft/Windows/Start Menu/Programs/StartUp/Robot.lnk"
    assert startup.exists()
    try:
        _uninstall(machine, program)
        assert not startup.exists()
        assert not (machine.roaming / "Microsoft/Windows/Start Menu/Programs/Robot.lnk").exists()
        assert machine.run("reg", "query", UNINSTALL_KEY).returncode != 0
        assert user_settings.exists()
        assert logs.exists()
        machine.run(setup_program, "/S")
        _uninstall(machine, program, "/PURGE")
        assert not user_settings.exists()
        assert not logs.exists()
    finally:
        machine.run(setup_program, "/S")  # for the tests that follow


def _uninstall(machine: Machine, program: Path, *switches: str) -> None:
    # The uninstaller copies itself away and returns at once.
    machine.run(program / "uninstall.exe", "/S", *switches)
    assert eventually(lambda: not program.exists())
