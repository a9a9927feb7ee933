"""`robot try`: what a job would do and become, seen at a terminal, without a job."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.contract.robot_process import GUID, ROOT, Finished, finish, interrupt, wait_until
from tests.contract.test_environments import BUILDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.orchestrator import Orchestrator, Request
    from tests.contract.robot_process import Home

READY = "import pathlib, time\npathlib.Path(__file__ + '.begun').touch()\n"
STUBBORN = "while True:\n    try:\n        time.sleep(60)\n    except KeyboardInterrupt:\n        pass\n"


@pytest.fixture
def desk(home: Home) -> Home:
    """An author's desk: no settings at all; the scripts lie in the current folder."""
    home.environment |= {"PYTHONPATH": str(ROOT), "ROBOT_LANGUAGE": "en"}
    return home


def begin(
    desk: Home, *arguments: str, typed: str | None = None, before: Callable[[], None] | None = None
) -> subprocess.Popen[str]:
    """Start `robot try ARGUMENTS` in the scripts folder; `typed` is what stdin holds, `before` runs there first."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "try", *arguments],
        cwd=desk.scripts,
        env=desk.environment,
        stdin=subprocess.DEVNULL if typed is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        preexec_fn=before,  # noqa: PLW1509 - the parent's only other threads are the server's
    )
    desk._started.append(process)
    if typed is not None and process.stdin:
        process.stdin.write(typed)
        process.stdin.flush()
    return process


def attempt(desk: Home, *arguments: str, typed: str | None = None) -> Finished:
    """Run it to its end."""
    process = begin(desk, *arguments, typed=typed)
    output, errors = process.communicate(timeout=30)
    return Finished(process.returncode, output, errors)


@pytest.mark.parametrize(
    ("source", "code", "becomes"),
    [("print('hello')", 0, "4 Success"), ("1 / 0", 1, "5 Failed"), ("raise SystemExit(3)", 1, "5 Failed")],
)
def test_the_exit_code_is_what_the_job_would_become(desk: Home, source: str, code: int, becomes: str) -> None:
    """0 for Success, 1 for Failed; neither settings nor host nor GUID are needed."""
    desk.script("mine", source)
    said = attempt(desk, "mine")
    assert (said.code, becomes in said.output) == (code, True), said
    assert desk.processes() == []


def test_output_comes_as_it_is_printed(desk: Home) -> None:
    """Nothing waits for the script's end."""
    desk.script("mine", READY + "print('first', end='')\ntime.sleep(60)")
    process = begin(desk, "mine")
    assert process.stdout
    seen = ""
    while not seen.endswith("first"):
        seen += (letter := process.stdout.read(1))
        assert letter, seen
    interrupt(process)
    assert process.communicate(timeout=20) is not None
    assert process.returncode == 7


def test_ctrl_c_is_stop_and_a_second_one_abort(desk: Home) -> None:
    """As an operator presses them: 7 Stopped, 3 Aborted."""
    desk.script("soft", READY + "time.sleep(60)")
    desk.script("hard", READY + STUBBORN)
    codes = []
    for name, times in (("soft", 1), ("hard", 2)):
        process = begin(desk, name)
        wait_until((desk.scripts / f"{name}.py.begun").exists)
        for _ in range(times):
            time.sleep(0.1)  # a person's finger: two signals in one moment are one
            interrupt(process)
        process.communicate(timeout=20)
        codes.append(process.returncode)
    assert codes == [7, 3]
    assert desk.processes() == []


def heed_sighup() -> None:
    """Whoever runs the tests may have been started by `nohup`."""
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.skipif(sys.platform == "win32", reason="there a console's end can't be waited out")
@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP"])
def test_a_closed_terminal_leaves_nothing_behind(desk: Home, tmp_path: Path, number: str) -> None:
    """An Abort: neither the script nor its private folder, in which the task and the GUID lie, is left."""
    desk.script("mine", READY + STUBBORN)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    desk.environment["TMPDIR"] = str(temporary)
    process = begin(desk, "mine", "--task", '{"secret": 17}', before=heed_sighup)
    wait_until((desk.scripts / "mine.py.begun").exists)
    assert list(temporary.rglob("task.json"))
    process.send_signal(getattr(signal, number))
    process.communicate(timeout=20)
    assert process.returncode == 3
    assert desk.processes() == []
    assert list(temporary.iterdir()) == []


def test_what_a_killed_one_left_is_removed_by_the_next(desk: Home, tmp_path: Path) -> None:
    """The task and the GUID don't stay for ever; who lives, what was kept on purpose and what is foreign do."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    desk.environment["TMPDIR"] = desk.environment["TEMP"] = desk.environment["TMP"] = str(temporary)
    desk.script("waits", READY + "while not pathlib.Path('go').exists():\n    time.sleep(0.02)\n")
    desk.script("stays", READY + STUBBORN)
    desk.script("keeps", "import robot_job\nrobot_job.attach(__file__)\n")
    desk.script("quick", "")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "lock").touch()
    bystanders = [elsewhere / "lock", temporary / "robot-try-empty", temporary / "robot-try-file"]
    bystanders[1].mkdir()
    bystanders[2].touch()
    if sys.platform != "win32":
        (temporary / "robot-try-link").symlink_to(elsewhere)
        bystanders.append(temporary / "robot-try-link")
        if os.geteuid() == 0:
            shutil.copytree(elsewhere, temporary / "robot-try-theirs")
            os.chown(temporary / "robot-try-theirs", 12345, 12345)
            bystanders.append(temporary / "robot-try-theirs" / "lock")
    attempt(desk, "keeps")
    bystanders += list(temporary.glob("robot-try-*/evidence/*/keeps.py"))
    dead = begin(desk, "stays", "--task", '{"secret": 17}')
    wait_until((desk.scripts / "stays.py.begun").exists)
    (left,) = temporary.rglob("task.json")
    dead.kill()
    dead.communicate(timeout=20)
    wait_until(lambda: desk.processes() == [])
    assert left.exists()
    living = begin(desk, "waits", "--task", '{"secret": 18}')
    wait_until((desk.scripts / "waits.py.begun").exists)
    assert not left.exists()
    (used,) = temporary.rglob("task.json")
    assert attempt(desk, "quick").code == 0
    assert used.exists()
    assert all(each.exists() for each in bystanders)
    assert len(bystanders) > 3
    (desk.scripts / "go").touch()
    living.communicate(timeout=20)
    assert living.returncode == 0
    assert not list(temporary.rglob("settings.txt"))


def test_it_finds_what_a_job_finds(desk: Home) -> None:
    """Task, argument, variables, folder, empty stdin; by the name that a job has, or by a path."""
    source = (
        "import os, sys, robot_job\n"
        "print(robot_job.task()['name'], robot_job.parameters(), len(sys.argv[1].split('|')),"
        " os.environ['ROBOT_JOB_NAME'], sys.stdin.read() == '', os.getcwd() == os.path.dirname(__file__),"
        " 'ROBOT_TRY' in os.environ)"
    )
    desk.script("letters/main", source)
    task = desk.folder / "task.json"
    task.write_text(json.dumps({"Name": "INV-17", "Parameters": {"number": 17}}))
    for name in ("letters", "letters/main.py", str(desk.scripts / "letters" / "main.py")):
        said = attempt(desk, name, "--task", f"@{task}", typed="typed")
        assert "INV-17 {'number': 17} 4 letters True True False" in said.output, said
    assert "try [1, 2] 4 letters True True False" in attempt(desk, "letters", "--task", "[1, 2]").output


def test_what_it_asks_goes_to_a_sandbox_and_is_told(desk: Home) -> None:
    """`--load` fills queues and assets; a password that was read is masked."""
    state = desk.folder / "world.toml"
    state.write_text(
        "[[queues]]\nname = 'Invoices'\n[[queues.tasks]]\nname = 'INV-17'\nparameters = {number = 17}\n"
        "[[queues.tasks]]\nname = 'INV-18'\n[[assets]]\nname = '1C'\ntype = 1\ntext = 'robot'\n"
        "password = 's3cret-word'\n"
        "[[jobs]]\nname = 'of-another'\n"
    )
    desk.script(
        "worker",
        "import robot_job\nprint('password', robot_job.asset('1C').password)\n"
        "for task in robot_job.queue('Invoices'):\n"
        "    with task:\n"
        "        if 'number' not in task.parameters: raise robot_job.BusinessError('no number')\n"
        "robot_job.queue('Letters').add('answer')\nrobot_job.log('all done', 'Warning')\n"
        "robot_job.progress(2, 2, 'invoices')\nrobot_job.attach(__file__)\nrobot_job.result({'done': 2})\n",
    )
    said = attempt(desk, "worker", "--load", str(state))
    assert said.code == 0, said
    assert "s3cret-word" not in said.output + said.errors
    for line in (
        "tasks taken from Invoices: 2",
        "task INV-17: In progress → Success",
        "task INV-18: In progress → Failed (business) (no number)",
        "tasks added to Letters: 1",
        "asset 1C read",
        "message (Warning): all done",
        "progress: 2 / 2 invoices",
        'result: {"done": 2}',
    ):
        assert line in said.output, said
    (kept,) = re.findall(r"kept: (.*)", said.output)
    assert Path(kept).read_bytes() == (desk.scripts / "worker.py").read_bytes()


def test_with_config_it_asks_the_real_orchestrator(desk: Home, orchestrator: Orchestrator) -> None:
    """With its credential; nothing is said of a job or of the robot, which may be at work elsewhere."""
    answers = {
        "/api/asset/read/1C": b'{"Guid": "a", "Name": "1C", "Type": 2, "Text": "robot"}',
        "/api/log/create": b"[]",
    }
    asked: list[Request] = []

    def answer(request: Request) -> tuple[int, bytes] | None:
        asked.append(request)
        return (200, answers[request.path]) if request.path in answers else None

    orchestrator.interfere = answer
    desk.settings(orchestrator.url)
    desk.script("asks", "import robot_job\nprint(robot_job.asset('1C').text)\nrobot_job.log('hello')")
    said = attempt(desk, "asks", "--config", str(desk.config))
    assert said.code == 0, said
    assert "\nrobot\n" in said.output
    assert [request.path for request in asked] == ["/api/asset/read/1C", "/api/log/create"]
    assert asked[1].form == {"level": "Info", "message": "hello", "robot_guid": GUID}
    said = attempt(desk, "asks", "--config", str(desk.config), "--load", "x.toml")
    assert (said.code, "give one of them" in said.errors) == (2, True)


def test_an_environment_is_made_for_it_as_for_a_job(desk: Home, tmp_path: Path) -> None:
    """The builder's output on the console, and Ctrl-C ends it."""
    builder = tmp_path / "uv"
    builder.write_text(BUILDER)
    builder.chmod(0o755)
    desk.environment |= {"ROBOT_UV": str(builder), "ROBOT_DATA_DIR": str(desk.data)}
    desk.script("one/main", "import sys\nprint(sys.prefix)")
    (desk.scripts / "one" / "requirements.txt").write_text("whatever")
    said = attempt(desk, "one")
    assert (said.code, "building" in said.output) == (0, True), said
    assert str(desk.data / "environments") in said.output
    desk.script("two/main", "print('never')")
    (desk.scripts / "two" / "requirements.txt").write_text("hangs")
    process = begin(desk, "two")
    wait_until((desk.scripts / "two" / "begun").exists)
    interrupt(process)
    assert finish(process).code == 7
    assert desk.processes() == []


def test_a_breakpoint_is_answered_at_the_terminal(desk: Home) -> None:
    """`breakpoint()` and `pdb.set_trace()`; the script's own stdin stays empty."""
    desk.script("mine", "x = 5\nbreakpoint()\nprint('x is', x)\nimport pdb; pdb.set_trace()\nprint('done')\n")
    said = attempt(desk, "mine", typed="p x * 100\nx = 7\nc\np 'again'\nc\n")
    assert said.code == 0, said
    assert "500\n" in said.output
    assert "x is 7\n" in said.output
    assert "'again'" in said.output
    assert "done\n" in said.output


def test_a_debugger_is_waited_for(desk: Home, tmp_path: Path) -> None:
    """`--debug` lets debugpy listen in the script's interpreter before the first line; without it that is said."""
    desk.script("mine", "import debugpy\nprint('after', debugpy.listening)")
    said = attempt(desk, "mine", "--debug")
    assert (said.code, "The script's interpreter has no debugpy" in said.output) == (1, True), said
    package = tmp_path / "library" / "debugpy"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "looks = 0\nlistening = None\n"
        "def listen(address):\n    global listening\n    listening = address\n"
        "def is_client_connected():\n    global looks\n    looks += 1\n    return looks > 3\n"
    )
    desk.environment["PYTHONPATH"] += f":{package.parent}"
    said = attempt(desk, "mine", "--debug")
    assert said.code == 0, said
    waiting, after = (
        said.output.index("Waiting for a debugger on port 5678"),
        said.output.index("after ('127.0.0.1', 5678)"),
    )
    assert waiting < after


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("mine", "--task", "{"), "The task is not JSON"),
        (("mine", "--task", "@nowhere.json"), "can't be read"),
        (("mine", "--load", "nowhere.toml"), "can't be read"),
        (("mine", "--sandbox", "--config", "x"), "not allowed with argument"),
        ((), "NAME"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(desk: Home, arguments: tuple[str, ...], words: str) -> None:
    """Exit code 2, and the script isn't run."""
    desk.script("mine", READY)
    said = attempt(desk, *arguments)
    assert (said.code, words in said.errors) == (2, True), said
    assert not (desk.scripts / "mine.py.begun").exists()


def test_a_script_that_is_not_there_is_failed(desk: Home) -> None:
    """As its job would be, with the files that were looked for."""
    said = attempt(desk, "nowhere")
    assert said.code == 1
    assert "There is no script “nowhere”" in said.output


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is a console's there")
def test_a_ctrl_c_that_comes_too_late(desk: Home) -> None:
    """Once it is said what became of the script, another Ctrl-C changes neither that nor the exit code."""
    desk.script("loops", READY + "time.sleep(60)\n")
    process = begin(desk, "loops")
    wait_until((desk.scripts / "loops.py.begun").exists)
    interrupt(process)
    assert process.stdout
    said = []
    while "7 Stopped" not in "".join(said[-1:]):
        said.append(process.stdout.readline())
        assert said[-1], said
    while process.poll() is None:
        interrupt(process)
        time.sleep(0.001)
    assert process.returncode == 7
