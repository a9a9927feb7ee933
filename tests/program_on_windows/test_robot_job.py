"""`robot_job` and the vendor's helper in the installed program: by a named pipe, from the script and what it starts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from app.orchestrator.vocabulary import JobStatus

if TYPE_CHECKING:
    from tests.program_on_windows.robot import InstalledRobot

VENDORS_SAMPLE = Path(__file__).parents[1] / "robot_job" / "vendor" / "queue_worker.py"
EVERYTHING = """
    import multiprocessing, os, subprocess, sys, threading
    import robot_job

    def work():
        for task in robot_job.queue("Счета"):
            with task:
                if task.parameters["сумма"] < 0:
                    raise robot_job.BusinessError("отрицательная сумма")

    def in_a_process(name):
        with robot_job.queue("Работы").next() as task:
            robot_job.log(f"{name}: {task.name}")

    if __name__ == "__main__":
        assert "ROBOT_GUID" not in os.environ
        assert os.environ["ROBOT_GATEWAY"].startswith("pipe:")
        with open(robot_job.__cached__, "rb") as compiled:
            assert compiled.read(8)[4] == 1, "it was not shipped: it was made here and is looked after"
        assert robot_job.parameters() == {"счёт": 17}
        (robot_job.folder() / "отчёт.txt").write_text("сумма", encoding="utf-8")
        assert robot_job.attach(robot_job.folder() / "отчёт.txt").read_text("utf-8") == "сумма"
        bank = robot_job.asset("банк")
        print(bank.login, bank.password)
        robot_job.set_asset("банк", password="n3w-secret")
        for n in range(100):
            robot_job.progress(n + 1, 100)
        child = multiprocessing.Process(target=in_a_process, args=("spawn",))
        child.start(); child.join(); assert child.exitcode == 0
        bare = "import robot_job; robot_job.queue('Работы').next().success('готово'); print(robot_job.stop_requested())"
        subprocess.run([sys.executable, "-c", bare], check=True)
        threads = [threading.Thread(target=robot_job.log, args=(f"thread {n}",)) for n in range(40)]
        [each.start() for each in threads]; [each.join() for each in threads]
        workers = [multiprocessing.Process(target=work) for _ in range(2)] + [threading.Thread(target=work)]
        [each.start() for each in workers]; work(); [each.join() for each in workers]
        robot_job.result({"посчитано": 17})
"""
STOPPED_IN_A_TASK = """
    import robot_job, time
    for task in robot_job.queue("Счета"):
        with task:
            print("ready", flush=True)
            time.sleep(600)
"""
VENDORS_LOOP = """
    import json, signal, sys, time
    from OrchestratorAPI.TaskOrcAPI import TaskOrchestratorAPI

    class Stop:
        asked = False
        def __init__(self):
            signal.signal(signal.SIGBREAK, self.handler)
        def handler(self, signum, frame):
            self.asked = True

    stop = Stop()
    argv = sys.argv[1].split("|")
    guid, host = open(argv[3], encoding="utf-8").read().split("\\n")[:2]
    TOA = TaskOrchestratorAPI(guid, host, {"Authorization": "Basic"})
    made = TOA.add_task("письма", {"to": "офис"}, "Письмо")
    task = json.loads(TOA.get_task("письма").text)
    assert task["guid"] == made["guid"] and json.loads(task["parameters"]) == {"to": "офис"}
    TOA.update_task_status(task["guid"], 1)
    print(TOA.get_asset("банк")["text"], TOA.get_asset("банк")["password"])
    print("ready", flush=True)
    while not stop.asked:
        time.sleep(0.1)
    TOA.update_task_status(task["guid"], 2)
    answer = TOA.add_new_log_entry(guid, argv[0], argv[1], "Warning", "остановлен")
    print(len(json.loads(answer.text)["guid"]))
"""


def _statuses(robot: InstalledRobot) -> dict[str, int]:
    return {task.name: int(task.status) for task in robot.sandbox.tasks.all()}


def test_everything_arrives(robot: InstalledRobot):
    """Tasks, messages, an asset and the result; from children and threads, too; no secret in the log."""
    robot.configure(share_credentials=False)
    for name in ("первая", "вторая"):
        robot.sandbox.add_task("Работы", name)
    for number in range(1, 21):
        robot.sandbox.add_task("Счета", f"INV-{number}", json.dumps({"сумма": number - 10}))
    robot.sandbox.add_asset("банк", "робот", "s3cret", 1)
    job = robot.run_job("всё", EVERYTHING, task={"name": "INV", "parameters": {"счёт": 17}})
    assert job.final_reports == [JobStatus.SUCCESS], robot.job_output()
    assert robot.printed() == ["робот ***", "False"]
    done = {f"INV-{number}": 2 if number >= 10 else 4 for number in range(1, 21)}
    assert _statuses(robot) == {"первая": 2, "вторая": 2, **done, "INV": 0}
    told = [each.form["guid"] for each in robot.sandbox.requests if each.path == "/api/task/update"]
    assert len(told) == 2 * (2 + 20), "a task was taken twice"
    said = "\n".join(entry.message for entry in job.log).split("\n")
    assert sorted(line for line in said if line.startswith("thread")) == sorted(f"thread {n}" for n in range(40))
    assert "spawn: первая" in said
    assert json.loads(said[-1]) == {"посчитано": 17}
    asset = robot.sandbox.assets.find("банк")
    assert (asset.text, asset.password) == ("робот", "n3w-secret")


def test_a_stop_in_the_middle_of_a_task(robot: InstalledRobot):
    """The task is Failed and says why, the job is Stopped."""
    robot.sandbox.add_task("Счета", "INV-1")
    robot.sandbox.add_task("Счета", "INV-2")
    job, process = robot.begin_job("долго", STOPPED_IN_A_TASK)
    robot.sandbox.stop_job(job.guid)
    assert robot.wait_final(job) is JobStatus.STOPPED
    assert robot.ended(process) == 0
    first, second = robot.sandbox.tasks.all()
    assert (first.status, first.comment) == (3, "Stopped by the operator in the middle of this task")
    assert second.status == 0


def test_the_vendors_sample_runs_unchanged(robot: InstalledRobot):
    """Argument, settings file, SIGBREAK, TaskOrcAPI."""
    for number in (1, 2):
        robot.sandbox.add_task("invoices", f"INV-{number}", json.dumps({"number": number}))
    job = robot.run_job("queue_worker", VENDORS_SAMPLE.read_text("utf-8"))
    assert job.final_reports == [JobStatus.SUCCESS], robot.job_output()
    assert _statuses(robot) == {"INV-1": 2, "INV-2": 2}
    assert [(entry.level, entry.message) for entry in job.log] == [("Info", "the queue is empty")]


def test_the_vendors_habits(robot: InstalledRobot):
    """The SIGBREAK class, argument, settings, queue, asset, message: a Stop is seen, and the task is finished."""
    robot.sandbox.add_asset("банк", "робот", "s3cret", 1)
    job, process = robot.begin_job("привычки", VENDORS_LOOP)
    robot.sandbox.stop_job(job.guid)
    assert robot.wait_final(job) is JobStatus.STOPPED, robot.job_output()
    assert robot.ended(process) == 0
    assert robot.printed() == ["робот ***", "ready", "36"]
    assert _statuses(robot) == {"Письмо": 2}
    assert [(entry.level, entry.message) for entry in job.log] == [("Warning", "остановлен")]
