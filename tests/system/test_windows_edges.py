"""The Windows edges, each used by a program under the Windows Python: `pytest -m wine tests/system`.

On Linux that Python runs under Wine. Where Wine can't show something, the test says what only Windows would.
"""

from __future__ import annotations

import sys

import pytest

pytestmark = pytest.mark.wine
ends_the_session = pytest.mark.skipif(
    sys.platform == "win32", reason="it would end the session of the tests themselves"
)

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
COMMAND = [r"C:\Program Files\Робот & Ко\robot.exe", "run", "--config", r"C:\Мои настройки\robot.toml"]
COMMAND_LINE = r'"C:\Program Files\Робот & Ко\robot.exe" run --config "C:\Мои настройки\robot.toml"'


@pytest.fixture
def own_session(windows_python):
    """A session that no other test has a part in, because this one ends it."""
    windows_python.begin_session()
    yield windows_python
    windows_python.begin_session()


def test_one_robot_per_guid(windows_python):
    """A second robot of the GUID is refused, one of another GUID isn't, and a killed one leaves the place free."""
    with windows_python.start("hold_place", GUID) as first:
        assert first.answer() == {"acquired": True}
        assert windows_python.ask("hold_place", GUID.upper()) == [{"acquired": False}]
        assert windows_python.ask("hold_place", "another") == [{"acquired": True}]
        first.process.kill()
        first.process.wait(60)
    assert windows_python.ask("hold_place", GUID) == [{"acquired": True}]


def test_the_session_and_the_machine_are_known(windows_python):
    """Session facts, staying awake, private files and addresses work as on any Windows."""
    (seen,) = windows_python.ask("session")
    assert seen["facts"]["on_windows"]
    assert seen["facts"]["session_id"] >= 1
    assert seen["facts"]["interactive"] is True
    assert seen["holding"].count("keep-awake") == 1
    assert seen["threads"] == 1
    assert seen["warnings"] == []  # among them: Windows did not accept the wish to stay awake
    assert seen["read"] == "mine"
    assert seen["missing"]
    assert seen["loopback"] == "00:00:00:00:00:00"


def test_private_means_user_system_and_administrators(windows_python):
    """Nobody else is let in. Wine keeps POSIX modes for files, so there only the request itself can be seen."""
    (seen,) = windows_python.ask("private_acl")
    allowed = {"user", "S-1-5-18", "S-1-5-32-544"}
    assert set(seen["object"]) == allowed
    if sys.platform == "win32":
        assert set(seen["folder"]) == set(seen["file"]) == allowed


def test_a_rewritten_settings_file_keeps_its_rights(windows_python):
    """Its owner and whoever else may read it, as far as Wine keeps that; nothing is left beside it."""
    (seen,) = windows_python.ask("rewritten")
    assert seen["after"] == seen["before"]
    assert seen["text"] == "while it was read"
    assert seen["there"] == ["robot.toml"]


def test_a_junction_leads_nobody_to_files_of_others(windows_python):
    """Neither a removal nor a run's evidence. Wine 8 can't make one, so there `tests/gateway` shows it with links."""
    (seen,) = windows_python.ask("junctions")
    if "unsupported" in seen:
        assert sys.platform != "win32"
        pytest.skip("Wine has no junctions")
    assert not seen["shown"]
    assert not seen["kept"]
    assert seen["removed"] == [0, 0]
    assert not seen["complaints"]
    assert seen["left"] == ["evidence", "logs"]
    assert seen["foreign"] == ["letter.log"]


def test_autostart_tells_the_truth_and_leaves_nothing_behind(windows_python):
    """Either kind replaces the other; after `disable`, twice, nothing is left; nothing leaks on the way."""
    with windows_python.start("autostart", *COMMAND) as probe:
        assert probe.answer() == {"step": "before", "enabled": False, "entries": []}
        for kind in ("task", "startup", "task"):
            status = probe.answer()
            assert (status["step"], status["enabled"]) == (kind, True)
            (entry,) = status["entries"]
            assert (entry["kind"], entry["enabled"]) == (kind, True)
            # Wine keeps neither a task's command nor its triggers.
            assert entry["command"] == COMMAND_LINE or (kind == "task" and sys.platform != "win32")
        tasks = windows_python.drive_c / "windows" / "system32" / "tasks"
        if sys.platform != "win32":
            assert len(list(tasks.glob("Robot-S-1-5-21-*"))) == 1
        memory, after = probe.rest()
    assert memory["grown"] < 2_000_000
    assert after == {"step": "after", "enabled": False, "entries": []}
    if sys.platform != "win32":
        assert not list(tasks.glob("Robot*"))
        assert not list(
            windows_python.drive_c.glob("users/*/AppData/Roaming/Microsoft/Windows/Start Menu/**/Robot.lnk")
        )


def test_a_shortcut_switched_off_in_task_manager_is_reported_as_off(windows_python):
    """Only `enable` switches it on again, and `disable` forgets the switch too."""
    answers = windows_python.ask("switched_off")
    assert answers == [{"enabled": False}, {"enabled": True}, {"values": 0}]


@ends_the_session
def test_the_log_off_ends_other_programs_too(own_session):
    """The robot asks for it, agrees to it itself, and another program's window receives the end of the session."""
    with own_session.start("other_program", "agrees") as other:
        assert other.answer() == {"other": "runs"}
        with own_session.start("robot_in_session", "0.2", "log-off") as robot:
            said = {answer["robot"] for answer in robot.rest()}
        assert said >= {"listens", "log-off True", "ending", "wound up"}
        assert other.rest() == [{"other": "asked"}, {"other": "ends"}]


@ends_the_session
def test_a_program_that_refuses_is_not_overruled(own_session):
    """The log-off is asked for three times; the other program lives on, and the robot goes on unharmed."""
    with own_session.start("other_program", "refuses") as other:
        assert other.answer() == {"other": "runs"}
        with own_session.start("robot_in_session", "0", "log-off") as robot:
            assert robot.answer() == {"robot": "listens"}
            assert robot.answer() == {"robot": "log-off False"}
            assert robot.rest() == [{"robot": "1 thread"}]
        assert [other.answer()["other"] for _ in range(6)] == ["asked", "called off"] * 3


@ends_the_session
def test_an_end_that_somebody_else_began_leaves_time_to_wind_up(own_session):
    """The robot hears of it once, and Windows waits until it has wound up."""
    with own_session.start("robot_in_session", "2") as robot:
        assert robot.answer() == {"robot": "listens"}
        assert own_session.ask("end_session") == [{"begun": True}]
        assert robot.answer() == {"robot": "ending"}
        assert robot.answer() == {"robot": "wound up"}
        robot.process.wait(60)


def test_listening_to_the_session_ends_cleanly(windows_python):
    """Without an end of the session, nothing is called and no thread stays."""
    assert windows_python.ask("robot_in_session", "0") == [{"robot": "listens"}, {"robot": "1 thread"}]


def test_robots_are_asked_to_end_and_waited_for(windows_python):
    """Who waits hears of every robot; none ends before all can, and a robot that comes later isn't meant."""
    assert windows_python.ask("ask_to_finish", "none") == [{"nobody runs": True, "lived": 0}]
    with windows_python.start("finishing_robot") as idle, windows_python.start("finishing_robot", "at-work") as busy:
        assert idle.answer() == busy.answer() == {"robot": "runs"}
        with windows_python.start("ask_to_finish", "30", "make-way") as installer:
            assert idle.answer() == busy.answer() == {"robot": "holds"}
            assert idle.process.poll() is None
            busy.end_input()
            assert busy.answer() == {"robot": "job done"}
            for robot in (idle, busy):
                assert robot.rest() == [{"robot": "ends"}, {"robot": "1 thread", "makes way": True}]
            assert installer.rest() == [{"nobody runs": True, "lived": 2}]


def test_a_wait_that_runs_out_takes_the_request_back(windows_python):
    """Every robot is as it was, also those that could have ended; an end without a wait is not taken back."""
    with windows_python.start("finishing_robot") as idle, windows_python.start("finishing_robot", "at-work") as busy:
        assert idle.answer() == busy.answer() == {"robot": "runs"}
        assert windows_python.ask("ask_to_finish", "0.3") == [{"nobody runs": False, "lived": 0}]
        for robot in (idle, busy):
            assert [robot.answer(), robot.answer()] == [{"robot": "holds"}, {"robot": "goes on"}]
        assert windows_python.ask("ask_to_finish", "none") == [{"nobody runs": False, "lived": 0}]
        busy.end_input()
        assert {"robot": "ends"} in busy.rest()
        assert idle.rest() == [{"robot": "ends"}, {"robot": "1 thread", "makes way": False}]


def test_robots_of_other_sessions_are_asked_if_all_are_meant(windows_python):
    """The names are the machine's: a robot is found from another session, but asked only with `--all-sessions`."""
    with windows_python.start("finishing_robot") as robot:
        assert robot.answer() == {"robot": "runs"}
        assert windows_python.ask("ask_to_finish", "0", "elsewhere") == [{"nobody runs": True, "lived": 0}]
        with windows_python.start("ask_to_finish", "30", "elsewhere", "all-sessions") as asking:
            assert [robot.answer(), robot.answer()] == [{"robot": "holds"}, {"robot": "ends"}]
            assert robot.rest() == [{"robot": "1 thread", "makes way": False}]
            assert asking.rest() == [{"nobody runs": True, "lived": 1}]


def test_the_request_of_somebody_who_died_is_taken_back(windows_python):
    """Whatever ends the installer, a robot that it has asked goes on."""
    with windows_python.start("finishing_robot", "at-work") as robot:
        assert robot.answer() == {"robot": "runs"}
        with windows_python.start("ask_to_finish", "60"):
            assert robot.answer() == {"robot": "holds"}
        assert robot.answer() == {"robot": "goes on"}
        assert windows_python.ask("ask_to_finish", "none") == [{"nobody runs": False, "lived": 0}]
        assert {"robot": "ends"} in robot.rest()


def test_files_are_opened_with_the_program_for_their_type(windows_python):
    """The person's own program gets the path, Cyrillic and blanks included; a missing file is said in words."""
    (seen,) = windows_python.ask("opener")
    assert seen["opened"]
    assert "can't be opened" in seen["refused"]


def test_policies_are_read_from_the_registry(windows_python, tmp_path):
    """Real keys: the computer's over the user's over environment and file, variables expanded, the GUID never."""
    file = str(tmp_path / "robot.toml")
    name = file if sys.platform == "win32" else "Z:" + file.replace("/", "\\")
    (seen,) = windows_python.ask("policies", name)
    assert seen["before"] == seen["after"] == []
    assert (seen["host"], seen["poll_seconds"], seen["when_idle"]) == ("http://policy:4500", 20, "wait")
    assert seen["notifications"] is False
    assert seen["scripts"].endswith(r"\windows\scripts")
    assert seen["guid"] == GUID[:8]
    assert set(seen["policies"]) == {"host", "poll_seconds", "when_idle", "notifications", "scripts"}
    assert set(seen["passed_over"]) == {"of_tomorrow", "robot_guid"}
    assert seen["source"].endswith(r"HKEY_LOCAL_MACHINE\Software\Policies\Robot")


def test_events_have_their_texts(windows_python):
    """The source is registered with a message file, from which Windows reads each text in both languages."""
    (seen,) = windows_python.ask("event_source")
    assert seen["registered"]
    assert seen["english"]["12"] == "The job %1 has failed (%2): %3"
    assert seen["russian"]["12"].startswith("Работа %1")
    assert seen["russian"].keys() == seen["english"].keys()
    assert seen["left"] == [None, False]
