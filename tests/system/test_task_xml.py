"""The definition of the Task Scheduler entry: `app/system/task_scheduler.py`, its pure part.

Against the published schema: https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from app.system.autostart import AutostartEntry, AutostartStatus
from app.system.task_scheduler import read_task_xml, task_xml

SID = "S-1-5-21-1-2-3-1001"
COMMAND = [r"C:\Program Files\Робот & Ко\robot.exe", "run", "--config", r"C:\Мои настройки\robot.toml"]
T = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


@pytest.fixture
def task():
    """The definition as Task Scheduler reads it."""
    xml = task_xml(COMMAND, SID, "Starts <Robot>.")
    return ET.fromstring(xml.encode("utf-16"))  # noqa: S314 - our own


def text(task, path):
    """The text at a path of element names."""
    return task.findtext("/".join(T + part for part in path.split("/")))


def test_it_starts_at_log_on_and_at_remote_connection_of_this_user_only(task):
    """Two triggers, both bound to the user: one for every user would need an administrator."""
    triggers = list(task.find(f"{T}Triggers"))
    assert [t.tag.removeprefix(T) for t in triggers] == ["LogonTrigger", "SessionStateChangeTrigger"]
    assert [t.findtext(f"{T}UserId") for t in triggers] == [SID, SID]
    assert triggers[1].findtext(f"{T}StateChange") == "RemoteConnect"


def test_a_robot_that_crashed_is_started_again_by_the_repetition_of_the_log_on(task):
    """Every five minutes for ever, ignored while it runs; the robot itself knows whether it is to come back."""
    log_on = task.find(f"{T}Triggers/{T}LogonTrigger")
    assert [part.tag.removeprefix(T) for part in log_on] == ["Enabled", "Repetition", "UserId"]  # a sequence
    repetition = {part.tag.removeprefix(T): part.text for part in log_on.find(f"{T}Repetition")}
    assert repetition == {"Interval": "PT5M", "StopAtDurationEnd": "false"}


def test_it_runs_on_the_users_desktop_without_administrators_rights(task):
    """What Task Scheduler calls "run only when the user is logged on": otherwise there is no desktop."""
    assert text(task, "Principals/Principal/UserId") == SID
    assert text(task, "Principals/Principal/LogonType") == "InteractiveToken"
    assert text(task, "Principals/Principal/RunLevel") == "LeastPrivilege"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("ExecutionTimeLimit", "PT0S"),
        ("DisallowStartIfOnBatteries", "false"),
        ("StopIfGoingOnBatteries", "false"),
        ("MultipleInstancesPolicy", "IgnoreNew"),
        ("StartWhenAvailable", "true"),
        ("Priority", "5"),
        ("RestartOnFailure/Interval", "PT1M"),
        ("Enabled", "true"),
    ],
)
def test_the_defaults_that_would_kill_a_robot_are_replaced(task, setting, value):
    """No 72 hours, no battery rules, no low priority, a restart after a failure."""
    assert text(task, f"Settings/{setting}") == value


def test_the_command_survives_blanks_ampersands_and_cyrillic(task):
    """Program and arguments arrive as Windows splits them."""
    assert text(task, "Actions/Exec/Command") == COMMAND[0]
    assert text(task, "Actions/Exec/Arguments") == r'run --config "C:\Мои настройки\robot.toml"'
    assert text(task, "RegistrationInfo/Description") == "Starts <Robot>."


def test_what_is_written_can_be_read_back():
    """The status shows the command line and that the entry is switched on, whatever stands around the XML."""
    xml = task_xml(COMMAND, SID, "x")
    found = read_task_xml("Robot", f"\r\n\r\n{xml}\r\n")
    assert found.command == r'"C:\Program Files\Робот & Ко\robot.exe" run --config "C:\Мои настройки\robot.toml"'
    assert found.enabled


@pytest.mark.parametrize(
    "switch_off",
    [
        lambda xml: xml.replace("<Enabled>true</Enabled>\n  </Settings>", "<Enabled>false</Enabled>\n  </Settings>"),
        lambda xml: xml.replace("      <Enabled>true<", "      <Enabled>false<"),
    ],
    ids=["the task", "every trigger"],
)
def test_an_entry_that_will_not_start_is_switched_off(switch_off):
    """A disabled task, or one whose triggers are all disabled, isn't reported as on."""
    assert not read_task_xml("Robot", switch_off(task_xml(COMMAND, SID, "x"))).enabled


@pytest.mark.parametrize("xml", ["", "ERROR: no", "<Task", "<Task xmlns='x'><"])
def test_what_is_no_definition_is_refused(xml):
    """The reader doesn't guess."""
    with pytest.raises(ValueError, match=r"substring|element|token|unclosed"):
        read_task_xml("Robot", xml)


def test_the_status_is_told_in_words():
    """Off, on, and set up but switched off are told apart."""
    task = AutostartEntry("task", "Robot-S", "robot.exe run", enabled=True)
    switched_off = AutostartEntry("startup", "Robot.lnk", "robot.exe run", enabled=False)
    assert "is off" in AutostartStatus().text()
    assert AutostartStatus((task, switched_off)).enabled
    assert AutostartStatus((task,)).text() == (
        "Autostart is on.\nTask Scheduler (switched on): Robot-S → robot.exe run"
    )
    assert not AutostartStatus((switched_off,)).enabled
    assert "switched off" in AutostartStatus((switched_off,)).text()
