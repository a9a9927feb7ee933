"""The author's commands of the installed program: `new`, `try`, `prepare`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from app.orchestrator.vocabulary import JobStatus
from tests.program_on_windows.machine import ON_WINDOWS, eventually

if TYPE_CHECKING:
    from tests.program_on_windows.robot import InstalledRobot

# In uv's place: Python under Wine has no `ensurepip`, and its `venv` lacks Windows' launchers.
BUILDER = """@echo off
if "%1"=="venv" goto venv
echo installing
mkdir "%~dp4..\\Lib\\site-packages"
echo word = 'made'>"%~dp4..\\Lib\\site-packages\\tiny.py"
echo %~dp4>"%~dp4tinycommand.txt"
exit /b 0
:venv
mkdir "%~6\\Scripts"
copy /Y "{home}\\*.exe" "%~6\\Scripts" > nul
copy /Y "{home}\\*.dll" "%~6\\Scripts" > nul
echo home = {home}>"%~6\\pyvenv.cfg"
exit /b 0
"""
USES_PACKAGE = """
    import sys, tiny
    from pathlib import Path
    print("word", tiny.word, sys.prefix)
    print("command", Path(sys.executable).with_name("tinycommand.txt").read_text("ascii", "replace"))
"""
FAILS = "@echo off\necho no such package: unobtainium\nexit /b 1\n"


def command(robot: InstalledRobot, *arguments: str) -> tuple[int, str]:
    """Exit code and output of `robot-cli ARGUMENTS`; the scripts folder is the robot's."""
    done = robot.machine.run(
        robot.program / "robot-cli.exe",
        *arguments,
        ROBOT_SCRIPTS=robot.machine.windows(robot.scripts),
        ROBOT_DATA_DIR=robot.machine.windows(robot.data),
    )
    return done.returncode, done.stdout


def test_from_new_to_try(robot: InstalledRobot):
    """A new script works on what `--load` puts into the sandbox's queue, and says what became of it."""
    code, said = command(robot, "new", "бухгалтерия/счета за год")
    assert code == 0, said
    folder = robot.scripts / "бухгалтерия" / "счета за год"
    assert {"main.py", "test_main.py", "tasks.toml"} <= {file.name for file in folder.iterdir()}
    tasks = robot.machine.windows(folder / "tasks.toml")
    code, said = command(robot, "try", "бухгалтерия/счета за год", "--load", tasks)
    assert code == 0, said
    assert "task INV-17: In progress → Success" in said
    assert "task INV-18: In progress → Failed (business)" in said
    assert "The job would be: 4 Success" in said


def test_try_says_how_a_job_would_end(robot: InstalledRobot):
    """1 for Failed; the script finds its task, and an empty stdin."""
    robot.script("ошибка", "import robot_job, sys\nprint(robot_job.parameters(), [sys.stdin.read()])\n1 / 0\n")
    code, said = command(robot, "try", "ошибка", "--task", '{"number": 17}')
    assert code == 1, said
    assert "{'number': 17} ['']" in said
    assert "ZeroDivisionError" in said
    assert robot.machine.nothing_left()


def test_a_breakpoint_is_answered_at_the_console(robot: InstalledRobot):
    """By the program's own interpreter."""
    robot.script("точка", "x = 5\nbreakpoint()\nprint('x is', x)\n")
    process = robot.machine.start(
        robot.program / "robot-cli.exe",
        "try",
        "точка",
        output=robot.output,
        typed="x = 7\nc\n",
        ROBOT_SCRIPTS=robot.machine.windows(robot.scripts),
    )
    assert eventually(lambda: process.poll() is not None), robot.said()
    assert process.returncode == 0, robot.said()
    assert robot.says("x is 7"), robot.said()


def test_an_environment_is_prepared_and_used(robot: InstalledRobot):
    """By the interpreter of the setting `python`, without which that is said; the job runs by the environment's own."""
    python = python_of(robot)
    uv = robot.home / "uv.bat"
    settings = {"uv": robot.machine.windows(uv)}
    robot.configure(**settings)
    robot.script("отчёт\\main", USES_PACKAGE)
    (robot.scripts / "отчёт" / "requirements.txt").write_text("tiny==1.0\n")
    config = robot.machine.windows(robot.settings)
    code, said = command(robot, "prepare", "--config", config)
    assert code == 1, said
    assert "Install Python and set" in said
    robot.configure(**settings, python=python)
    uv.write_text(FAILS.replace("\n", "\r\n"), newline="")
    code, said = command(robot, "prepare", "--config", config)
    assert (code, "no such package: unobtainium" in said) == (1, True), said
    uv.write_text(BUILDER.format(home=python.rpartition("\\")[0]).replace("\n", "\r\n"), newline="")
    code, said = command(robot, "prepare", "--config", config)
    assert code == 0, said
    (environment,) = [entry for entry in (robot.data / "environments").iterdir() if entry.is_dir()]
    job = robot.sandbox.queue_job("отчёт")
    process = robot.start()
    robot.wait_final(job)
    assert robot.ended(process) == 0, robot.said()
    output = robot.job_output()
    assert job.final_reports == [JobStatus.SUCCESS], output
    assert f"word made {robot.machine.windows(environment)}" in output
    assert f"\\{environment.name}\\Scripts" in output.split("command ")[1]
    assert "being made" not in output


def python_of(robot: InstalledRobot) -> str:
    """A Python of this machine, as the setting `python` names it."""
    if ON_WINDOWS:
        return sys.executable
    from wine import toolchain

    return robot.machine.windows(toolchain.ensure().python)
