"""The menu of robot.exe: every item is clicked, and what it does is seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import requests

from app import __version__
from app.orchestrator.vocabulary import JobStatus
from app.tray.icon import Face
from tests.program_on_windows.machine import ON_WINDOWS, SECONDS, eventually

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from app.sandbox.records import SandboxJob
    from tests.program_on_windows.machine import Machine
    from tests.program_on_windows.robot import InstalledRobot
    from tests.program_on_windows.tray_hands import Tray

pytestmark = pytest.mark.skipif(ON_WINDOWS, reason="these hands and eyes are for an X screen")

SLEEPS = "import time\nprint('ready', flush=True)\ntime.sleep(600)\n"
STUBBORN = """
    import subprocess, time
    subprocess.Popen(["ping", "-n", "600", "127.0.0.1"], stdout=subprocess.DEVNULL)
    print("ready", flush=True)
    while True:
        try:
            time.sleep(600)
        except BaseException:
            pass
"""
VIEWER = """
import pathlib, sys
with pathlib.Path(__file__).with_name("viewed.txt").open("a", encoding="utf-8") as file:
    file.write(sys.argv[1] + "\\n")
"""


@pytest.fixture(scope="session")
def viewed(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], list[str]]:
    """What this user's web browser was given so far: a program of ours, so that nothing leaves the machine."""
    from wine import toolchain

    program = tmp_path_factory.mktemp("viewer") / "viewer.py"
    program.write_text(VIEWER, "utf-8")
    python = toolchain.ensure().python.with_name("pythonw.exe")
    command = f'"{machine.windows(python)}" "{machine.windows(program)}" "%1"'
    for key, value in {
        r"HKCR\http\shell\open\command": command,
        r"HKCR\.html": "WebPage",
        r"HKCR\WebPage\shell\open\command": command,
    }.items():
        done = machine.run("reg", "add", key, "/ve", "/d", value, "/f")
        assert done.returncode == 0, done.stdout
    record = program.with_name("viewed.txt")
    return lambda: record.read_text("utf-8").splitlines() if record.exists() else []


def begin(robot: InstalledRobot, name: str, text: str) -> SandboxJob:
    """Queue a job and wait until its script has printed `ready`."""
    job = robot.queue(name, text)
    assert eventually(lambda: "ready" in robot.job_output()), robot.said()
    return job


def goes_on(tray: Tray) -> bool:
    """Whether two more heartbeats come, of which one at least began after this call."""
    sandbox = tray.robot.sandbox
    heard = sandbox.requests[-1].number if sandbox.requests else -1

    def beats(_sandbox: object) -> bool:
        return sum(r.number > heard and r.path.endswith("heartbeat") for r in sandbox.requests) >= 2

    return sandbox.wait_for(beats, SECONDS) and tray.process.poll() is None


def notepad(tray: Tray) -> subprocess.Popen[bytes]:
    """Another program of this session, which lives as long as it does."""
    other = tray.robot.machine.start("notepad", output=tray.robot.home / "notepad.txt")
    assert tray.window("notepad.exe", "Notepad")
    return other


# ---------------------------------------------------------------------- the job


def test_stop_is_a_soft_stop(tray: Tray):
    """Stop lets the script wind up; the Orchestrator hears Stopped."""
    job = begin(tray.robot, "спит", SLEEPS)
    tray.choose("stop")
    assert tray.robot.wait_final(job) is JobStatus.STOPPED


def test_force_stop_asks_first(tray: Tray):
    """No leaves the job alone; Yes ends it with all its processes, and the Orchestrator hears Aborted."""
    machine = tray.robot.machine
    job = begin(tray.robot, "упрямый", STUBBORN)
    assert eventually(lambda: machine.processes("ping", "600"))

    tray.choose("force stop")
    assert "упрямый" in tray.read("Force stop")
    tray.answer("Force stop", "no")
    assert goes_on(tray)
    assert job.final_reports == []
    assert machine.processes("ping", "600")
    tray.show(Face.WORKING)

    tray.choose("force stop")
    tray.answer("Force stop", "yes")
    assert tray.robot.wait_final(job) is JobStatus.ABORTED
    assert machine.nothing_left("ping", "600")
    assert machine.nothing_left("упрямый")
    tray.show(Face.READY)
    assert goes_on(tray)


def test_a_log_off_can_be_cancelled(tray: Tray):
    """Cancel log-off: the robot stays and polls, and everything else of the session lives on."""
    robot = tray.robot
    other = notepad(tray)
    robot.configure(when_idle="logoff", logoff_countdown=600, notifications=False)
    tray.show(Face.LEAVING)
    tray.choose("cancel")
    tray.show(Face.READY)
    assert goes_on(tray)
    tray.show(Face.READY)
    assert other.poll() is None


def test_close_ends_the_program(tray: Tray):
    """Close with no job at work ends the program without a question, with nothing left of it."""
    tray.choose("close")
    assert tray.process.wait(SECONDS) == 0
    assert tray.robot.machine.nothing_left()


def test_close_asks_first_while_a_job_runs(tray: Tray):
    """No keeps program and job; Yes aborts the job, reports it and ends the program."""
    robot = tray.robot
    job = begin(robot, "упрямый", STUBBORN)

    tray.choose("close")
    assert "упрямый" in tray.read("Close program")
    tray.answer("Close program", "no")
    assert goes_on(tray)
    assert job.final_reports == []

    tray.choose("close")
    tray.answer("Close program", "yes")
    assert robot.wait_final(job) is JobStatus.ABORTED
    assert tray.process.wait(SECONDS) == 0
    assert robot.machine.nothing_left()
    assert robot.machine.nothing_left("ping", "600")


def test_a_click_on_the_balloon_cancels_the_log_off(tray: Tray):
    """It does what the balloon is about, and the balloon goes with the countdown."""
    robot = tray.robot
    robot.configure(when_idle="logoff", logoff_countdown=600)
    tray.click_the_balloon()
    tray.show(Face.READY)
    assert robot.says("The log-off was cancelled by a person"), robot.said()
    assert tray.balloon_gone()
    assert goes_on(tray)


def test_the_balloon_goes_when_the_log_off_is_cancelled(tray: Tray):
    """Whoever cancels it in the menu is not told any more that it comes."""
    tray.robot.configure(when_idle="logoff", logoff_countdown=600)
    assert tray.balloon()
    tray.choose("cancel")
    assert tray.balloon_gone()


def test_a_second_start_shows_where_the_first_one_is(tray: Tray):
    """It ends with 5 and words in start.log; a balloon comes out of the icon of the one that runs."""
    robot = tray.robot
    second = robot.start(headless=False)
    assert robot.ended(second) == 5
    assert tray.balloon()
    assert "already running" in (robot.data / "logs" / "start.log").read_text("utf-8")
    assert goes_on(tray)


def test_start_with_windows_is_switched(tray: Tray):
    """The tick makes what `robot autostart` tells of, and takes it away again."""
    cli, machine = tray.robot.program / "robot-cli.exe", tray.robot.machine
    tray.choose("autostart")
    assert eventually(lambda: "Autostart is on" in machine.run(cli, "autostart", "status").stdout)
    tray.choose("autostart")
    assert eventually(lambda: "Autostart is off" in machine.run(cli, "autostart", "status").stdout)
    assert goes_on(tray)


# ---------------------------------------------------------------------- what opens


def test_logs_open(tray: Tray):
    """Logs: the job's and the robot's own while both are being written, their folder, and the last job's log."""
    robot = tray.robot
    job = begin(robot, "спит", SLEEPS)
    (log,) = (robot.data / "logs" / "jobs").rglob("*.log")

    tray.choose("logs", "this job")
    assert tray.window("notepad.exe", log.name), robot.said()
    tray.choose("logs", "robot")
    assert tray.window("notepad.exe", "robot.log"), robot.said()
    tray.choose("logs", "folder")
    assert tray.window("explorer.exe", "logs"), robot.said()

    robot.sandbox.stop_job(job.guid)
    assert robot.wait_final(job) is JobStatus.STOPPED
    tray.close_what_opened()
    assert tray.gone("notepad.exe", log.name)
    tray.choose("logs", "this job")
    assert tray.window("notepad.exe", log.name), robot.said()
    assert goes_on(tray)


def test_settings_open_for_editing(tray: Tray):
    """Settings: the file in force, in Notepad, because nothing else is registered for .toml."""
    tray.choose("settings")
    assert tray.window("notepad.exe", "robot.toml"), tray.robot.said()
    assert goes_on(tray)


def page_opened(tray: Tray, viewed: Callable[[], list[str]], path: str) -> str:
    """Wait until the browser was given the robot's own page at `path` once more, and then not again; its content."""
    address = re.compile(rf"http://127\.0\.0\.1:\d+/[\w-]{{32}}/{path}")
    found = eventually(lambda: [each for each in viewed() if address.fullmatch(each) and _answers(each)])
    assert found, tray.robot.said()
    assert goes_on(tray)
    assert len([each for each in viewed() if each == found[-1]]) == 1
    return requests.get(found[-1], timeout=SECONDS).text


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=SECONDS).ok
    except requests.ConnectionError:  # an earlier robot's
        return False


@pytest.mark.parametrize("way", ["the menu's line", "a click", "a double click", "robot open"])
def test_the_page_opens(tray: Tray, viewed: Callable[[], list[str]], way: str):
    """Open, a click on the icon and `robot open` show the robot's own page, once; it is gone with the robot."""
    if way == "the menu's line":
        tray.choose("open")
    elif way == "robot open":
        cli, settings = tray.robot.program / "robot-cli.exe", tray.robot.machine.windows(tray.robot.settings)
        done = tray.robot.machine.run(cli, "open", "--config", settings)
        assert done.returncode == 0, done.stdout
    else:
        tray.click(2 if way == "a double click" else 1)
    assert "data-root" in page_opened(tray, viewed, "now")
    address = viewed()[-1]
    tray.choose("close")
    assert tray.process.wait(SECONDS) == 0
    assert not _answers(address)


@pytest.fixture
def countdown_policy(machine: Machine) -> Iterator[None]:
    """The administrator prescribes a countdown; taken back afterwards."""
    place = r"HKLM\Software\Policies\Robot"
    machine.run("reg", "add", place, "/v", "logoff_countdown", "/t", "REG_DWORD", "/d", "77", "/f")
    yield
    machine.run("reg", "delete", place, "/f")


@pytest.mark.usefixtures("countdown_policy")
def test_what_a_policy_sets_is_locked_on_the_page(tray: Tray, viewed: Callable[[], list[str]]):
    """The form of the settings shows its value and where in the registry it stands, and takes no other."""
    tray.choose("open")
    page_opened(tray, viewed, "now")
    form = requests.get(viewed()[-1].removesuffix("now") + "settings", timeout=SECONDS).text
    field = form[form.index('id="f-logoff_countdown"') - 400 :][:1600]
    assert "77" in field
    assert "disabled" in field or "readonly" in field
    assert r"HKEY_LOCAL_MACHINE\Software\Policies\Robot" in form


def test_history_opens(tray: Tray, viewed: Callable[[], list[str]]):
    """History: what has run, on the page."""
    job = tray.robot.queue("счета", "print('ready')\n")
    assert tray.robot.wait_final(job) is JobStatus.SUCCESS
    tray.choose("history")
    assert "счета" in page_opened(tray, viewed, "history")


def test_the_balloon_of_a_failed_job_leads_to_its_run(tray: Tray, viewed: Callable[[], list[str]]):
    """In one click."""
    job = tray.robot.queue("ошибка", "raise SystemExit('нет файла')\n")
    assert tray.robot.wait_final(job) is JobStatus.FAILED
    tray.click_the_balloon()
    assert "нет файла" in page_opened(tray, viewed, f"history/{job.guid}")


def test_the_orchestrator_opens(tray: Tray, viewed: Callable[[], list[str]]):
    """Orchestrator: its address, in the browser."""
    tray.choose("orchestrator")
    assert eventually(lambda: tray.robot.server.url in viewed()), tray.robot.said()
    assert goes_on(tray)


def test_check_says_what_it_found(tray: Tray, viewed: Callable[[], list[str]]):
    """Check: the table of what was looked at, on the page; the robot works on behind it."""
    tray.choose("check")
    assert "data-root" in page_opened(tray, viewed, "check")


def test_about_says_the_version(tray: Tray):
    """About: a dialog with the version; the robot works on behind it, and a second click opens no second one."""
    tray.choose("about")
    said = tray.read("About Robot")
    assert f"Robot {__version__}" in said
    assert tray.robot.machine.windows(tray.robot.data) in said
    tray.choose("about")
    assert goes_on(tray)
    assert len([w for w in tray.screen.seen("robot.exe") if not w.popup]) == 1
    tray.answer("About Robot", "ok")
    assert goes_on(tray)
