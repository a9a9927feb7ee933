"""Starting the robot when its user logs on: a Task Scheduler entry, or a shortcut in the Startup folder.

The task is the better one: it also starts the robot on a remote connection, and again after a crash. The shortcut is
for machines where policy doesn't let users make tasks.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Literal

from app.base.dataclass import dataclass
from app.base.errors import RobotError
from app.base.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = Literal["task", "startup"]


@dataclass(frozen=True)
class AutostartEntry:
    """One thing that starts the robot.

    Attributes:
        kind: `task` or `startup`.
        place: the task's name, or the shortcut's path.
        command: what it starts, as one command line; empty if Windows doesn't tell.
        enabled: false if somebody switched it off in Task Scheduler or Task Manager.
    """

    kind: Kind
    place: str
    command: str
    enabled: bool

    def text(self) -> str:
        """The entry in one line for people."""
        kind = _("Task Scheduler") if self.kind == "task" else _("Startup folder")
        state = _("switched on") if self.enabled else _("switched off")
        return f"{kind} ({state}): {self.place} → {self.command or '?'}"


def config_of(command: list[str]) -> Path | None:
    """The settings file that a robot's command line names."""
    after = dict(itertools.pairwise(command)).get("--config")
    return Path(after) if after else None


@dataclass(frozen=True)
class AutostartStatus:
    """What starts this user's robot."""

    entries: tuple[AutostartEntry, ...] = ()

    @property
    def enabled(self) -> bool:
        """Whether the robot starts at the next log-on."""
        return any(entry.enabled for entry in self.entries)

    def text(self) -> str:
        """The status for people."""
        if not self.entries:
            return _("Autostart is off: nothing starts the robot at log-on.")
        if not self.enabled:
            return "\n".join([_("Autostart is set up but switched off."), *(e.text() for e in self.entries)])
        return "\n".join([_("Autostart is on."), *(e.text() for e in self.entries)])


if sys.platform == "win32":
    from app.base.command_line import split_command_line
    from app.system import startup_folder, task_scheduler

    def enable(kind: Kind, command: list[str]) -> None:
        """Start `command` (program and arguments) at this user's log-on, by `kind` alone: the other one is removed.

        Raises:
            RobotError: Windows refuses; what there was before is then unchanged.
        """
        if kind == "task":
            task_scheduler.create(command)
            startup_folder.remove()
        else:
            startup_folder.create(command)
            task_scheduler.delete()

    def disable() -> None:
        """Remove whatever starts the robot at log-on; it's fine if nothing does.

        Raises:
            RobotError: Windows refuses.
        """
        startup_folder.remove()
        task_scheduler.delete()

    def follow(command: Callable[[Path | None, Kind], list[str]], old_program: Path | None) -> None:
        """Make the entries of this program anew, as this version makes them and for the folder where it lies now.

        Entries that somebody has switched off, and those that start another program, stay as they are.

        Args:
            command: what starts the program, with the settings file that an entry names.
            old_program: the folder where the program lay before.

        Raises:
            RobotError: Windows refuses.
        """
        for entry in status().entries:
            starts = split_command_line(entry.command)
            folders = {
                str(PureWindowsPath(path)).lower()
                for path in (command(None, entry.kind)[0], old_program and old_program / "robot.exe")
                if path
            }
            if entry.enabled and (not starts or starts[0].lower() in folders):
                enable(entry.kind, command(config_of(starts), entry.kind))

    def status() -> AutostartStatus:
        """What starts the robot at log-on, as Windows has it now.

        Raises:
            RobotError: Windows doesn't tell.
        """
        entries: list[AutostartEntry] = []
        if task := task_scheduler.find():
            entries.append(AutostartEntry("task", task.name, task.command, task.enabled))
        if shortcut := startup_folder.find():
            entries.append(AutostartEntry("startup", str(shortcut.file), shortcut.command, shortcut.enabled))
        return AutostartStatus(tuple(entries))

else:

    def follow(command: Callable[[Path | None, Kind], list[str]], old_program: Path | None) -> None:  # noqa: ARG001
        """Only on Windows."""
        raise _only_on_windows()

    def enable(kind: Kind, command: list[str]) -> None:  # noqa: ARG001 - the same call on every system
        """Only on Windows."""
        raise _only_on_windows()

    def disable() -> None:
        """Only on Windows."""
        raise _only_on_windows()

    def status() -> AutostartStatus:
        """Only on Windows."""
        raise _only_on_windows()

    def _only_on_windows() -> RobotError:
        return RobotError(
            _("Autostart is set up on Windows only."),
            _("On this system, start the robot with the session manager or with systemd."),
        )
