"""The installed program from log-on to the end of the session, and every command beside `run`."""

from __future__ import annotations

import json
import re
import tomllib
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.journal.journal import Journal
from app.orchestrator.vocabulary import JobStatus
from app.tray.icon import Face
from tests.program_on_windows.machine import ON_WINDOWS, SECONDS, eventually
from tests.program_on_windows.robot import GUID, InstalledRobot
from tests.program_on_windows.tray_hands import Tray

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from tests.program_on_windows.machine import Machine

    Run = Callable[..., subprocess.CompletedProcess[str]]

OTHER_GUID = "11111111-2222-3333-4444-555555555555"
END_SESSION = Path(__file__).parents[1] / "system" / "probes" / "end_session.py"
WITH_A_GRANDCHILD = """
    import subprocess, time
    subprocess.Popen(["cmd", "/c", "ping", "-n", "600", "127.0.0.1"], stdout=subprocess.DEVNULL)
    print("ready", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def cli(machine: Machine, program: Path) -> Run:
    """Runs one command of robot-cli.exe to its end."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return machine.run(program / "robot-cli.exe", *arguments, **variables)

    return run


# ---------------------------------------------------------------------------------------------- autostart


@pytest.fixture
def entries(machine: Machine, cli: Run) -> Iterator[Callable[[], list[str]]]:
    """What lies on the disk of autostart entries; they are removed afterwards."""
    tasks = Path("C:/Windows/System32/Tasks")
    if machine.prefix is not None:
        tasks = machine.prefix.drive_c / "windows" / "system32" / "tasks"
    startup = machine.roaming / "Microsoft/Windows/Start Menu/Programs/StartUp"
    yield lambda: sorted(file.name for folder in (tasks, startup) for file in folder.glob("Robot*"))
    cli("autostart", "disable")


def test_autostart_through_task_scheduler(cli: Run, program: Path, machine: Machine, entries: Callable[[], list[str]]):
    """`enable --task` and `status` name the one entry, which starts the installed robot.exe; `disable` removes it."""
    before = cli("autostart", "status")
    assert (before.returncode, "Autostart is off" in before.stdout) == (0, True)
    enabled = cli("autostart", "enable", "--task")
    status = cli("autostart", "status")
    assert (enabled.returncode, status.returncode) == (0, 0)
    assert enabled.stdout == status.stdout
    assert "Autostart is on" in status.stdout
    assert "Task Scheduler (switched on): Robot-S-1-5-21-" in status.stdout
    if ON_WINDOWS:  # Wine keeps neither a task's command nor its triggers
        assert f"{machine.windows(program / 'robot.exe')} run" in status.stdout.replace('"', "")
    else:
        assert [name[:12] for name in entries()] == ["Robot-S-1-5-"]
    disabled = cli("autostart", "disable")
    assert (disabled.returncode, disabled.stdout) == (0, before.stdout)
    assert cli("autostart", "status").stdout == before.stdout
    assert entries() == []


def test_autostart_through_the_startup_folder(
    cli: Run, program: Path, machine: Machine, entries: Callable[[], list[str]]
):
    """The shortcut takes the task's place; it starts the installed robot.exe with the settings that were named."""
    cli("autostart", "enable", "--task")
    settings = machine.windows(machine.home / "Мои роботы" / "robot.toml")
    assert cli("autostart", "enable", "--startup", "--config", settings).returncode == 0
    status = cli("autostart", "status").stdout
    assert "Task Scheduler" not in status
    assert "Startup folder (switched on)" in status
    assert f'"{machine.windows(program / "robot.exe")}" run --config "{settings}"' in status
    assert entries() == ["Robot.lnk"]
    assert "Autostart is off" in cli("autostart", "disable").stdout
    assert entries() == []


def test_the_schedule_brings_back_who_was_killed_and_nobody_who_ended(robot: InstalledRobot, cli: Run):
    """The task's command is called again and again: it starts a robot that was killed, not one that was told to end."""
    robot.configure(when_idle="wait")
    settings = ("--config", robot.machine.windows(robot.settings))

    def heard() -> bool:
        before = len(robot.sandbox.requests)
        return bool(eventually(lambda: len(robot.sandbox.requests) > before))

    def by_schedule() -> subprocess.Popen[bytes]:
        exe = robot.program / "robot-cli.exe"
        return robot.machine.start(exe, "run", "--headless", "--by-schedule", *settings, output=robot.output)

    first = by_schedule()
    assert heard(), robot.said()
    assert cli("run", "--headless", "--by-schedule", *settings).returncode == 5  # and says nothing
    robot.machine.kill_robots()
    robot.ended(first)
    second = by_schedule()
    assert heard(), robot.said()
    assert cli("finish", "--wait", "1").returncode == 0
    assert robot.ended(second) == 0
    heard_before = len(robot.sandbox.requests)
    assert cli("run", "--headless", "--by-schedule", *settings).returncode == 0
    assert len(robot.sandbox.requests) == heard_before
    by_hand = robot.start()
    assert heard(), robot.said()
    assert cli("finish", "--all-sessions", "--wait", "1").returncode == 0
    assert robot.ended(by_hand) == 0


# ---------------------------------------------------------------------------------------------- one robot, two robots


def test_one_robot_per_guid_and_others_beside_it(robot: InstalledRobot, cli: Run):
    """A second start ends with 5 and words; a robot of another GUID works beside the first; `finish` ends them."""
    robot.configure(when_idle="wait")
    first = robot.start()
    assert eventually(lambda: robot.sandbox.requests), robot.said()
    second = cli("run", "--headless", "--config", robot.machine.windows(robot.settings))
    assert second.returncode == 5
    assert "already running" in second.stdout
    assert GUID not in second.stdout

    robot.sandbox.add_robot(OTHER_GUID, "Склад")
    robot.settings = robot.home / "другой.toml"  # a changed file would be read by the first one
    robot.configure(robot_guid=OTHER_GUID, data_dir=robot.machine.windows(robot.home / "другой"))
    robot.script("остатки", "print('посчитаны')")
    job = robot.sandbox.queue_job("остатки", robot_guid=OTHER_GUID)
    assert robot.ended(robot.start()) == 0, robot.said()
    assert job.final_reports == [JobStatus.SUCCESS]

    assert first.poll() is None
    assert cli("finish", "--wait", "1").returncode == 0
    assert robot.ended(first) == 0


# ---------------------------------------------------------------------------------------------- the end of the session


@pytest.fixture
def end_session(machine: Machine) -> Iterator[Callable[[], None]]:
    """Another program of this session ends it; after the test the user logs on again."""
    if ON_WINDOWS:
        pytest.skip("it would end the session of the tests themselves")
    from wine import toolchain

    yield lambda: machine.run(toolchain.ensure().python, machine.windows(END_SESSION))
    machine.prefix.kill()


def _in_the_journal(robot: InstalledRobot, guid: str) -> tuple[JobStatus | None, int]:
    """The job's status there, and how many reports wait for their delivery."""
    journal = Journal.open_to_read(robot.data / "journal.sqlite3")
    try:
        return journal.job(guid).status, len(journal.outbox())
    finally:
        journal.close()


@pytest.mark.parametrize("with_tray", [False, True], ids=["on the console", "behind the tray"])
def test_a_job_that_the_end_of_the_session_cuts_short_is_aborted(
    robot: InstalledRobot, end_session: Callable[[], None], *, with_tray: bool
):
    """It is journaled and reported as Aborted, once, before the robot ends; nothing of its process tree lives on."""
    job = robot.queue("долгая", WITH_A_GRANDCHILD)
    if with_tray:
        tray = Tray(robot)
        tray.show(Face.WORKING)
        process = tray.process
    else:
        process = robot.start()
    assert eventually(lambda: robot.machine.processes("ping", "600"))
    end_session()
    assert robot.wait_final(job) is JobStatus.ABORTED
    robot.ended(process)
    assert eventually(lambda: robot.machine.robots() + robot.machine.processes("ping") == [])
    assert _in_the_journal(robot, job.guid) == (JobStatus.ABORTED, 0)
    assert job.reported == [JobStatus.IN_PROGRESS, JobStatus.ABORTED]


def test_an_abort_that_could_not_be_reported_waits_for_the_next_log_on(
    robot: InstalledRobot, end_session: Callable[[], None]
):
    """With the Orchestrator away at the end of the session, the next start delivers one Aborted and runs nothing."""
    job, process = robot.begin_job("долгая", WITH_A_GRANDCHILD)
    robot.server.stop()
    end_session()
    robot.ended(process)
    assert eventually(lambda: robot.machine.robots() + robot.machine.processes("ping") == [])
    assert _in_the_journal(robot, job.guid) == (JobStatus.ABORTED, 1)
    assert job.final_reports == []
    robot.machine.prefix.kill()

    robot.server.start()
    assert robot.ended(robot.start()) == 0, robot.said()
    assert job.reported == [JobStatus.IN_PROGRESS, JobStatus.ABORTED]
    assert (job.repeats, job.times_consumed) == (0, 1)
    assert _in_the_journal(robot, job.guid) == (JobStatus.ABORTED, 0)
    assert robot.job_output().count("ready") == 1


# ---------------------------------------------------------------------------------------------- every other command


@pytest.fixture
def usual_places(machine: Machine) -> Iterator[Path]:
    """The folder of the user's settings; what a robot leaves in the usual places is removed afterwards."""
    from shutil import rmtree

    folders = (machine.roaming / "Robot", machine.local / "Robot", machine.roaming / "Sherpa RPA Python")
    yield folders[0]
    for folder in folders:
        rmtree(folder, ignore_errors=True)


def test_a_machine_of_the_vendors_robot_is_taken_over(robot: InstalledRobot, cli: Run, usual_places: Path):
    """`import-settings` finds the vendor's file, `check` says yes, a job runs, `history` shows it: no option given."""
    vendor = robot.machine.roaming / "Sherpa RPA Python" / "settings.txt"
    vendor.parent.mkdir()
    vendor.write_bytes(f"{GUID}\r\n{robot.server.url}/\r\n0\r\n".encode("utf-8-sig"))
    imported = cli("import-settings")
    assert imported.returncode == 0, imported.stdout
    assert "settings.txt" in imported.stdout
    written = tomllib.loads((usual_places / "robot.toml").read_text("utf-8-sig"))
    assert written == {"host": robot.server.url, "robot_guid": GUID, "when_idle": "exit"}
    assert cli("import-settings").returncode == 2  # nothing is overwritten

    (usual_places / "scripts").mkdir(exist_ok=True)  # other tests of this machine have theirs there
    (usual_places / "scripts" / "счета.py").write_text("print('готово')", encoding="utf-8")
    assert _findings(cli("check", "--json"), 0)["guid"] == "ok"
    job = robot.sandbox.queue_job("счета")
    worked = cli("run", "--headless")
    assert worked.returncode == 0, worked.stdout
    assert job.final_reports == [JobStatus.SUCCESS]
    assert f"Took job {job.guid}: счета" in worked.stdout

    page = robot.home / "История запусков.html"
    history = cli("history", "--output", robot.machine.windows(page))
    assert history.returncode == 0, history.stdout
    assert page.name in history.stdout
    assert "счета" in page.read_text("utf-8")


def test_check_tells_programs_what_is_wrong(robot: InstalledRobot, cli: Run):
    """Each finding is there whatever is wrong, and the exit code says where to look: settings, GUID, network."""
    settings = robot.machine.windows(robot.settings)
    findings = _findings(cli("check", "--json", "--config", settings, ROBOT_LANGUAGE="ru"), 0)
    assert set(findings) == {
        *("settings", "proxy", "dns", "tcp", "tls", "http", "clock", "guid", "scripts", "interpreter"),
        *("data_dir", "journal", "session", "log_off", "autostart"),
    }
    assert [name for name, level in findings.items() if level not in {"ok", "warning"}] == ["tls"]  # plain http

    robot.sandbox.robots.clear()
    assert _findings(cli("check", "--json", "--config", settings), 3)["guid"] == "error"
    robot.server.stop()
    away = _findings(cli("check", "--json", "--config", settings), 4)
    assert (away["tcp"], away["guid"]) == ("error", "skipped")
    assert away.keys() == findings.keys()
    robot.settings.write_text("when_idle = 'sometimes'\n", encoding="utf-8")
    assert _findings(cli("check", "--json", "--config", settings), 2)["settings"] == "error"


def _findings(done: subprocess.CompletedProcess[str], code: int) -> dict[str, str]:
    """The level of each finding, from an answer that is all JSON and agrees with its exit code."""
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["exit_code"], answer["ok"]) == (code, code, code == 0), done.stdout
    return {finding["name"]: finding["level"] for finding in answer["findings"]}


def test_the_demo_tells_its_story_in_russian(cli: Run):
    """It ends with 0 after its four jobs, and no letter of its words is lost on the way."""
    done = cli("demo", "--headless", ROBOT_LANGUAGE="ru")
    assert done.returncode == 0, done.stdout
    assert "Встроенный Оркестратор работает по адресу http://127.0.0.1:" in done.stdout
    table = done.stdout[done.stdout.index("Работы демонстрации") :]
    outcomes = re.findall(r"Успешно|Ошибка|Остановлена", table)
    assert sorted(outcomes) == ["Остановлена", "Ошибка", "Успешно", "Успешно"]


@pytest.mark.parametrize("encoding", ["cp866", "cp1251", "utf-8"])
def test_a_pipe_gets_the_encoding_that_was_chosen(machine: Machine, program: Path, tmp_path: Path, encoding: str):
    """Russian words, readable at the other end; without a choice it is the console's code page."""
    output = tmp_path / "output.txt"
    started = {"output": output, "ROBOT_LANGUAGE": "ru", "PYTHONUTF8": "0"}
    machine.start(program / "robot-cli.exe", "--help", PYTHONIOENCODING=encoding, **started).wait(SECONDS)
    assert eventually(lambda: "Использование: robot" in output.read_bytes().decode(encoding, "replace"))
    machine.start(program / "robot-cli.exe", "--help", **started).wait(SECONDS)
    assert eventually(lambda: output.read_bytes().count(b"--help") >= 2)
    assert b"Traceback" not in output.read_bytes()
    machine.end_everything()


def test_the_sandbox_serves_its_page(machine: Machine, program: Path, tmp_path: Path):
    """`sandbox` says its address, and a browser finds the page there."""
    output = tmp_path / "output.txt"
    machine.start(program / "robot-cli.exe", "sandbox", "--port", "0", output=output)
    try:
        url = eventually(lambda: re.search(r"http://127\.0\.0\.1:\d+", output.read_text("utf-8")))
        with urllib.request.urlopen(url[0], timeout=SECONDS) as answer:
            assert answer.status == 200
            assert "<html" in answer.read().decode()
    finally:
        machine.end_everything()


def test_the_guid_can_live_in_credential_manager(robot: InstalledRobot, cli: Run):
    """After `login` the robot works without robot_guid in its file; after `login --forget` it asks for one again."""
    config = ("--config", robot.machine.windows(robot.settings))
    lines = robot.settings.read_text("utf-8").splitlines()
    robot.settings.write_text("\n".join(line for line in lines if "robot_guid" not in line), encoding="utf-8")
    assert cli("run", "--headless", *config).returncode == 2

    def login(typed: str) -> int | None:
        return robot.ended(
            robot.machine.start(robot.program / "robot-cli.exe", "login", *config, output=robot.output, typed=typed)
        )

    assert login("no GUID\n") == 2
    assert login(f"{GUID}\n") == 0, robot.said()
    worked = cli("run", "--headless", *config)
    assert worked.returncode == 0, worked.stdout
    assert robot.sandbox.robots[GUID].seen_at
    assert GUID not in robot.said() + worked.stdout

    assert "forgotten" in cli("login", "--forget", *config).stdout
    again = cli("run", "--headless", *config)
    assert (again.returncode, "robot_guid" in again.stdout) == (2, True)
