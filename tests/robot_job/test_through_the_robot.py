"""`robot_job` through the robot as a process, against the sandbox: what the Orchestrator is told, and the run's log."""

from __future__ import annotations

import json
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.sandbox.dialect import Dialect
from app.sandbox.faults import Fault, FaultKind
from app.sandbox.server import SandboxServer
from tests.contract.robot_process import Home
from tests.jobs.interpreters import interpreter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.sandbox.engine import Sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the Windows program has a lane of its own")

SUCCESS, FAILED, STOPPED = 4, 5, 7
HERE = Path(__file__).parent
EVERYTHING = """
import multiprocessing, os, pathlib, subprocess, sys, threading
import robot_job

def in_a_process(name):
    with robot_job.queue("Work").next() as task:
        robot_job.log(f"{name} did {task.name}")

if __name__ == "__main__":
    assert "ROBOT_GUID" not in os.environ
    assert robot_job.parameters() == {"счёт": 17} and robot_job.task()["name"] == "INV", robot_job.task()
    private = robot_job.folder()
    pathlib.Path("private.txt").write_text(str(private))
    bank = robot_job.asset("bank")
    assert (bank.login, bank.type) == ("робот", 1), bank.fields
    print("the password is", bank.password)
    robot_job.mask("INV-0815")
    print("the customer is INV-0815")
    robot_job.log("about INV-0815", "warning")
    for n in range(300):
        robot_job.progress(n + 1, 300, "счёт")
    (private / "report.txt").write_text("отчёт")
    copy = robot_job.attach(private / "report.txt")
    pathlib.Path("copy.txt").write_text(str(copy))
    assert copy.read_text() == "отчёт"
    robot_job.set_asset("bank", password="n3w-secret")
    for kind in multiprocessing.get_all_start_methods():
        child = multiprocessing.get_context(kind).Process(target=in_a_process, args=(kind,))
        child.start(); child.join(); assert child.exitcode == 0, kind
    bare = "import robot_job, sys; task = robot_job.queue('Work').next(); task.success(sys.argv[1])"
    one = "import robot_job; robot_job.log('one of many')"
    many = [subprocess.Popen([sys.executable, "-c", one]) for _ in range(20)]
    assert [each.wait() for each in many] == [0] * 20
    threads = [threading.Thread(target=robot_job.log, args=(f"thread {n}",)) for n in range(40)]
    [each.start() for each in threads], [each.join() for each in threads]
    subprocess.run([sys.executable, "-c", bare, "by a Python of its own"], check=True)
    print(robot_job.queue("Letters").add("Письмо", {"to": ["офис"]}, description="to be sent"))
    robot_job.result({"посчитано": 17})
"""
TWENTY = """
import robot_job, time
for task in robot_job.queue("Invoices"):
    with task:
        time.sleep(0.02)
        if task.parameters["number"] % 5 == 0:
            raise robot_job.BusinessError("a fifth one")
"""


@pytest.fixture
def home(tmp_path: Path, sandbox: Sandbox) -> Iterator[Home]:
    """A robot's home, whose robot works for the sandbox."""
    home = Home(tmp_path / "home")
    with SandboxServer(sandbox) as server:
        home.settings(server.url, share_credentials=False, heartbeat_seconds=1)
        yield home
        home.end()
    assert not sandbox.violations


def set_more(home: Home, **more: str) -> None:
    """Further settings."""
    with home.config.open("a", encoding="utf-8") as file:
        file.writelines(f"{key} = '{value}'\n" for key, value in more.items())


def statuses_told(sandbox: Sandbox) -> dict[str, list[int]]:
    """Of each task the statuses that were carried out, in order."""
    told: dict[str, list[int]] = {}
    names = {task.guid: task.name for task in sandbox.tasks.all()}
    for request in sandbox.requests:
        if request.path == "/api/task/update" and request.status_code == 200:
            told.setdefault(names[request.form["guid"]], []).append(int(request.form["status"]))
    return told


def log_of(home: Home) -> str:
    """What the runs have printed."""
    return "".join(file.read_text("utf-8") for file in (home.data / "logs" / "jobs").rglob("*.log"))


@pytest.mark.parametrize("version", ["", "3.9", "3.12", "3.13", "3.14"])
def test_everything_arrives(home, sandbox, version):
    """Tasks, messages, assets and results, from the script and what it starts; no secret in its log."""
    if version:
        python = interpreter(version)
        if python is None:
            pytest.skip(f"no Python {version} here")
        set_more(home, python=str(python))
    kinds = 3
    for number in range(kinds + 1):
        sandbox.add_task("Work", f"work {number}")
    sandbox.tasks.add_queue("Letters")
    sandbox.add_asset("bank", "робот", "s3cret", 1)
    home.script("everything", EVERYTHING)
    job = sandbox.queue_job("everything", task={"name": "INV", "parameters": {"счёт": 17}})
    assert home.run_robot().code == 0
    assert job.final_reports == [SUCCESS], log_of(home)
    assert statuses_told(sandbox) == {f"work {number}": [1, 2] for number in range(kinds + 1)}
    assert {task.job_guid for task in sandbox.tasks.all() if task.queue == "Work"} == {job.guid}
    (letter,) = (task for task in sandbox.tasks.all() if task.queue == "Letters")
    assert (letter.name, json.loads(letter.parameters)) == ("Письмо", {"to": ["офис"]})
    log = log_of(home)
    assert f"the password is ***\nthe customer is ***\n{letter.guid}\n" in log
    bank = sandbox.assets.find("bank")
    assert (bank.text, bank.password) == ("робот", "n3w-secret")
    said = "\n".join(entry.message for entry in job.log).split("\n")  # they are sent in batches
    assert said[0] == "about ***"
    assert said.count("one of many") == 20
    assert sorted(line for line in said if line.startswith("thread")) == sorted(f"thread {n}" for n in range(40))
    assert sum(" did work " in line for line in said) == kinds
    assert json.loads(said[-1]) == {"посчитано": 17}
    assert not Path((home.scripts / "private.txt").read_text()).exists()
    assert Path((home.scripts / "copy.txt").read_text()).read_text("utf-8") == "отчёт"
    assert not any(b"s3cret" in content or b"n3w-secret" in content for content in home.written().values())


def test_the_network_is_cut_in_the_middle_of_twenty_tasks(home, sandbox):
    """The script goes on when it is back; every status arrives, once and in order, before the job's own."""
    for number in range(1, 21):
        sandbox.add_task("Invoices", f"INV-{number}", json.dumps({"number": number}))
    home.script("twenty", TWENTY)
    job = sandbox.queue_job("twenty")

    def cut() -> None:
        assert sandbox.wait_for(lambda box: sum(task.status == 2 for task in box.tasks.all()) >= 5, 20)
        fault = sandbox.faults.add(Fault(FaultKind.DROP, count=None))
        time.sleep(3)
        sandbox.faults.remove(fault.id)

    cutter = threading.Thread(target=cut)
    cutter.start()
    assert home.run_robot().code == 0
    cutter.join()
    assert job.final_reports == [SUCCESS], log_of(home)
    told = statuses_told(sandbox)
    assert told == {f"INV-{number}": [1, 4 if number % 5 == 0 else 2] for number in range(1, 21)}
    last = [request.path for request in sandbox.requests if request.path.endswith("/update")][-1]
    assert last == "/api/job/update"


@pytest.mark.parametrize("asks", ["", "robot_job.stop_requested()"])
def test_a_stop_in_the_middle_of_a_task(home, sandbox, asks):
    """Interrupted: Failed, with the reason; a script that asks finishes it. The rest of the queue stays New."""
    for number in range(3):
        sandbox.add_task("Invoices", f"INV-{number}", "{}")
    loop = "for task in robot_job.queue('Invoices'):\n    with task:\n        time.sleep(3)\n"
    home.script("slow", f"import robot_job, time\n{asks}\n{loop}")
    job = sandbox.queue_job("slow")
    stopper = threading.Thread(
        target=lambda: (
            sandbox.wait_for(lambda box: any(task.status == 1 for task in box.tasks.all()), 20),
            sandbox.stop_job(job.guid),
        )
    )
    stopper.start()
    assert home.run_robot().code == 0
    stopper.join()
    assert job.final_reports == [STOPPED], log_of(home)
    first, *others = sandbox.tasks.all()
    assert [task.status for task in others] == [0, 0]
    if asks:
        assert first.status == 2
    else:
        assert (first.status, first.comment) == (3, "Stopped by the operator in the middle of this task")


@pytest.mark.parametrize("dialect", Dialect)
def test_scripts_with_the_vendors_habits(home, sandbox, dialect):
    """The vendor's sample, unchanged; queue, asset and log by its helper; no credential in the script's hands."""
    sandbox.dialect = dialect
    shutil.copy(HERE / "vendor" / "queue_worker.py", home.scripts)
    for number in (1, 2):
        sandbox.add_task("invoices", f"INV-{number}", json.dumps({"number": number}))
    sandbox.add_asset("bank", "robot", "s3cret", 1)
    home.script(
        "samples",
        "import json, sys\nfrom OrchestratorAPI.TaskOrcAPI import TaskOrchestratorAPI\n"
        "guid, host = open(sys.argv[1].split('|')[3]).read().splitlines()[:2]\n"
        "TOA = TaskOrchestratorAPI(guid, host, {'Authorization': 'Basic'})\n"
        "made = TOA.add_task('letters', {'to': 'office'}, 'Letter')\n"
        "task = json.loads(TOA.get_task('letters').text)\nassert task['guid'] == made['guid'], task\n"
        "assert json.loads(task['parameters']) == {'to': 'office'}\n"
        "assert TOA.update_task_status(task['guid'], 1).ok\n"
        "assert json.loads(TOA.get_task('letters').text or '[]') == []\n"
        "assert TOA.get_task('letters', 1).json()['guid'] == made['guid']\n"
        "print(TOA.get_asset('bank')['text'], TOA.get_asset('bank')['password'])\n"
        "assert TOA.asset_update('bank', 'robot', 'bank', 'n3w').ok\n"
        "assert json.loads(TOA.add_new_log_entry(guid, 'v', 'j', 'Error', 'the bank is closed').text)['guid']\n"
        "assert not TOA.get_task('nowhere', 3).ok\n",
    )
    worker, samples = sandbox.queue_job("queue_worker"), sandbox.queue_job("samples")
    assert home.run_robot().code == 0
    assert (worker.final_reports, samples.final_reports) == ([SUCCESS], [SUCCESS]), log_of(home)
    assert statuses_told(sandbox) == {"INV-1": [1, 2], "INV-2": [1, 2], "Letter": [1]}
    assert [(entry.level, entry.message) for entry in worker.log] == [("Info", "the queue is empty")]
    assert [(entry.level, entry.message) for entry in samples.log] == [("Error", "the bank is closed")]
    assert "robot ***\n" in log_of(home)
    assert sandbox.assets.find("bank").password == "n3w"


def test_several_workers_of_one_script_never_get_the_same_task(home, sandbox):
    """Processes and threads that take from one queue side by side: each task is done once."""
    for number in range(40):
        sandbox.add_task("Invoices", f"INV-{number}")
    home.script(
        "workers",
        """
import multiprocessing, threading
import robot_job

def work():
    for task in robot_job.queue("Invoices"):
        with task:
            print(task.name)

def two_threads():
    threads = [threading.Thread(target=work) for _ in range(2)]
    [each.start() for each in threads]
    [each.join() for each in threads]

if __name__ == "__main__":
    processes = [multiprocessing.get_context("spawn").Process(target=two_threads) for _ in range(3)]
    [each.start() for each in processes]
    two_threads()
    [each.join() for each in processes]
""",
    )
    job = sandbox.queue_job("workers")
    assert home.run_robot().code == 0
    assert job.final_reports == [SUCCESS], log_of(home)
    assert statuses_told(sandbox) == {f"INV-{number}": [1, 2] for number in range(40)}


def test_more_threads_than_there_is_room_for(home, sandbox):
    """A connection that was one too many is not kept for the next request."""
    home.script(
        "crowd",
        """
import threading
import robot_job
for _ in range(20):
    threads = [threading.Thread(target=robot_job.progress, args=(n,)) for n in range(60)]
    [each.start() for each in threads]
    [each.join() for each in threads]
""",
    )
    job = sandbox.queue_job("crowd")
    assert home.run_robot().code == 0
    assert job.final_reports == [SUCCESS]
    assert "Traceback" not in log_of(home)
