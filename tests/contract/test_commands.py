"""Commands and exit codes of the outside contract, seen from outside the process."""

from __future__ import annotations

import signal
import socket
import time
from typing import TYPE_CHECKING

import pytest

from tests.contract.orchestrator import ABORTED, IN_PROGRESS, SUCCESS
from tests.contract.robot_process import GUID, finish, interrupt, wait_until

if TYPE_CHECKING:
    from tests.contract.orchestrator import Orchestrator
    from tests.contract.robot_process import Home

FOREVER = "import pathlib, time\npathlib.Path('begun').touch()\nwhile True: time.sleep(60)\n"
SECOND_LONG = "import pathlib, time\npathlib.Path('begun').touch()\ntime.sleep(1)\n"


def closed_port() -> int:
    """A port of this machine that refuses connections."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_version_and_help(home: Home) -> None:
    """`--version` names the version; `--help` names every command of the contract; both exit with 0."""
    version = home.run("--version")
    assert (version.code, version.output.split()[0]) == (0, "robot")
    shown = home.run("--help")
    assert shown.code == 0
    for command in ("run", "demo", "sandbox", "check", "history", "autostart", "import-settings"):
        assert f"    {command}" in shown.output
    russian = home.run("run", "--help", environment={"LANG": "ru_RU.UTF-8"})
    assert russian.code == 0
    assert "--headless" in russian.output


@pytest.mark.parametrize(
    "arguments",
    [["fly"], ["run", "--fast"], ["sandbox", "--port", "many"], ["autostart", "perhaps"], ["run", "--config"]],
)
def test_wrong_usage_is_exit_code_2(home: Home, arguments: list[str]) -> None:
    """An unknown command, option or value is 2, with a line that says what is wrong and where help is."""
    done = home.run(*arguments)
    assert done.code == 2
    assert done.errors.startswith("robot: ")
    assert "robot --help" in done.errors
    assert done.output == ""


@pytest.mark.parametrize("display", ["", "localhost:1"])
def test_without_a_tray_nobody_is_waited_for(home: Home, display: str) -> None:
    """Without `--headless`, but where no icon can be seen, wrong settings end the robot as they do headless."""
    environment = {"DISPLAY": display}
    done = home.run("run", "--config", str(home.folder / "nowhere.toml"), environment=environment)
    assert done.code == 2
    assert "nowhere.toml" in done.errors
    home.settings("http://127.0.0.1:1", robot_guid="none")
    done = home.run("run", "--config", str(home.config), environment=environment)
    assert done.code == 2
    assert "robot_guid" in done.errors
    assert "robot_guid: is not a GUID" in (home.data / "logs" / "start.log").read_text("utf-8")


def test_a_config_that_names_no_file_is_exit_code_2(home: Home) -> None:
    """`--config` naming no file says which one, and writes nothing there."""
    missing = home.folder / "nowhere" / "robot.toml"
    done = home.run("run", "--headless", "--config", str(missing))
    assert done.code == 2
    assert str(missing) in done.errors
    assert not missing.exists()


def test_without_settings_a_template_is_written_and_said(home: Home) -> None:
    """The first start is 2, leaves a commented template in the user's folder, and says where it is."""
    done = home.run("run", "--headless")
    template = home.folder / "config" / "Robot" / "robot.toml"
    assert done.code == 2
    assert str(template) in done.errors
    assert "robot_guid" in template.read_text("utf-8")
    assert template.stat().st_mode & 0o077 == 0, "others may read the file that will hold the credential"
    again = home.run("run", "--headless")
    assert again.code == 2
    assert "robot_guid" in again.errors


def test_no_more_work_is_exit_code_0(robot: Home, orchestrator: Orchestrator) -> None:
    """A good answer "no job" ends the program with 0, after one heartbeat."""
    assert robot.run_robot().code == 0
    assert orchestrator.calls() == ["heartbeat 2"]


def test_when_idle_logoff_says_on_linux_that_it_would(robot: Home, orchestrator: Orchestrator) -> None:
    """Where there is no Windows session to end, the robot says that it would log off, and ends with 0."""
    robot.settings(orchestrator.url, when_idle="logoff")
    done = robot.run_robot()
    assert done.code == 0
    assert "would be logged off" in done.errors


def test_when_idle_wait_stays_and_asks_again_until_interrupted(robot: Home, orchestrator: Orchestrator) -> None:
    """With `wait` the robot polls, takes a job that comes later, and ends with 130 at Ctrl-C."""
    robot.settings(orchestrator.url, when_idle="wait")
    process = robot.start_robot()
    orchestrator.wait_for(lambda: len(orchestrator.requests) >= 3)
    robot.script("late", "")
    job = orchestrator.queue("late")
    orchestrator.wait_for(lambda: job.final)
    asked = time.monotonic()
    interrupt(process)
    assert finish(process).code == 130
    assert time.monotonic() - asked < 5
    assert job.updates == [IN_PROGRESS, SUCCESS]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (101, "is unknown here"),  # the Orchestrator's own words
        ((401, b'{"error": "no"}'), "401"),
        ((403, b""), "403"),
    ],
)
def test_a_refused_robot_is_exit_code_3(
    robot: Home, orchestrator: Orchestrator, answer: int | tuple[int, bytes], said: str
) -> None:
    """101, 401 and 403 end the robot with 3 and the reason, at the first answer; the GUID in it is not repeated."""
    if isinstance(answer, int):
        orchestrator.refusal = answer
    else:
        orchestrator.interfere = lambda _request: answer
    done = robot.run_robot()
    assert done.code == 3
    assert said in done.errors
    assert GUID not in done.errors
    assert len(orchestrator.requests) == 1


def test_a_refusal_at_consume_is_exit_code_3(robot: Home, orchestrator: Orchestrator) -> None:
    """Code 101 from consumeNextJob refuses as well as one from heartbeat."""
    orchestrator.queue("never")
    reply = b'{"ConsumeJobErrorCode": "101", "ErrorText": "gone"}'
    orchestrator.interfere = lambda request: (200, reply) if request.path.endswith("consumeNextJob") else None
    done = robot.run_robot()
    assert done.code == 3
    assert "gone" in done.errors


def test_offline_limit_is_exit_code_4(home: Home) -> None:
    """Unreachable for longer than `offline_limit` is 4, and not much later than that."""
    home.settings(f"http://127.0.0.1:{closed_port()}", offline_limit=1)
    begun = time.monotonic()
    done = home.run_robot()
    assert done.code == 4
    assert "refused" in done.errors
    assert 1 <= time.monotonic() - begun < 10


def test_a_second_robot_is_exit_code_5(robot: Home, orchestrator: Orchestrator) -> None:
    """While one robot runs for a GUID, another one ends with 5 and asks the Orchestrator nothing."""
    robot.script("forever", FOREVER)
    job = orchestrator.queue("forever")
    first = robot.start_robot()
    wait_until((robot.scripts / "begun").exists)
    before = [request for request in orchestrator.calls() if request == "heartbeat 2"]
    second = robot.run_robot()
    assert second.code == 5
    assert GUID not in second.errors
    robot.settings(orchestrator.url, data_dir="another")
    assert robot.run_robot().code == 5, "another data folder makes it no other robot"
    assert "already running" in (robot.folder / "another" / "logs" / "start.log").read_text("utf-8")
    assert [request for request in orchestrator.calls() if request == "heartbeat 2"] == before
    first.send_signal(signal.SIGTERM)
    assert finish(first).code == 130
    assert job.final == ABORTED


def test_ctrl_c_during_a_job_lets_it_end(robot: Home, orchestrator: Orchestrator) -> None:
    """The first Ctrl-C ends the robot after its job, which is reported by its own end; no other job is taken."""
    robot.script("second_long", SECOND_LONG)
    job, next_job = orchestrator.queue("second_long"), orchestrator.queue("second_long")
    process = robot.start_robot()
    wait_until((robot.scripts / "begun").exists)
    interrupt(process)
    done = finish(process)
    assert done.code == 130
    assert "Ctrl-C" in done.errors
    assert job.updates == [IN_PROGRESS, SUCCESS]
    assert next_job.updates == []


def test_a_second_ctrl_c_aborts_the_job(robot: Home, orchestrator: Orchestrator) -> None:
    """The second Ctrl-C kills the script; the job is reported Aborted before the robot ends with 130."""
    robot.script("forever", FOREVER)
    job = orchestrator.queue("forever")
    process = robot.start_robot()
    wait_until((robot.scripts / "begun").exists)
    interrupt(process)
    wait_until(lambda: "Ctrl-C" in robot.log())
    interrupt(process)
    assert finish(process).code == 130
    assert job.updates == [IN_PROGRESS, ABORTED]
    assert robot.processes() == []


def test_sigterm_aborts_the_job(robot: Home, orchestrator: Orchestrator) -> None:
    """SIGTERM is "quit now": the job is killed, reported Aborted, and the robot ends with 130."""
    robot.script("forever", FOREVER)
    job = orchestrator.queue("forever")
    process = robot.start_robot()
    wait_until((robot.scripts / "begun").exists)
    process.terminate()
    assert finish(process).code == 130
    assert job.updates == [IN_PROGRESS, ABORTED]
    assert robot.processes() == []


def test_sigterm_while_unreachable_takes_effect_at_once(home: Home) -> None:
    """Waiting for an Orchestrator that doesn't answer never holds up the end."""
    with socket.socket() as silent:  # accepts connections and says nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        home.settings(f"http://127.0.0.1:{silent.getsockname()[1]}", request_timeout=60)
        process = home.start_robot()
        wait_until(lambda: (home.data / "logs" / "robot.log").exists() and "starts" in home.log())
        silent.settimeout(10)
        connection, _ = silent.accept()
        with connection:
            asked = time.monotonic()
            process.terminate()
            assert finish(process).code == 130
            assert time.monotonic() - asked < 5


def test_import_settings(home: Home) -> None:
    """The vendor's three lines become the user's robot.toml; nothing is overwritten; nonsense is 2 with its line."""
    vendor = home.folder / "settings.txt"
    vendor.write_text(f"{GUID}\r\nhttp://orchestrator:4500/\r\n0\r\n", "utf-8-sig")
    done = home.run("import-settings", str(vendor))
    written = home.folder / "config" / "Robot" / "robot.toml"
    assert done.code == 0
    assert str(written) in done.output
    text = written.read_text("utf-8")
    assert "http://orchestrator:4500" in text
    assert GUID in text
    assert GUID not in done.output + done.errors
    assert home.run("import-settings", str(vendor)).code == 2
    assert written.read_text("utf-8") == text
    vendor.write_text("what\nis\nthis")
    wrong = home.run("import-settings", str(vendor))
    assert wrong.code == 2
    assert "1" in wrong.errors
    assert home.run("import-settings").code == 2  # nothing to be found on this machine
