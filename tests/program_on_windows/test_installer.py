"""The installer: silent installation, upgrade while a robot works, removal."""

from __future__ import annotations

import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from app.orchestrator.vocabulary import JobStatus
from tests.program_on_windows.machine import ON_WINDOWS, SECONDS, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.program_on_windows.machine import Machine
    from tests.program_on_windows.robot import InstalledRobot

GUID = "11111111-2222-3333-4444-555555555555"
UNINSTALL_KEY = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\Robot"
EVENT_SOURCE = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\Robot"
FILES_FAILED = 2
AT_WORK = 3
NOT_ADMIN_OR_OK = {0, 4}
WRONG_PARAMETER = 5
UNPACK_SECONDS = 90.0  # forty megabytes, on a busy machine


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


def test_settings_and_autostart_of_a_fleet_come_from_the_command_line(
    machine: Machine, program: Path, setup_program: Path, user_settings: Path
):
    """What was told stands in robot.toml and Task Scheduler, the GUID nowhere else; the next call adds to it."""
    scripts = r"\\server\Общая папка\скрипты"
    told = ["/HOST=https://orch.example/robots", f"/GUID={GUID}", f"/SCRIPTS={scripts}", "/AUTOSTART=task"]
    assert machine.run(setup_program, "/S", *told).returncode == 0
    settings = tomllib.loads(user_settings.read_text(encoding="utf-8-sig"))
    assert settings == {"host": "https://orch.example/robots", "robot_guid": GUID, "scripts": scripts}
    holders = [
        file
        for file in machine.home.rglob("*")
        if file.is_file() and not file.is_relative_to(program) and _holds(file, GUID)
    ]
    assert holders == [user_settings]
    assert GUID not in machine.run("reg", "query", "HKCU", "/s").stdout
    assert "Task Scheduler (switched on)" in machine.run(program / "robot-cli.exe", "autostart", "status").stdout

    user_settings.write_text(
        user_settings.read_text(encoding="utf-8-sig") + "\nwhen_idle = 'wait' # ours\n", encoding="utf-8"
    )
    assert machine.run(setup_program, "/S", "/HOST=http://other:4500", "/AUTOSTART=none").returncode == 0
    text = user_settings.read_text(encoding="utf-8-sig")
    assert tomllib.loads(text) == settings | {"host": "http://other:4500", "when_idle": "wait"}
    assert "# ours" in text
    assert "Autostart is off" in machine.run(program / "robot-cli.exe", "autostart", "status").stdout


def _holds(file: Path, text: str) -> bool:
    data = file.read_bytes()
    return text.encode() in data or text.encode("utf-16-le") in data


def test_wrong_parameters_change_nothing_and_the_log_says_why(
    machine: Machine, setup_program: Path, user_settings: Path
):
    """All that is wrong is said at once, by the rules of the settings; nothing is unpacked, and no value is told."""
    elsewhere = machine.drive / "elsewhere"
    log = _log_of_setup(machine)
    log.unlink(missing_ok=True)
    done = machine.run(
        setup_program,
        *(
            "/S",
            "/HOST=orch:4500",
            f"/GUID={GUID}x",
            "/SCRIPTS=C:\\scripts\\",
            "/WAIT=abc",
            "/AUTOSTART=TASK",
            "/AUTOSTRAT=task",
        ),
        f"/D={machine.windows(elsewhere)}",
    )
    assert done.returncode == WRONG_PARAMETER
    said = log.read_text("utf-8")
    for name in ("/HOST", "/GUID", "/SCRIPTS", "/WAIT", "/AUTOSTART", "/AUTOSTRAT"):
        assert f"{name}: " in said, said
    assert "is not the address of an Orchestrator → write it with its scheme" in said
    assert GUID not in said
    assert not elsewhere.exists()
    assert not user_settings.exists()

    done = machine.run(setup_program, "/S", '/SCRIPTS=C:\\scripts" /HOST=http://orch')
    assert done.returncode == WRONG_PARAMETER
    assert "/SCRIPTS: has a quotation mark in its value" in log.read_text("utf-8")
    assert not user_settings.exists()


def _log_of_setup(machine: Machine) -> Path:
    temp = machine.local / "Temp" if ON_WINDOWS else machine.home / "Temp"
    return temp / "Robot-setup.log"


WAITS = """
    import pathlib, time
    print("ready", flush=True)
    while not pathlib.Path("done").exists():
        time.sleep(0.1)
    print("finished", flush=True)
"""


@pytest.fixture
def startup_entry(machine: Machine, program: Path) -> Iterator[Path]:
    """The shortcut that starts the robot at log-on; gone afterwards."""
    assert machine.run(program / "robot-cli.exe", "autostart", "enable", "--startup").returncode == 0
    yield machine.roaming / "Microsoft/Windows/Start Menu/Programs/StartUp/Robot.lnk"
    machine.run(program / "robot-cli.exe", "autostart", "disable")


def test_an_impatient_upgrade_or_removal_leaves_everything_as_it_was(
    robot: InstalledRobot, machine: Machine, setup_program: Path, startup_entry: Path
):
    """With a job at work both end with 3: program, entry and robot stay, and the robot takes the next job."""
    robot.configure(when_idle="wait")
    job, process = robot.begin_job("долгая задача", WAITS)
    before = _files(robot.program)
    assert machine.run(setup_program, "/S", "/WAIT=0.02").returncode == AT_WORK
    log = _log_of_setup(machine)
    said = "Ended with 3: a robot was still at work"
    assert said in log.read_text("utf-8")
    log.unlink()
    machine.run(robot.program / "uninstall.exe", "/S", "/WAIT=0.02")  # copies itself away and returns at once
    assert eventually(lambda: log.exists() and said in log.read_text("utf-8", "replace"))
    assert (job.status, process.poll()) == (JobStatus.IN_PROGRESS, None)
    assert _files(robot.program) == before
    assert startup_entry.exists()
    (robot.scripts / "done").touch()
    assert robot.wait_final(job) is JobStatus.SUCCESS
    assert robot.wait_final(robot.queue("следующая", "print('taken')")) is JobStatus.SUCCESS
    assert process.poll() is None


def _files(folder: Path) -> dict[str, int]:
    return {str(file.relative_to(folder)): file.stat().st_mtime_ns for file in folder.rglob("*")}


def test_a_patient_upgrade_into_another_folder_takes_robot_and_autostart_along(
    robot: InstalledRobot, machine: Machine, setup_program: Path, startup_entry: Path
):
    """It waits for the job and for every robot; the old folder goes; what ran runs again, started as it was before."""
    robot.configure(when_idle="wait")
    job, process = robot.begin_job("долгая задача", WAITS)
    elsewhere = machine.drive / "ДругаяПапка" / "Robot"  # the shell of this side would quote a blank
    try:
        upgrade = machine.start(
            setup_program, "/S", "/WAIT=2", f"/D={machine.windows(elsewhere)}", output=robot.home / "setup.txt"
        )
        assert eventually((elsewhere / ".new" / "robot.exe").exists, UNPACK_SECONDS)
        assert eventually(lambda: any(r.form.get("Status") == "2" for r in robot.sandbox.requests))
        assert (upgrade.poll(), job.status) == (None, JobStatus.IN_PROGRESS)
        (robot.scripts / "done").touch()
        assert upgrade.wait(3 * SECONDS) == 0
        assert process.wait(SECONDS) == 0
        assert robot.wait_final(job) is JobStatus.SUCCESS
        assert not (robot.program / "robot.exe").exists()
        assert not list(elsewhere.glob(".*"))
        status = machine.run(elsewhere / "robot-cli.exe", "autostart", "status").stdout
        assert machine.windows(elsewhere / "robot.exe") in status
        assert robot.wait_final(robot.queue("следующая", "print('taken')")) is JobStatus.SUCCESS
        assert machine.processes("--config", "ДругаяПапка")
        assert machine.nothing_left("--config", "Programs\\Robot\\")
    finally:
        machine.end_everything()
        machine.run(elsewhere / "uninstall.exe", "/S")
        assert eventually(lambda: not elsewhere.exists(), UNPACK_SECONDS)
        assert machine.run(setup_program, "/S").returncode == 0  # for the tests that follow


HOLDS = "import sys, time; file = open(sys.argv[1]); print('held', flush=True); time.sleep(600)"


def test_programs_that_cannot_change_places_go_back(robot: InstalledRobot, machine: Machine, setup_program: Path):
    """Somebody holds a file of the old program: exit code 2, every file as it was, the robot behind its tray again."""
    robot.configure(when_idle="wait")
    robot.start(headless=False)
    assert eventually(lambda: robot.sandbox.requests), robot.said()
    before = _files(robot.program)
    held = robot.home / "held.txt"
    machine.start(_python(machine), "-c", HOLDS, machine.windows(robot.program / "LICENSE"), output=held)
    assert eventually(lambda: held.exists() and "held" in held.read_text("utf-8", "replace"))
    assert machine.run(setup_program, "/S", "/WAIT=1").returncode == FILES_FAILED
    assert _files(robot.program) == before
    assert eventually(lambda: machine.processes("robot.exe", "--config", robot.settings.name))
    heard = len(robot.sandbox.requests)
    assert eventually(lambda: len(robot.sandbox.requests) > heard)
    assert robot.wait_final(robot.queue("следующая", "print('taken')")) is JobStatus.SUCCESS


# ---------------------------------------------------------------------------------------------- removal


def test_removal_keeps_what_is_the_users_until_purge(machine: Machine, setup_program: Path, user_settings: Path):
    """The program, its entries and its autostart go; settings, journal, logs and the stored GUID stay, until /PURGE."""
    told = machine.run(setup_program, "/S", "/HOST=http://orch:4500", f"/GUID={GUID}", "/AUTOSTART=startup")
    assert told.returncode == 0
    program = machine.local / "Programs" / "Robot"
    startup = machine.roaming / "Microsoft/Windows/Start Menu/Programs/StartUp/Robot.lnk"
    assert startup.exists()
    data = machine.local / "Robot"
    users = [data / name for name in ("journal.sqlite3", "journal.damaged-20261125.sqlite3", "history.html")]
    users += [data / "logs" / "jobs" / "a.log", data / "status.json"]
    script = user_settings.parent / "scripts" / "мой.py"
    for file in (*users, script):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("kept", "utf-8")
    login = machine.start(program / "robot-cli.exe", "login", output=machine.home / "login.txt", typed=f"{GUID}\n")
    assert login.wait(SECONDS) == 0
    try:
        _uninstall(machine, program)
        assert not startup.exists()
        assert not (machine.roaming / "Microsoft/Windows/Start Menu/Programs/Robot.lnk").exists()
        assert machine.run("reg", "query", UNINSTALL_KEY).returncode != 0
        assert [file for file in (*users, user_settings) if not file.exists()] == []
        assert _stored(machine)
        assert machine.run(setup_program, "/S").returncode == 0
        _uninstall(machine, program, "/PURGE")
        assert not user_settings.exists()
        assert not data.exists()
        assert not _stored(machine)
        assert script.exists()
    finally:
        machine.run(setup_program, "/S")  # for the tests that follow


def _stored(machine: Machine) -> bool:
    """Whether Credential Manager holds a robot's GUID."""
    code = "import win32cred; print([c['TargetName'] for c in win32cred.CredEnumerate(None, 0)])"
    return "Robot" in machine.run(_python(machine), "-c", code).stdout


def _python(machine: Machine) -> str:
    """A Python of that machine."""
    from wine import toolchain

    return str(toolchain.ensure().python if machine.prefix else sys.executable)


def _uninstall(machine: Machine, program: Path, *switches: str) -> None:
    # The uninstaller copies itself away and returns at once.
    machine.run(program / "uninstall.exe", "/S", *switches)
    assert eventually(lambda: not program.exists(), UNPACK_SECONDS)


def test_for_all_users_the_guid_stays_with_the_account_that_brings_it(machine: Machine, setup_program: Path):
    """Address and scripts stand in the machine's file, the GUID in this user's alone; both make the settings."""
    shared = machine.drive / "ProgramData" / "Robot" / "robot.toml"
    own = machine.roaming / "Robot" / "robot.toml"
    done = machine.run(setup_program, "/S", "/ALLUSERS", "/HOST=http://orch:4500", f"/GUID={GUID}")
    program = machine.drive / "Program Files" / "Robot"
    try:
        assert done.returncode == 0, _log_of_setup(machine).read_text("utf-8")
        assert tomllib.loads(shared.read_text("utf-8-sig"))["host"] == "http://orch:4500"
        assert GUID not in shared.read_text("utf-8-sig")
        assert tomllib.loads(own.read_text("utf-8-sig")) == {"robot_guid": GUID}
        said = machine.run(program / "robot-cli.exe", "check", "--json").stdout
        assert "orch" in said
        assert "settings" in said
        assert machine.run("reg", "query", EVENT_SOURCE, "/v", "EventMessageFile").returncode == 0
    finally:
        _uninstall(machine, program, "/PURGE")
    assert machine.run("reg", "query", EVENT_SOURCE).returncode != 0
    assert not shared.exists()
    assert not own.exists()
