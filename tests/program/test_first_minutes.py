"""The first minutes: no settings yet, wrong ones, a second start; what is said of them, and where it is kept."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from app.base import i18n, logs, paths
from app.base.errors import AlreadyRunningError, ExitCode, UnfilledError
from app.base.redaction import Redactor
from app.program.first_start import loader
from app.program.service import Service
from app.program.trouble import Trouble
from app.robot.state import RobotState, StateBoard
from app.settings.loading import data_dir_of, load_settings
from tests.program.test_service import ServiceUnderTest
from tests.robot.robot_under_test import GUID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.base.start_log import StartLog
    from app.sandbox.engine import Sandbox
    from app.sandbox.server import SandboxServer


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without settings; the folder of its user's."""
    i18n.set_language("en")
    monkeypatch.setattr(paths, "machine_settings_file", lambda: tmp_path / "machine" / "robot.toml")
    monkeypatch.setattr(paths, "user_settings_file", lambda: tmp_path / "user" / "robot.toml")
    monkeypatch.setattr("app.program.first_start.user_settings_file", lambda: tmp_path / "user" / "robot.toml")
    monkeypatch.setattr(paths, "default_data_dir", lambda: tmp_path / "data")
    monkeypatch.setattr("app.program.trouble.default_data_dir", lambda: tmp_path / "data")
    return tmp_path


@pytest.fixture
def start_log() -> Iterator[StartLog]:
    """The log of the first seconds."""
    made = logs.start_log(Redactor())
    yield made
    logs.detach(made)


def test_a_new_user_is_told_once_and_kindly(machine: Path) -> None:
    """What to fill in, where, and what happens then; the second look at the template says the same words."""
    shown: list[Path] = []
    load = loader(None, shown.append)
    said = []
    for _look in range(2):
        with pytest.raises(UnfilledError) as caught:
            load()
        said.append(caught.value.kindly)
    file = machine / "user" / "robot.toml"
    assert shown == [file]
    assert set(said) == {f"Fill in host and robot_guid in {file} and save the file. The robot then begins by itself."}
    assert caught.value.exit_code == ExitCode.USAGE


def test_a_half_filled_file_is_no_mistake_either(machine: Path) -> None:
    """What is still missing is named; a wrong value beside it is a mistake."""
    file = machine / "user" / "robot.toml"
    file.parent.mkdir()
    file.write_text("host = 'http://orchestrator'\nrobot_guid = ''\n")
    with pytest.raises(UnfilledError, match="1 setting is still to be filled in") as caught:
        loader(None, lambda _file: None)()
    assert caught.value.kindly.startswith(f"Fill in robot_guid in {file}")
    file.write_text("host = 'nonsense'\n")
    with pytest.raises(Exception, match="2 settings are wrong"):
        loader(None, lambda _file: None)()


def test_what_the_machine_knows_is_not_asked_for_again(machine: Path) -> None:
    """With the host in the machine's file, a new user's template asks for the GUID alone and doesn't hide the host."""
    (machine / "machine").mkdir()
    (machine / "machine" / "robot.toml").write_text("host = 'http://orchestrator'\n")
    load = loader(None, lambda _file: None)
    with pytest.raises(UnfilledError) as caught:
        load()
    assert caught.value.keys == ("robot_guid",)
    file = machine / "user" / "robot.toml"
    assert str(file) in caught.value.kindly
    file.write_text(file.read_text("utf-8-sig").replace("robot_guid = ''", f"robot_guid = '{GUID}'"), "utf-8")
    assert load().settings.host == "http://orchestrator"


def test_the_robot_begins_when_the_template_is_filled_in(
    machine: Path, sandbox: Sandbox, server: SandboxServer
) -> None:
    """Behind the tray: kind words, shown once though the template wakes the watch; the filled file is enough."""
    service = ServiceUnderTest(machine, server.url, persistent=True)
    file = machine / "user" / "robot.toml"
    told: list[tuple[RobotState, str]] = []
    service.board.subscribe(lambda shown: told.append((shown.state, shown.problem)) if shown.unfilled else None)
    service.service = Service(
        loader(None, lambda _file: None), None, service.board, service.session, Redactor(), service.clock,
        persistent=True, look_seconds=0.02,
    )  # fmt: skip
    service.thread.start()
    try:
        service.until(lambda: service.board.snapshot.unfilled)
        service.until(lambda: len(service.clock.waits) >= 3)  # the template has woken it, and it has looked again
        filled = file.read_text("utf-8-sig").replace("host = ''", f"host = '{server.url}'")
        filled = filled.replace("robot_guid = ''", f"robot_guid = '{GUID}'")
        file.write_text(filled + "when_idle = 'wait'\npoll_seconds = 1\n", "utf-8")
        service.until(lambda: bool(sandbox.requests) and service.board.snapshot.state is RobotState.READY)
    finally:
        service.end()
    assert not service.board.snapshot.unfilled
    assert len(set(told)) == 1
    assert told[0][0] is RobotState.ERROR


def test_the_data_folder_is_known_whatever_else_is_wrong(machine: Path) -> None:
    """From the strongest file that names one and can be read; the environment is stronger still."""
    assert data_dir_of(None, {}) == machine / "data"
    for name, text in (("machine", "data_dir = 'a'\n"), ("user", "data_dir = ''\nnonsense = 1\n")):
        (machine / name).mkdir(exist_ok=True)
        (machine / name / "robot.toml").write_text(text)
    assert data_dir_of(None, {}) == machine / "data"
    (machine / "user" / "robot.toml").write_text("host = broken")
    assert data_dir_of(None, {}) == machine / "machine" / "a"
    assert data_dir_of(None, {"ROBOT_DATA_DIR": str(machine / "b")}) == machine / "b"


def test_there_is_a_log_while_settings_are_wrong(machine: Path, start_log: StartLog) -> None:
    """What was said from the first second on, and what is wrong, once however often it is tried."""
    logging.getLogger("robot.program").info("Process 4711")
    trouble = Trouble(StateBoard(), None, start_log)
    for _try in range(3):
        with pytest.raises(UnfilledError) as caught:
            loader(None, lambda _file: None)()
        trouble.tell(caught.value, no_settings=True)
    file = machine / "data" / "logs" / "start.log"
    assert start_log.file == file
    text = file.read_text("utf-8")
    assert text.splitlines()[0].endswith("Process 4711")
    assert text.count("2 settings are still to be filled in") == 1
    assert file.stat().st_mode & 0o077 == 0


def test_the_first_seconds_are_in_the_robots_log(machine: Path, start_log: StartLog) -> None:
    """A robot that comes up begins its log with them; nothing else is written anywhere."""
    data = paths.DataPaths(machine / "data")
    logging.getLogger("robot.program").info("Process 4711")
    with logs.robot_log(data, Redactor(), keep_days=1, earlier=start_log):
        logging.getLogger("robot.program").info("Robot starts")
    assert [line.split("  ")[-1].strip() for line in data.robot_log.read_text("utf-8").splitlines()] == [
        "Process 4711",
        "Robot starts",
    ]
    assert not data.start_log.exists()


def test_a_start_log_stays_small(machine: Path, start_log: StartLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A robot that is started wrongly every minute for months fills no disk."""
    monkeypatch.setattr("app.base.start_log.MOST_BYTES", 1000)
    data = paths.DataPaths(machine / "data")
    for number in range(50):
        logging.getLogger("robot.program").info("start %d %s", number, "x" * 100)
        start_log.settle([data])
    kept = [file.stat().st_size for file in data.logs.iterdir()]
    assert len(kept) == 2
    assert max(kept) < 1300
    assert "start 49" in data.start_log.read_text("utf-8")


def test_where_nothing_can_be_written_nothing_fails(machine: Path, start_log: StartLog) -> None:
    """The next place is taken; without any, what is said is kept for a robot that may come up."""
    (machine / "in the way").touch()
    bad, good = paths.DataPaths(machine / "in the way" / "x"), paths.DataPaths(machine / "data")
    logging.getLogger("robot.program").info("Process 4711")
    start_log.settle([bad])
    assert start_log.file is None
    start_log.settle([bad, good])
    assert "Process 4711" in good.start_log.read_text("utf-8")


def test_a_second_start_by_hand_shows_where_the_first_one_is(
    machine: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that runs is asked to show itself; the second one ends. Headless, nobody looks for an icon."""
    monkeypatch.setattr("app.system.show_requests.user_state_dir", lambda: machine)
    monkeypatch.setattr("app.system.single_instance.user_state_dir", lambda: machine)
    first = ServiceUnderTest(machine, server.url, persistent=True)
    first.write()
    first.thread.start()
    try:
        first.until(lambda: first.board.snapshot.connected is True)
        for persistent, starts in ((False, 0), (True, 1)):
            second = Service(
                lambda: load_settings(first.file, {}), first.file, StateBoard(), first.session, Redactor(),
                first.clock, persistent=persistent,
            )  # fmt: skip
            with pytest.raises(AlreadyRunningError):
                second.run()
            first.until(lambda wanted=starts: first.board.snapshot.second_starts == wanted)
    finally:
        first.end()
