"""`robot new`: a folder for a script, with a test that passes, and what to do next."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Final

from app.base.bundle import FROZEN
from app.base.errors import ExitCode, RobotError, UsageError
from app.base.i18n import _, set_language
from app.base.os_reasons import describe_os_error
from app.commands.arguments import add_config
from app.commands.desk import settings_at_the_desk
from app.jobs.child.host import FOR_SCRIPTS
from app.jobs.errors import CannotStartError
from app.jobs.scripts import script_parts

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

_MAIN: Final = '''\
"""{docstring}"""

import robot_job

QUEUE = {queue}


def main():
    # {a_stop_waits}
    robot_job.on_stop(lambda: print({stopping}))
    done = 0
    for task in robot_job.queue(QUEUE):  # {one_after_the_other}
        with task:  # {what_with_does}
            work_on(task.parameters)
        done += 1
        robot_job.progress(done, text=task.name)
    robot_job.result({{"done": done}})


def work_on(parameters):
    if not isinstance(parameters.get("number"), int):
        raise robot_job.BusinessError({no_number})
    print({works_on}, parameters["number"])


if __name__ == "__main__":
    main()
'''

_TEST: Final = '''\
"""{docstring}"""


def test_every_task_is_worked_on(robot):
    robot.queue({queue}).add("INV-17", {{"number": 17}})
    robot.queue({queue}).add("INV-18", {{}})

    outcome = robot.run("main.py")

    assert outcome.status == 4, outcome.output
    assert outcome.task_statuses == {{"INV-17": 2, "INV-18": 4}}
    assert outcome.result == {{"done": 2}}


def test_a_stop_ends_it_between_two_tasks(robot):
    for number in range(100):
        robot.queue({queue}).add(f"INV-{{number}}", {{"number": number}})
    robot.stop_after(tasks=1)

    outcome = robot.run("main.py")

    assert outcome.status == 7, outcome.output
    assert set(outcome.task_statuses.values()) == {{2, 0}}  # {begun_is_done}
'''

_CONFTEST: Final = '''\
"""{docstring}"""

import sys

try:
    import robot_job  # noqa: F401
except ModuleNotFoundError:
    sys.path.append({for_scripts})

from robot_job.pytest_plugin import robot  # noqa: E402, F401
'''

_TASKS: Final = """\
# {docstring}
[[queues]]
name = {queue}

[[queues.tasks]]
name = "INV-17"
parameters = {{number = 17}}

[[queues.tasks]]
name = "INV-18"
parameters = {{}}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The script's name; where the scripts are."""
    parser.add_argument("name", metavar=_("NAME"), help=_("the new script, as jobs will name it"))
    add_config(parser)


def run(options: argparse.Namespace) -> ExitCode:
    """Make the folder in the scripts folder, or without settings in the current one; never over anything.

    Raises:
        UsageError: the name can't be a script's, or there is something by that name.
        RobotError: the files can't be written.
    """
    settings = settings_at_the_desk(options.config)
    set_language(settings.language)
    try:
        parts = script_parts(options.name)
    except CannotStartError as error:
        raise UsageError(str(error)) from None
    folder = settings.scripts.joinpath(*parts)
    beside = folder.with_name(folder.name + ".py")
    taken = next((path for path in (folder, beside) if os.path.exists(path)), None)  # noqa: PTH110 - Path's own raises
    if taken:
        raise UsageError(_("{file} is there already; nothing was changed.").format(file=taken))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
        try:
            for name, text in _files("/".join(parts), parts[-1]).items():
                (folder / name).write_text(text, "utf-8", newline="\n")
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    except OSError as error:
        raise RobotError(
            _("{file} can't be written: {error}").format(file=folder, error=describe_os_error(error).for_people())
        ) from None
    print(_next_steps(folder, "/".join(parts)))  # noqa: T201 - the command's result
    return ExitCode.OK


def _files(name: str, queue: str) -> dict[str, str]:
    """The files by their names."""
    quoted = json.dumps(queue, ensure_ascii=False)
    return {
        "main.py": _MAIN.format(
            docstring=_("{name}: what it does, in one sentence.").format(name=name),
            queue=quoted,
            one_after_the_other=_("task after task, until there is none or the job is stopped"),
            stopping=json.dumps(_("Stopping after this task"), ensure_ascii=False),
            a_stop_waits=_("Without this line a stop interrupts it in the middle of a task."),
            what_with_does=_("a clean end is Success, BusinessError a business failure, any other exception goes on"),
            no_number=json.dumps(_("the task has no number"), ensure_ascii=False),
            works_on=json.dumps(_("Working on number"), ensure_ascii=False),
        ),
        "test_main.py": _TEST.format(
            docstring=_("What the script promises: the fixture `robot` plays queue, tasks and stop."),
            queue=quoted,
            begun_is_done=_("what was begun is done, the others are New"),
        ),
        "conftest.py": _CONFTEST.format(
            docstring=_("Where the wheel robot_job isn't installed, the tests take it from the robot's own folder."),
            for_scripts=json.dumps(FOR_SCRIPTS, ensure_ascii=False),
        ),
        "tasks.toml": _TASKS.format(
            docstring=_("For `robot try --load tasks.toml`: what lies in the queue."), queue=quoted
        ),
        "requirements.txt": "# "
        + _("One package a line (openpyxl>=3.1): the robot makes the script an environment with them.")
        + "\n",
        "README.md": f"# {name}\n\n" + "\n".join(f"    {command}" for command in _commands()) + "\n",
    }


def _commands() -> list[str]:
    program = "robot-cli" if FROZEN else "robot"
    return ["python -m pip install pytest", "python -m pytest", f"{program} try main.py --load tasks.toml"]


def _next_steps(folder: Path, name: str) -> str:
    install, test, attempt = _commands()
    return "\n".join(
        [
            _("Made: {folder}").format(folder=folder),
            "",
            _("What to do next:"),
            f'    cd "{folder}"',
            f"    {install}",
            f"    {test:38} # " + _("the test passes"),
            f"    {attempt:38} # " + _("as a job, against a sandbox"),
            "",
            _(
                "Then write what it is to do into main.py. A process version named \u201c{name}\u201d runs it as a job."
            ).format(name=name),
        ]
    )
