"""The robot's entry in Task Scheduler.

Defaults that would harm a robot, and what stands here instead: a run is ended after 72 hours (no limit), it doesn't
start on batteries and is ended on them (allowed), its priority is below normal (5, normal). "Interactive token" is what
the vendor's guide calls "run only when the user is logged on": without it there is no desktop. Two triggers, log-on and
remote connection, can fire for one log-on; the second start is ignored here and refused by the robot itself.

What brings back a robot that crashed is the repetition of the log-on trigger: without a duration it goes on for ever,
and while the robot runs it is ignored. "Restart on failure" can't be relied on for that: its page says "if the task
fails for any reason" and not what a failure is; an action that ran and ended, with whatever exit code, is recorded as
completed. It stays for starts that fail. A robot that has ended as it should declines (`app.system.orderly_end`).
docs/decisions/0010-who-starts-a-crashed-robot-again.md

The entry is this user's own: its name carries the SID, and the triggers name it too, because a trigger for every user
needs an administrator.

https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema
https://learn.microsoft.com/windows/win32/taskschd/taskschedulerschema-repetitiontype-complextype
https://learn.microsoft.com/windows/win32/taskschd/taskschedulerschema-restartonfailure-settingstype-element
https://learn.microsoft.com/windows/win32/api/taskschd/nf-taskschd-ilogontrigger-put_userid (a name or a SID)
"""

from __future__ import annotations

import subprocess
import sys
from typing import Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from app.base.dataclass import dataclass

AGAIN_MINUTES: Final = 5
_NAMESPACE: Final = "http://schemas.microsoft.com/windows/2004/02/mit/task"

# Children in the order of the published schema; a trigger's are a sequence.
_TEMPLATE: Final = """<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="{namespace}">
  <RegistrationInfo>
    <Description>{description}</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <Repetition>
        <Interval>PT{minutes}M</Interval>
        <StopAtDurationEnd>false</StopAtDurationEnd>
      </Repetition>
      <UserId>{user}</UserId>
    </LogonTrigger>
    <SessionStateChangeTrigger>
      <Enabled>true</Enabled>
      <UserId>{user}</UserId>
      <StateChange>RemoteConnect</StateChange>
    </SessionStateChangeTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{user}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfIdle>false</RunOnlyIfIdle>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>5</Priority>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>10</Count>
    </RestartOnFailure>
    <Enabled>true</Enabled>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{program}</Command>
      <Arguments>{arguments}</Arguments>
    </Exec>
  </Actions>
</Task>
"""


@dataclass(frozen=True)
class ScheduledTask:
    """The entry as Task Scheduler has it."""

    name: str
    command: str
    enabled: bool


def task_xml(command: list[str], user: str, description: str) -> str:
    """The task's definition.

    Args:
        command: the program's full path and its arguments.
        user: SID of the user at whose log-on it starts and as whom it runs.
        description: one sentence for people who look into Task Scheduler.
    """
    program, *arguments = command
    return _TEMPLATE.format(
        namespace=_NAMESPACE,
        minutes=AGAIN_MINUTES,
        description=escape(description),
        user=escape(user),
        program=escape(program),
        arguments=escape(subprocess.list2cmdline(arguments)),
    )


def read_task_xml(name: str, xml: str) -> ScheduledTask:
    """What a definition starts, and whether it is switched on: the task itself, and not every trigger off.

    Raises:
        ValueError: it isn't a definition of a task.
    """
    try:
        # The declaration still claims UTF-16, which text can't be.
        root = ET.fromstring(xml[xml.index("<Task") :])  # noqa: S314 - Task Scheduler wrote it
    except ET.ParseError as error:
        raise ValueError(str(error)) from error
    spaces = {"t": _NAMESPACE}
    program = root.findtext("t:Actions/t:Exec/t:Command", "", spaces)
    arguments = root.findtext("t:Actions/t:Exec/t:Arguments", "", spaces)
    triggers = [t.findtext("t:Enabled", "true", spaces) for t in root.findall("t:Triggers/*", spaces)]
    # Wine gives back neither the triggers nor the command, so nothing is concluded from there being none.
    switched_on = root.findtext("t:Settings/t:Enabled", "true", spaces) == "true" and (
        not triggers or "true" in triggers
    )
    return ScheduledTask(
        name, f"{subprocess.list2cmdline([program])} {arguments}".strip() if program else "", switched_on
    )


if sys.platform == "win32":
    from app.base.account import user_sid_text
    from app.base.errors import RobotError
    from app.base.i18n import _
    from app.system.task_service import delete_task, read_task, register_task

    def create(command: list[str]) -> None:
        """Make or replace this user's entry.

        Raises:
            RobotError: Windows refuses.
        """
        description = _("Starts Robot when this user logs on or connects remotely.")
        try:
            register_task(_name(), task_xml(command, user_sid_text(), description))
        except OSError as error:
            raise RobotError(
                _("Task Scheduler refuses the entry: {reason}").format(reason=error.strerror),
                _("Ask the administrator, or use the Startup folder: robot autostart enable --startup."),
            ) from error

    def delete() -> None:
        """Remove this user's entry; it's fine if there is none.

        Raises:
            RobotError: Windows refuses.
        """
        try:
            delete_task(_name())
        except OSError as error:
            raise RobotError(
                _("Task Scheduler refuses to remove the entry {name}: {reason}").format(
                    name=_name(), reason=error.strerror
                ),
                _("Remove it in Task Scheduler, or ask the administrator."),
            ) from error

    def find() -> ScheduledTask | None:
        """This user's entry, or None.

        Raises:
            RobotError: Windows doesn't tell.
        """
        try:
            xml = read_task(_name())
            return None if xml is None else read_task_xml(_name(), xml)
        except (OSError, ValueError) as error:
            raise RobotError(
                _("Task Scheduler can't be asked: {reason}").format(reason=error),
                _("Check that the service Task Scheduler runs, and look at the entry there."),
            ) from error

    def _name() -> str:
        return f"Robot-{user_sid_text()}"
