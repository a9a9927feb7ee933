"""Jobs of the installed program: every way in which a script can end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.orchestrator.vocabulary import JobStatus
from tests.program_on_windows.machine import SECONDS, eventually
from tests.program_on_windows.test_desk import python_of

if TYPE_CHECKING:
    from tests.program_on_windows.robot import InstalledRobot

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SLEEPS = """
    import time
    print("ready", flush=True)
    time.sleep(600)
"""


def test_a_job_succeeds_with_what_a_robot_machine_has(robot: InstalledRobot):
    """The bundled interpreter needs no Python on the machine: libraries, Office's COM, the task, UTF-8, time zones."""
    job = robot.run_job(
        "бухгалтерия\\счета за ноябрь",
        """
        import asyncio, csv, ctypes, decimal, email.message, lzma, multiprocessing, sqlite3, ssl, sys, unittest.mock
        import xml.dom.minidom, zoneinfo
        import PIL.Image, psutil, requests, robot_job
        import pythoncom, win32api, win32clipboard, win32com.client, win32con, win32gui, win32job
        from win32com.shell import shell
        print(robot_job.task()["parameters"]["номер"], sys.flags.utf8_mode, zoneinfo.ZoneInfo("Europe/Moscow"))
        print(win32com.client.Dispatch("WScript.Shell").ExpandEnvironmentStrings("%USERNAME%"))
        print(PIL.Image.new("RGB", (2, 2)).size, decimal.Decimal("0.1"), sqlite3.connect(":memory:"))
        """,
        task={"name": "17", "parameters": {"номер": "семнадцать"}},
    )
    assert job.final_reports == [JobStatus.SUCCESS], robot.job_output()
    assert "семнадцать 1 Europe/Moscow" in robot.job_output()


def test_a_job_fails_with_its_own_traceback(robot: InstalledRobot):
    """The log shows the script's frames, and none of ours."""
    job = robot.run_job("ошибка", "def work():\n    raise ValueError('нет счёта')\nwork()\n")
    assert job.final_reports == [JobStatus.FAILED]
    output = robot.job_output()
    assert "ValueError: нет счёта" in output
    assert "in work" in output
    assert "host.py" not in output


def test_sys_executable_is_a_python_in_every_form(robot: InstalledRobot):
    """Code on stdin, a module, bundled flags, a missing file, an empty environment: never a second robot."""
    job = robot.run_job(
        "дети",
        """
        import ctypes, os, subprocess, sys
        bare = {"SYSTEMROOT": os.environ["SYSTEMROOT"]}
        def run(*arguments, **options):
            done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60, **options)
            print(done.returncode, (done.stdout + done.stderr).strip().splitlines()[-1:], flush=True)
        run(input="print('from stdin')")
        run(input="print('bare')", env=bare)
        run("-uc", "import robot_job, sys; print(sys.argv)", "a")
        run("-IXutf8", "-m", "no_such_module")
        run("nowhere.py")
        run("run", env=bare)
        folder = ctypes.create_unicode_buffer(500)
        ctypes.windll.kernel32.GetDllDirectoryW(500, folder)
        print("libraries of ours for what it starts:", [folder.value])
        """,
    )
    output = robot.job_output()
    assert job.final_reports == [JobStatus.SUCCESS], output
    assert "0 ['from stdin']" in output
    assert "0 ['bare']" in output
    assert """0 ["['-c', 'a']"]""" in output
    assert "No module named no_such_module" in output
    assert output.count("can't open file") == 2
    assert "libraries of ours for what it starts: ['']" in output


def test_a_sleeping_script_is_stopped_softly(robot: InstalledRobot):
    """KeyboardInterrupt wakes it, its `finally` runs, the job is Stopped."""
    job, process = robot.begin_job(
        "спит",
        """
        import time
        try:
            print("ready", flush=True)
            time.sleep(600)
        finally:
            print("wound up")
        """,
    )
    robot.sandbox.stop_job(job.guid)
    assert robot.wait_final(job) is JobStatus.STOPPED
    assert process.wait(SECONDS) == 0
    assert "wound up" in robot.job_output()


def test_a_cooperative_script_finishes_by_itself(robot: InstalledRobot):
    """robot_job says that a stop was asked for; nothing is raised."""
    job, _process = robot.begin_job(
        "вежливый",
        """
        import time, robot_job
        robot_job.stop_requested()
        print("ready", flush=True)
        while not robot_job.stop_requested():
            time.sleep(0.05)
        print("saved")
        """,
    )
    robot.sandbox.stop_job(job.guid)
    assert robot.wait_final(job) is JobStatus.STOPPED
    assert "saved" in robot.job_output()


def test_a_script_of_the_vendors_framework_runs_unchanged(robot: InstalledRobot):
    """Its argument names the settings, and its SIGBREAK handler is called on a stop."""
    job, _process = robot.begin_job(
        "sherpa",
        """
        import signal, sys, time
        stopped = False
        def handler(number, frame):
            global stopped
            stopped = True
        signal.signal(signal.SIGBREAK, handler)
        version, job, _, settings = sys.argv[1].split("|")
        guid, host = open(settings, encoding="utf-8").read().splitlines()[:2]
        print("host is", host)
        print("ready", flush=True)
        while not stopped:
            time.sleep(0.05)
        print("handled")
        """,
    )
    robot.sandbox.stop_job(job.guid)
    assert robot.wait_final(job) is JobStatus.STOPPED
    assert f"host is {robot.server.url}" in robot.job_output()
    assert "handled" in robot.job_output()


STUBBORN = """
    import subprocess, sys, time
    code = "import time; time.sleep(600)"
    for _ in range(3):
        subprocess.Popen(["cmd", "/c", "ping", "-n", "600", "127.0.0.1"],
                         creationflags=subprocess.CREATE_NEW_PROCESS_GROUP, stdout=subprocess.DEVNULL)
    print("ready", flush=True)
    while True:
        try:
            time.sleep(600)
        except BaseException:
            pass
"""


def test_an_abort_ends_stubborn_grandchildren(robot: InstalledRobot):
    """A script that swallows everything, and its children's children, are gone when Aborted is reported."""
    job, _process = robot.begin_job("упрямый", STUBBORN)
    assert eventually(lambda: len(robot.machine.processes("ping", "600")) >= 3)
    robot.sandbox.abort_job(job.guid)
    assert robot.wait_final(job) is JobStatus.ABORTED
    assert robot.machine.nothing_left("ping", "600")
    assert robot.machine.nothing_left("упрямый")


STRANGER = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(600)"


def test_what_windows_has_started_for_a_script_can_be_made_to_end_with_it(robot: InstalledRobot):
    """The guide's recipe for Excel: a process outside of the robot's job object goes with an aborted script."""
    recipe = (EXAMPLES / "excel_report" / "own_process.py").read_text("utf-8")
    robot.script("own_process", recipe)
    number = robot.scripts / "number.txt"
    stranger = robot.machine.start(
        python_of(robot), "-c", STRANGER, robot.machine.windows(number), output=robot.home / "stranger.txt"
    )
    assert eventually(lambda: number.exists() and number.read_text())
    job, _process = robot.begin_job(
        "чужой",
        """
        import pathlib, time
        from own_process import ends_with_this_script
        kept = ends_with_this_script(int(pathlib.Path("number.txt").read_text()))
        print("ready", flush=True)
        time.sleep(600)
        """,
    )
    assert stranger.poll() is None
    robot.sandbox.abort_job(job.guid)
    assert robot.wait_final(job) is JobStatus.ABORTED
    assert eventually(lambda: stranger.poll() is not None)


def test_a_killed_robot_leaves_nothing_and_reports_at_its_next_start(robot: InstalledRobot):
    """The job object takes the whole tree along; the next start reports Failed and runs nothing twice."""
    job, process = robot.begin_job("прерванный", STUBBORN)
    (main,) = robot.machine.processes("robot-cli.exe", "--headless")
    main.kill()
    process.wait(SECONDS)
    assert robot.machine.nothing_left("ping", "600")
    assert robot.machine.nothing_left("прерванный")
    again = robot.start()
    assert robot.wait_final(job) is JobStatus.FAILED
    assert again.wait(SECONDS) == 0
    assert job.times_consumed == 1
    assert robot.job_output().count("ready") == 1


def test_the_own_environment_of_a_script_comes_first(robot: InstalledRobot):
    """A `.venv` beside the script takes the place of the bundled interpreter."""
    scripts = robot.scripts / ".venv" / "Scripts"
    scripts.mkdir(parents=True)
    if sys.platform == "win32":
        import venv

        venv.create(scripts.parent, with_pip=False, clear=True)
    else:
        from wine import toolchain

        # A folder like that of `python -m venv`, which has a launcher that only Windows' own CPython brings.
        home = toolchain.ensure().python.parent
        for file in home.glob("*.*"):
            (scripts / file.name).symlink_to(file)
        for folder in ("Lib", "DLLs"):
            (scripts / folder).symlink_to(home / folder)
    job = robot.run_job("мой", "import sys, robot_job\nprint('ran by', sys.executable)\n")
    assert job.final_reports == [JobStatus.SUCCESS], robot.job_output()
    assert r"Scripts\python.exe" in robot.job_output()


def test_paths_longer_than_260_characters(robot: InstalledRobot):
    """Journal, logs and run folders deep down; the script writes a file whose path is as long.

    Not the script's own folder: Wine ends a program whose working directory is that long.
    """
    robot.data = robot.home.joinpath(*["очень длинное имя папки со счетами за год"] * 8)
    robot.configure(data_dir=robot.machine.windows(robot.data))
    job = robot.run_job(
        "длинно",
        """
        import os
        folder = os.path.abspath(os.path.join(*["очень длинное имя папки со счетами за год"] * 8))
        os.makedirs(folder)
        with open(os.path.join(folder, "счёт.txt"), "w", encoding="utf-8") as file:
            file.write("сумма")
        print(len(file.name), open(file.name, encoding="utf-8").read())
        """,
    )
    assert job.final_reports == [JobStatus.SUCCESS], robot.job_output()
    length, text = robot.printed()[0].split()
    assert int(length) > 260
    assert text == "сумма"
    assert len(robot.machine.windows(robot.data / "journal.sqlite3")) > 260
    assert (robot.data / "journal.sqlite3").exists()
