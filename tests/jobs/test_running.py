"""What a script finds when the robot runs it, and what is said of its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from app.jobs.outcome import EndingKind
from app.jobs.runner import JobRunner
from app.orchestrator.vocabulary import JobOrder
from tests.jobs.jobbench import GUID, linux

SHOW = """
import json, os, sys
argument = sys.argv[1] if len(sys.argv) > 1 else None
settings = open(argument.split("|")[3], encoding="utf-8").read().split("\\n") if argument else None
if settings:
    settings[0] = settings[0][::-1]  # the log masks it otherwise
environment = {k: (v[::-1] if k == "ROBOT_GUID" else v) for k, v in os.environ.items()}
import robot_job
print(json.dumps({"argv": sys.argv, "cwd": os.getcwd(), "path": sys.path, "stdin": sys.stdin.read(), "env": environment,
    "settings": settings, "main": sys.modules["__main__"].__file__, "name": __name__, "task": robot_job.task(),
    "host": [m for m in ("host", "app", "procfs") if m in sys.modules]}))
"""


def shown(bench, **config):
    """What the script `SHOW` found."""
    ending = bench.run(SHOW, **config)
    assert ending.exit_code == 0, bench.text()
    return json.loads(bench.output())


def test_success(bench):
    """A script that ends normally is reported so, with its last line."""
    ending = bench.run("print('done')\nprint()")
    assert (ending.kind, ending.exit_code, ending.last_line) == (EndingKind.EXITED, 0, "done")


@pytest.mark.parametrize(
    ("source", "code", "last"),
    [
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit('no more paper')", 1, "no more paper"),
        ("1/0", 1, "ZeroDivisionError: division by zero"),
        ("import os; os._exit(7)", 7, ""),
        ("import missing_module_x", 1, "ModuleNotFoundError: No module named 'missing_module_x'"),
    ],
)
def test_failures(bench, source, code, last):
    """Exit codes and last lines are those of plain Python."""
    ending = bench.run(source)
    assert (ending.kind, ending.exit_code, ending.last_line) == (EndingKind.EXITED, code, last)


def test_what_a_script_finds(bench):
    """Its own folder, an empty stdin, one argument, itself as `__main__`, and nothing of the robot's modules."""
    seen = shown(bench)
    assert seen["cwd"] == str(bench.scripts)
    assert seen["stdin"] == ""
    assert seen["path"][0] == str(bench.scripts)
    assert seen["main"] == seen["argv"][0] == str(bench.scripts / "script.py")
    assert seen["name"] == "__main__"
    assert seen["host"] == []
    assert len(seen["argv"]) == 2
    assert seen["task"] is None


def test_the_vendors_argument_and_settings_file(bench):
    """The argument has the vendor's four fields; the file is private, has his three lines, and is gone afterwards."""
    seen = shown(bench)
    version, job, undocumented, path = seen["argv"][1].split("|")
    assert (version, job, undocumented) == ("version-1", "job-1", "")
    assert seen["settings"] == [GUID[::-1], "http://127.0.0.1:4500", "0", ""]
    assert not Path(path).exists()
    assert list(bench.runs_dir.iterdir()) == []


@linux
def test_private_files_are_private(bench):
    """Other users of the machine can read neither the folder nor the file."""
    bench.run(
        "import os, stat, sys\np = sys.argv[1].split('|')[3]\n"
        "print(oct(stat.S_IMODE(os.stat(p).st_mode)), oct(stat.S_IMODE(os.stat(os.path.dirname(p)).st_mode)))"
    )
    assert bench.output() == "0o600 0o700\n"


def test_no_argument_when_the_setting_says_none(bench):
    """`script_argument = "none"` leaves the argument out."""
    assert len(shown(bench, script_argument="none")["argv"]) == 1


def test_the_scripts_folder_is_on_the_path_after_the_scripts_own(bench):
    """What lies in the scripts folder can be imported from every sub-folder; the script's own neighbours win."""
    bench.write("where = 'the scripts folder'", "helper.py")
    bench.write("where = 'the scripts folder'", "shared.py")
    bench.write("where = 'beside'", "finance/helper.py")
    bench.write("import helper, os, shared\nprint(helper.where, shared.where, os.getcwd(), sep='|')", "finance/x.py")
    for setting, folder in (("script", bench.scripts / "finance"), ("scripts", bench.scripts)):
        bench.run(order=JobOrder("job-1", "finance\\x", "v"), working_folder=setting)
        assert bench.output().splitlines()[-1] == f"beside|the scripts folder|{folder}"


def test_the_globals_of_a_script(bench):
    """The globals of `__main__` are those that Python itself gives it."""
    source = "import sys\nprint([(k, v if k[:4] in ('__sp', '__an', '__ca') else type(v).__name__) for k, v in "
    source += (
        "sorted(vars(sys.modules['__main__']).items())], __loader__.name, sys.argv[0] == __file__, sys.orig_argv[1:2])"
    )
    file = bench.write(source)
    plain = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=True)
    bench.run()
    assert bench.output() == plain.stdout


@pytest.mark.parametrize("code", [256, -1, 257, 4294967296, True])
def test_exit_codes_are_those_of_python(bench, code):
    """Also where the system has room for a byte only."""
    file = bench.write(f"import sys; sys.exit({code})")
    plain = subprocess.run([sys.executable, str(file)], check=False)
    assert bench.run().exit_code == plain.returncode


def test_credentials_can_be_kept_from_scripts(bench):
    """Without `share_credentials` the GUID is neither in the environment nor in the settings file."""
    seen = shown(bench, share_credentials=False)
    assert seen["settings"][0] == ""
    assert "ROBOT_GUID" not in seen["env"]
    assert GUID[::-1] not in bench.text()


def test_the_environment(bench, monkeypatch):
    """The job's variables and UTF-8 are there; the robot's own settings are not; the user's variables stay."""
    monkeypatch.setenv("ROBOT_ROBOT_GUID", "secret")
    monkeypatch.setenv("ROBOT_PROXY", "http://secret")
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    monkeypatch.setenv("MY_OWN", "kept")
    monkeypatch.setenv("ROBOT_OPTIONS", "kept as well")
    environment = shown(bench, order=JobOrder("job-1", "script", "v", {"id": 1}))["env"]
    assert environment.pop("ROBOT_OPTIONS") == "kept as well"
    robots = {key for key in environment if key.startswith("ROBOT_") and key not in os.environ}
    assert robots == {
        *("ROBOT_JOB_GUID", "ROBOT_JOB_NAME", "ROBOT_TASK_FILE", "ROBOT_HOST", "ROBOT_GUID", "ROBOT_RUN_MARK"),
        *("ROBOT_RUN_FOLDER", "ROBOT_RUN_LANGUAGE", "ROBOT_RUN_PROCESS_VERSION"),
    }
    assert environment["ROBOT_GUID"] == GUID[::-1]
    assert environment["PYTHONUTF8"] == environment["PYTHONUNBUFFERED"] == "1"
    assert "PYTHONIOENCODING" not in environment
    assert environment["MY_OWN"] == "kept"


def test_the_task_reaches_the_script(bench):
    """`robot_job.task()` gives the parsed task, Cyrillic included."""
    task = {"id": 5, "name": "Счёт", "parameters": {"rows": [1, None, "ё"]}}
    assert shown(bench, order=JobOrder("job-1", "script", "v", task))["task"] == task


def test_tracebacks_show_the_script_only(bench):
    """Chained exceptions and groups come without a frame of the robot's."""
    bench.run(
        "def f():\n    1/0\ntry:\n    f()\nexcept ZeroDivisionError as error:\n"
        "    raise ExceptionGroup('several', [ValueError('x'), error]) from error"
    )
    output = bench.output()
    assert output.count("ZeroDivisionError") == 2
    assert "ExceptionGroup: several" in output
    assert "host.py" not in output


@pytest.mark.parametrize(
    "source", ["def f(:\n  pass", "x = 'я\n", "1/0", "raise SystemExit('bye')", "raise KeyboardInterrupt"]
)
def test_the_same_words_as_python(bench, source):
    """What an unhandled exception prints is what `python script.py` prints, byte by byte, exit code included."""
    file = bench.write(source)
    plain = subprocess.run(
        [sys.executable, str(file)],
        capture_output=True,
        check=False,
        cwd=bench.scripts,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    ending = bench.run()
    assert bench.output() == (plain.stdout + plain.stderr).decode().replace("\r\n", "\n")
    assert ending.exit_code == plain.returncode


def test_the_scripts_own_excepthook_gets_the_trimmed_traceback(bench):
    """A hook of the script sees its own frames only."""
    bench.run("import sys\nsys.excepthook = lambda t, e, tb: print(t.__name__, tb.tb_frame.f_lineno)\n\n1/0")
    assert bench.output() == "ZeroDivisionError 4\n"


def test_atexit_and_threads_behave_as_in_python(bench):
    """The end waits for threads, then runs exit handlers."""
    bench.run(
        "import atexit, threading, time\natexit.register(print, 'exit')\n"
        "threading.Thread(target=lambda: (time.sleep(.1), print('thread'))).start()\nprint('main')"
    )
    assert bench.output() == "main\nthread\nexit\n"


def test_multiprocessing_by_spawn_works(bench):
    """Spawned children find the script as their main module, and `robot_job` on their path."""
    bench.run(
        "import multiprocessing, robot_job\ndef twice(n):\n    return n * 2\n"
        "if __name__ == '__main__':\n    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.map(twice, [1, 2]))"
    )
    assert bench.output() == "[2, 4]\n"


@pytest.mark.parametrize("early", ["", "import json, threading, re\nassert json.own and threading.own\n"])
def test_robot_job_uses_pythons_own_modules(bench, early):
    """A module of the author's never runs in the robot's name, and is there for the script as it was."""
    for name in ("json", "threading", "re", "_weakrefset"):
        bench.write(f"own = {name!r}\nprint('author')", f"{name}.py")
    bench.run(
        f"import robot_job\n{early}task = robot_job.task()\nrobot_job.on_stop(print)\nprint(task)\n"
        "import json, re\nprint(json.own, re.own)",
        order=JobOrder("job-1", "script", "v", {"id": 5}),
    )
    lines = [line for line in bench.output().splitlines() if line != "author"]
    assert lines[:2] == ["{'id': 5}", "json re"], bench.text()


def test_a_script_may_have_modules_named_as_ours(bench):
    """`host`, `app` and `procfs` beside the script are the script's."""
    for name in ("host", "app", "procfs"):
        bench.write(f"own = {name!r}", f"{name}.py")
    bench.run("import host, app, procfs\nprint(host.own, app.own, procfs.own)")
    assert bench.output() == "host app procfs\n"


@pytest.mark.parametrize("name", ["../outside", "nothing", "con", ""])
def test_a_bad_name_ends_the_job_without_a_process(bench, name):
    """The job has ended already, its message says why, and the log says the same."""
    running = bench.start(order=JobOrder("job-1", name))
    assert running.identity is None
    assert running.ended.is_set()
    running.request_stop()
    running.abort()
    ending = bench.ending(running)
    assert (ending.kind, ending.exit_code) == (EndingKind.NOT_STARTED, None)
    assert ending.message in bench.text()


def test_the_scripts_own_environment_comes_first(bench):
    """The nearest `.venv` up to the scripts folder runs the script; one without an interpreter is an error."""
    bench.write("import sys; print(sys.prefix)", "finance/deep/script.py")
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(bench.scripts / "finance" / ".venv")], check=True
    )
    order = JobOrder("job-1", "finance/deep/script")
    bench.run(order=order, python=Path("/no/such/python"))
    assert Path(bench.output().strip()) == bench.scripts / "finance" / ".venv"
    (bench.scripts / "finance" / "deep" / ".venv").mkdir()
    assert "has no interpreter" in bench.run(order=order).message


@linux
def test_an_environment_that_leads_nowhere_is_an_error(bench):
    """A `.venv` that is a link to what has gone was meant; another interpreter would lack the script's libraries."""
    (bench.scripts / ".venv").symlink_to("/no/such/environment")
    assert "has no interpreter" in bench.run("pass").message


def test_a_wrong_interpreter_is_said(bench):
    """The message names the setting to correct."""
    assert "Correct “python” in the settings" in bench.run("pass", python=Path("/no/such/python")).message


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@linux
def test_what_is_in_the_way_of_a_start_is_named(bench):
    """A reason without its place would leave an operator to guess which right is missing where."""
    bench.runs_dir.write_text("in the way")
    ending = bench.run("print('never')")
    assert ending.kind is EndingKind.NOT_STARTED
    assert str(bench.runs_dir) in ending.message, ending.message


def test_fifty_jobs_leave_nothing_behind(bench):
    """No thread, file descriptor, process or private file remains."""
    bench.run("pass")
    before = (threading.active_count(), _descriptors(), psutil.Process().children(recursive=True))
    for _ in range(50):
        assert bench.run().exit_code == 0
    after = (threading.active_count(), _descriptors(), psutil.Process().children(recursive=True))
    assert after == before
    assert list(bench.runs_dir.iterdir()) == []


def test_leftover_folders_are_swept(bench):
    """Private files of a dead robot are removed at the next start."""
    leftover = bench.runs_dir / "job-0"
    leftover.mkdir(parents=True)
    (leftover / "settings.txt").write_text("secret")
    JobRunner(bench.settings, bench.runs_dir).sweep()
    assert not leftover.exists()


def test_what_is_nobodys_leftover_stays(bench):
    """`data_dir` may be a folder in which somebody else has a folder `runs`: nothing of that is touched."""
    theirs = bench.runs_dir / "2025" / "march.csv"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("kept")
    (bench.runs_dir / "notes.txt").write_text("kept")
    torn = bench.runs_dir / "da8bc2f0-8065-4385-b867-405e66b8e151.2"  # its settings are gone already
    (torn / "moved-0").mkdir(parents=True)
    JobRunner(bench.settings, bench.runs_dir).sweep()
    assert theirs.read_text() == "kept"
    assert (bench.runs_dir / "notes.txt").exists()
    assert not torn.exists()
