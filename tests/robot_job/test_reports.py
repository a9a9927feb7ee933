"""Assets, messages, progress, results, files; in the script, in its children, in other Pythons, without a robot."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import robot_job
from robot_job._texts import _RUSSIAN, NO_ROBOT

from tests.jobs.interpreters import interpreter
from tests.jobs.jobbench import linux

SUCCESS, FAILED, STOPPED = 4, 5, 7
EVERYTHING = """
import decimal, multiprocessing, os, pathlib, subprocess, sys, threading
import robot_job
from robot_job._texts import _RUSSIAN, NO_ROBOT

def in_a_process(name):
    with robot_job.queue("Work").next() as task:
        robot_job.log(f"{name}: {task.name}")

if __name__ == "__main__":
    assert robot_job.parameters() == {"счёт": 17} and robot_job.task()["name"] == "INV"
    assert robot_job.job_guid() and robot_job.process_version_guid() and robot_job.job_name() == "main"
    private = robot_job.folder()
    assert private.is_dir() and (os.name == "nt" or private.stat().st_mode & 0o777 == 0o700)
    bank = robot_job.asset("bank")
    assert (bank.login, bank.password, bank.type) == ("робот", "s3cret", 1), bank.fields
    print(bank, bank.password)
    robot_job.mask("INV-0815")
    print("INV-0815")
    for n in range(3):
        robot_job.progress(decimal.Decimal(n + 1), 3, "счёт")
    robot_job.log("a warning", "warning")
    (private / "report.txt").write_text("отчёт")
    copy = robot_job.attach(private / "report.txt")
    assert copy.read_text() == "отчёт" and robot_job.screenshot("the end") is None
    robot_job.set_asset("bank", password="n3w-secret")
    print("n3w-secret")
    for kind in multiprocessing.get_all_start_methods():
        child = multiprocessing.get_context(kind).Process(target=in_a_process, args=(kind,))
        child.start(); child.join(); assert child.exitcode == 0
    subprocess.run([sys.executable, "-c", "import robot_job; robot_job.log('a Python of its own')"], check=True)
    threads = [threading.Thread(target=robot_job.log, args=(f"thread {n}",)) for n in range(20)]
    [each.start() for each in threads], [each.join() for each in threads]
    robot_job.result({"посчитано": 17})
"""


@pytest.mark.parametrize("version", ["3.9", "3.11", "3.12", "3.13", "3.14"])
def test_everything_that_a_script_reports(robot, run, version):
    """Arrives, from the script and from whatever it starts, in every Python; secrets are masked."""
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} here")
    robot.task({"счёт": 17}, name="INV")
    robot.asset("bank", text="робот", password="s3cret")
    for name in ("one", "two", "three"):
        robot.queue("Work").add(name)
    outcome = run(EVERYTHING, python=python)
    assert outcome.status == SUCCESS, outcome
    assert outcome.output == "<Asset bank> ***\n***\n***\n"
    assert outcome.result == {"посчитано": 17}
    assert outcome.progress == [(1, 3, "счёт"), (2, 3, "счёт"), (3, 3, "счёт")]
    assert outcome.screenshots == ["the end"]
    assert [file.read_text("utf-8") for file in outcome.attached] == ["отчёт"]
    assert robot.asset("bank").password == "n3w-secret"
    assert robot.asset("bank").text == "робот"
    kinds = [text.partition(":")[0] for _, text in outcome.logs]
    assert outcome.logs[0] == ("Warning", "a warning")
    assert set(kinds[1:-21]) <= {"fork", "spawn", "forkserver"}
    assert sorted(kinds[-20:]) == sorted(f"thread {n}" for n in range(20))
    assert set(outcome.task_statuses.values()) <= {0, 2}


def test_authors_modules_named_like_pythons_stay_theirs(run, tmp_path):
    """`queue.py`, `json.py`, `socket.py`, `select.py` beside the script don't run in the robot's name."""
    for name in ("queue", "json", "socket", "selectors", "enum", "pathlib", "urllib", "threading", "atexit"):
        (tmp_path / f"{name}.py").write_text(f"MINE = '{name}'\nprint('author')")
    outcome = run("import robot_job\nrobot_job.log('x')\nrobot_job.folder()\nimport queue\nprint(queue.MINE)")
    assert outcome.output == "author\nqueue\n", outcome
    assert outcome.logs == [("Info", "x")]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("log('x', 'loud')", "The level loud is none of Info, Warning, Error, Critical, Debug"),
        ("mask('ab')", "A secret to mask has at least 3 characters"),
        ("result(object())", "This can't be written as JSON: Object of type object is not JSON serializable"),
        ("result('x' * 70_000)", "The result is larger than 64 KiB"),
        ("attach('nothing.txt')", "There is no file "),
        ("asset('unknown')", "There is no asset unknown"),
        ("queue('x').add('x', {1, 2})", "This can't be written as JSON: Object of type set is not JSON serializable"),
        ("result({'mean': float('nan')})", "This can't be written as JSON: Out of range float values are not JSON"),
        ("progress('half')", "'half' is no number"),
        ("progress(1, [])", "[] is no number"),
        ("set_asset('bank')", "set_asset needs a text, a password or both"),
    ],
)
def test_what_cannot_be_done_says_so(run, call, words):
    """A RobotJobError whose text is for people."""
    outcome = run(f"import robot_job\nrobot_job.{call}")
    assert outcome.status == FAILED
    assert outcome.output.splitlines()[-1].startswith(f"robot_job.RobotJobError: {words}")


WRONG = """
import robot_job

VALUES = (None, 5, b"bytes", ["a"], {"a": 1}, float("nan"), "", "\\ud800", object())
queue = robot_job.queue("Work") if ROBOT else None
task = (lambda: queue.next()) if ROBOT else None
CALLS = {
    "robot_job.asset": robot_job.asset,
    "robot_job.set_asset": lambda value: robot_job.set_asset(value, text="x"),
    "text": lambda value: robot_job.set_asset("bank", text=value),
    "password": lambda value: robot_job.set_asset("bank", password=value),
    "robot_job.log": robot_job.log,
    "level": lambda value: robot_job.log("x", value),
    "robot_job.progress": robot_job.progress,
    "total": lambda value: robot_job.progress(1, value),
    "a progress's text": lambda value: robot_job.progress(1, 2, value),
    "robot_job.result": robot_job.result,
    "robot_job.mask": robot_job.mask,
    "robot_job.screenshot": robot_job.screenshot,
    "robot_job.attach": robot_job.attach,
    "robot_job.queue": lambda value: robot_job.queue(value).next(),
    "robot_job.Queue.add": lambda value: robot_job.queue("Work").add(value),
    "a task's parameters": lambda value: robot_job.queue("Work").add("x", value),
    "a task's field": lambda value: robot_job.queue("Work").add("x", comment=value),
    "robot_job.wait": lambda value: value == 5 or robot_job.wait(value),
    "robot_job.on_stop": robot_job.on_stop,
}
if ROBOT:
    CALLS["success"] = lambda value: queue.next().success(value)
    CALLS["business_error"] = lambda value: queue.next().business_error(value)
    CALLS["postpone"] = lambda value: queue.next().postpone(value)
for name, call in CALLS.items():
    for value in VALUES:
        try:
            call(value)
        except robot_job.RobotJobError as error:
            if value is None and name.startswith("robot_job."):
                assert ROBOT is False and error.kind == "no robot" or name in str(error) and "None" in str(error), error
        except Exception as error:
            print("RAW:", name, ascii(value), repr(error))
"""


@pytest.mark.parametrize("with_robot", [True, False])
def test_a_wrong_argument_is_named(robot, run, tmp_path, with_robot):
    """A RobotJobError that names the call, the argument and what was handed over; never an error from within."""
    source = f"ROBOT = {with_robot}\n{WRONG}"
    if with_robot:
        for number in range(40):
            robot.queue("Work").add(f"task {number}")
        robot.asset("bank", text="login", password="s3cret")
        outcome = run(source)
        assert "RAW" not in outcome.output, outcome
        assert outcome.status == SUCCESS, outcome
        assert robot.asset("bank").password != "b'bytes'"
        return
    script = tmp_path / "main.py"
    script.write_text(source, "utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ROBOT_")}
    environment |= {"PYTHONPATH": str(Path(robot_job.__file__).parents[1]), "PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=False)
    assert "RAW" not in done.stdout
    assert done.returncode == 0, done.stderr


def test_in_the_robots_language(run):
    """What the library says is Russian with a Russian robot."""
    outcome = run("import robot_job\nrobot_job.mask('ab')", environment={"ROBOT_RUN_LANGUAGE": "ru"})
    assert "Секрет, который надо скрыть, — не короче 3 символов" in outcome.output


def test_wait_ends_with_the_stop(robot, run):
    """At once, in the script and in a child of it; True, and nothing is interrupted."""
    robot.stop_after(says="ready")
    outcome = run(
        """
        import robot_job, subprocess, sys, time
        child = "import robot_job, time; robot_job.on_stop(lambda: robot_job.log('told')); "
        child += "robot_job.log(f'{robot_job.wait(60)} {robot_job.stop_requested()}'); time.sleep(1)"
        process = subprocess.Popen([sys.executable, "-c", child])
        print(robot_job.wait(0.01), robot_job.wait(-1), robot_job.stop_requested())
        time.sleep(1)
        begun = time.monotonic()
        print("ready")
        print(robot_job.wait(10**9), robot_job.wait(0), robot_job.stop_requested(), time.monotonic() - begun < 5)
        process.wait()
        """
    )
    assert outcome.status == STOPPED, outcome
    assert outcome.output == "False False False\nready\nTrue True True True\n"
    assert sorted(outcome.logs) == [("Info", "True True"), ("Info", "told")]


@linux
def test_a_fork_hears_of_the_stop(robot, run):
    """Though the thread that listens is not in it."""
    robot.stop_after(says="ready")
    outcome = run(
        """
        import os, robot_job, time
        robot_job.stop_requested()
        pid = os.fork()
        if not pid:
            print("child", robot_job.stop_requested())
            print("ready")
            print("child", robot_job.wait(60), robot_job.stop_requested())
            os._exit(0)
        os.waitpid(pid, 0)
        """
    )
    assert "child False\n" in outcome.output
    assert "child True True\n" in outcome.output


def test_without_a_robot(tmp_path):
    """Nothing fails at import; what can be shown is shown on the console, the rest says what is missing."""
    script = tmp_path / "main.py"
    task = tmp_path / "task.json"
    task.write_text('{"name": "INV", "parameters": ["a"]}', "utf-8")
    script.write_text(
        "import pathlib, robot_job\n"
        "robot_job.log('hello'), robot_job.progress(1, 2, 'x'), robot_job.result({'a': 'я'}), robot_job.mask('abc')\n"
        "print(robot_job.attach(__file__), robot_job.screenshot(), robot_job.wait(0.01), robot_job.stop_requested())\n"
        "print(robot_job.task(), robot_job.parameters(), repr(robot_job.job_guid()), robot_job.folder().is_dir())\n"
        "robot_job.on_stop(print)\n"
        "pathlib.Path('folder').write_text(str(robot_job.folder()))\n"
        "try: robot_job.queue('x').next()\nexcept robot_job.RobotJobError as error: print(error.kind)\n"
        "robot_job.asset('bank')\n",
        "utf-8",
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ROBOT_")}
    environment |= {"PYTHONPATH": str(Path(robot_job.__file__).parents[1]), "ROBOT_TASK_FILE": str(task)}
    environment["PYTHONUTF8"] = "1"
    done = subprocess.run(
        [sys.executable, "-X", "dev", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "[robot_job] Info: hello",
        "[robot_job] 1 / 2 x",
        '[robot_job] result: {"a": "я"}',
        f"[robot_job] attached: {script}",
        "[robot_job] screenshot: -",
        f"{script} None False False",
        "{'name': 'INV', 'parameters': ['a']} ['a'] '' True",
        "no robot",
    ]
    assert done.returncode == 1
    assert "robot_job.asset needs a robot, and none runs this script: start it by" in done.stderr.splitlines()[-1]
    assert "Warning" not in done.stderr
    assert not Path((tmp_path / "folder").read_text()).exists()


def test_the_import_brings_in_nothing_else():
    """A script that only imports it pays for one file."""
    code = (
        "import sys; before = set(sys.modules); import robot_job; print(sorted(set(sys.modules) - before)); "
        "robot_job.stop_requested(); print(len(set(sys.modules) - before))"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(robot_job.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "['robot_job']\n1\n"


@pytest.mark.parametrize("guide", ["scripts.md", "ru/scripts.md"])
def test_the_guide_has_every_call_as_it_is(guide):
    """With its arguments and defaults, and the names of the errors."""
    text = (Path(__file__).parents[2] / "docs" / guide).read_text("utf-8")
    for name in robot_job.__all__:
        found = getattr(robot_job, name)
        if inspect.isfunction(found):
            bare = [
                each.replace(annotation=inspect.Parameter.empty)
                for each in inspect.signature(found).parameters.values()
            ]
            signature = str(inspect.Signature(bare)).replace("'", '"')
            assert f"`{name}{signature}`" in text
        elif issubclass(found, Exception):
            assert f"robot_job.{name}" in text


def test_every_text_has_its_russian():
    """The library has a table of its own: the robot's catalogs are not there for scripts."""
    folder = Path(robot_job.__file__).parent
    used = {text for file in folder.glob("*.py") for text in re.findall(r'say\(\s*"([^"]+)"', file.read_text("utf-8"))}
    assert used
    assert used | {NO_ROBOT} == set(_RUSSIAN)


@pytest.mark.parametrize("nothing", ["false", "null", '""', "[]", "{}"])
def test_what_a_php_server_calls_nothing_is_no_parameters(tmp_path, monkeypatch, nothing):
    """Whatever its spelling, `parameters()` is a dict to look into."""
    file = tmp_path / "task.json"
    file.write_text(f'{{"name": "INV", "parameters": {nothing}}}', "utf-8")
    monkeypatch.setenv("ROBOT_TASK_FILE", str(file))
    assert robot_job.parameters() == {}
