"""The robot that the pytest fixture `robot` plays: it runs a script in the real host, as a job."""

from __future__ import annotations

import contextlib
import enum
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._played_gateway import PlayedGateway
from ._played_orchestrator import IN_PROGRESS, PlayedAsset, PlayedOrchestrator, PlayedQueue

if TYPE_CHECKING:
    from collections.abc import Sequence

_HERE = Path(__file__).resolve().parent
# In the wheel it lies in this package; in the robot's source this package lies in it.
_HOSTS = (_HERE / "_host" / "child" / "start_host.py", _HERE.parents[1] / "start_host.py")
_HEARD_WITHIN = 2.0  # seconds for the output's end, once the script has ended
_STOPPED_WITHIN = 10.0  # seconds for a stop to reach a script's host, on a machine that is busy
_SAYS_STOPPED = 128 + signal.SIGINT
_ENDED_BY_INTERRUPT = (-signal.SIGINT, 0xC000013A)


class JobStatus(enum.IntEnum):
    """What the Orchestrator would be told of the job."""

    ABORTED = 3
    SUCCESS = 4
    FAILED = 5
    STOPPED = 7


class Outcome:
    """What came of a run.

    Attributes:
        status: 4 Success, 5 Failed, 7 Stopped, 3 Aborted (it took longer than `timeout`).
        exit_code: of the script.
        output: what it printed, with secrets masked as in the run's log.
        task_statuses: by name, the last status of each task: 0 New, 1 In progress, 2 Success, 3 Failed (application), 4
            Failed (business), 5 Postponed.
        logs: messages, as (level, text).
        result: what the script gave to `robot_job.result`; None if nothing.
        progress: what it gave to `robot_job.progress`, as (done, total, text).
        attached: copies of the files that it attached.
        screenshots: the names of the pictures that it wanted.
    """

    def __init__(self, status: JobStatus, exit_code: int, output: str, gateway: PlayedGateway) -> None:
        self.status = status
        self.exit_code = exit_code
        self.output = output
        self.task_statuses = {
            task.name: task.status for queue in gateway.orchestrator.queues.values() for task in queue.tasks
        }
        self.logs = list(gateway.logs)
        self.result = gateway.result
        self.progress = list(gateway.progress)
        self.attached = list(gateway.attached)
        self.screenshots = list(gateway.screenshots)

    def __repr__(self) -> str:
        return f"<Outcome {self.status.name}, exit code {self.exit_code}>\n{self.output}"


class PlayedRobot:
    """Plays the robot for one test.

        robot.task({"month": 11})                      # the job's own task
        robot.queue("Invoices").add("INV-17", {...})   # a task in a queue
        robot.asset("bank", text="login", password="p")
        robot.stop_after(tasks=2)                      # the operator presses Stop
        outcome = robot.run("main.py")

    Queues, tasks and assets keep what the script has made of them: `robot.queue("Letters").tasks[0].parameters`,
    `robot.asset("bank").password`.
    """

    def __init__(self, folders: Sequence[Path], scratch: Path) -> None:
        self._folders, self._scratch = folders, scratch
        self._orchestrator = PlayedOrchestrator()
        self._task: dict[str, Any] | None = None
        self._stop_seconds: float | None = None
        self._stop_tasks = 0
        self._stop_says = ""
        self._runs = 0
        self._process: subprocess.Popen[bytes] | None = None

    def task(self, parameters: Any = None, name: str = "task", **fields: Any) -> None:
        """Give the job a Task: what `robot_job.task()` and `parameters()` find."""
        self._task = {"id": "1", "guid": str(uuid.uuid4()), "name": name, "status": "0", "priority": "0", **fields}
        self._task["parameters"] = {} if parameters is None else parameters

    def queue(self, name: str) -> PlayedQueue:
        """The queue of this name; it is made by the first call. A script that asks for another one is refused."""
        return self._orchestrator.queue(name)

    def asset(self, name: str, text: str | None = None, password: str | None = None) -> PlayedAsset:
        """The asset of this name; made, or changed, by a call with a text (of credentials: the login) or a password."""
        return self._orchestrator.asset(name, text, password)

    def stop_after(self, *, seconds: float | None = None, tasks: int = 0, says: str = "") -> None:
        """Let the operator press Stop in the next run.

        Args:
            seconds: so long after the script's start.
            tasks: when the script has taken so many tasks; it works on the last of them then.
            says: when the script has printed this.
        """
        self._stop_seconds, self._stop_tasks, self._stop_says = seconds, tasks, says

    def run(
        self,
        script: str | Path,
        *arguments: str,
        timeout: float = 60,
        environment: dict[str, str] | None = None,
        python: str | Path = sys.executable,
    ) -> Outcome:
        """Run a script as the robot does, and wait for its end.

        Args:
            script: its file, or a folder with a `main.py`; a relative path counts from the test's folder or one above.
            *arguments: instead of the vendor framework's argument.
            timeout: seconds; a script that takes longer is ended.
            environment: variables beside the test's own.
            python: another interpreter than that of the tests.
        """
        file = self._found(Path(script))
        self._runs += 1
        run = self._scratch / f"run{self._runs}"
        run.mkdir(mode=0o700)
        gateway = PlayedGateway(self._orchestrator, run / "evidence", self._looked)
        try:
            self._process = self._started([str(python)], file, arguments, run, gateway, environment or {})
            return self._watched(self._process, gateway, timeout)
        finally:
            self.close()
            gateway.close()

    def close(self) -> None:
        """End what is left of the run."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()

    def _found(self, script: Path) -> Path:
        for folder in self._folders:
            file = folder / script
            if file.is_dir():
                file /= "main.py"
            if file.is_file():
                return file.resolve()
        raise FileNotFoundError(f"{script} is in none of " + ", ".join(map(str, self._folders)))

    def _started(
        self,
        python: list[str],
        file: Path,
        arguments: Sequence[str],
        run: Path,
        gateway: PlayedGateway,
        more: dict[str, str],
    ) -> subprocess.Popen[bytes]:
        guid, job, version = (str(uuid.uuid4()) for _ in range(3))
        settings = run / "settings.txt"
        settings.write_text(f"{guid}\nhttp://robot.invalid\n0\n", "utf-8")
        variables = {
            **os.environ,
            "PYTHONUTF8": "1",
            "PYTHONUNBUFFERED": "1",
            "ROBOT_JOB_GUID": job,
            "ROBOT_JOB_NAME": file.stem,
            "ROBOT_HOST": "http://robot.invalid",
            "ROBOT_GUID": guid,
            "ROBOT_GATEWAY": gateway.address,
            "ROBOT_RUN_FOLDER": str(run),
            "ROBOT_RUN_MARK": uuid.uuid4().hex,
            "ROBOT_RUN_PROCESS_VERSION": version,
            "ROBOT_SCRIPTS_FOLDER": str(file.parent),
            **more,
        }
        variables.pop("ROBOT_TASK_FILE", None)
        if self._task is not None:
            task = run / "task.json"
            task.write_text(json.dumps(self._task), "utf-8")
            variables["ROBOT_TASK_FILE"] = str(task)
        host = next(each for each in _HOSTS if each.is_file())
        return subprocess.Popen(
            [*python, str(host), str(file), *(arguments or [f"{version}|{job}||{settings}"])],
            cwd=file.parent,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def _watched(self, process: subprocess.Popen[bytes], gateway: PlayedGateway, timeout: float) -> Outcome:
        output: list[bytes] = []
        reader = threading.Thread(target=self._read, args=(process, output), daemon=True)
        reader.start()
        timer = threading.Timer(self._stop_seconds or 0, self._stop)
        if self._stop_seconds is not None:
            timer.start()
        killed = False
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            code, killed = process.wait(), True
        timer.cancel()
        reader.join(_HEARD_WITHIN)
        self._stop_seconds, self._stop_tasks, self._stop_says = None, 0, ""
        text = gateway.masked(b"".join(output).decode("utf-8", "replace").replace("\r\n", "\n"))
        ending = self._ending()
        said = ending.read_text("ascii") if ending.is_file() else None
        return Outcome(_status(code, said, killed=killed), code, text, gateway)

    def _read(self, process: subprocess.Popen[bytes], output: list[bytes]) -> None:
        while process.stdout is not None:
            try:
                part = os.read(process.stdout.fileno(), 65536)
            except (OSError, ValueError):
                return
            if not part:
                return
            output.append(part)
            if self._stop_says and self._stop_says in b"".join(output).decode("utf-8", "replace"):
                self._stop()

    def _looked(self, status: int) -> None:
        """A task of a queue was given this status."""
        if status == IN_PROGRESS and self._stop_tasks:
            self._stop_tasks -= 1
            if not self._stop_tasks:
                self._stop()
                self._wait_for_the_stop()  # a quick script has taken a hundred more before its host gets to run

    def _stop(self) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        with contextlib.suppress(OSError, ValueError):  # it has ended
            process.stdin.write(b"stop " + os.fsencode(self._ending()) + b"\n")
            process.stdin.flush()

    def _wait_for_the_stop(self) -> None:
        """Until the script's host has noted it."""
        deadline = time.monotonic() + _STOPPED_WITHIN
        process = self._process
        while not self._ending().is_file() and process is not None and process.poll() is None:
            if time.monotonic() > deadline:
                return
            time.sleep(0.001)

    def _ending(self) -> Path:
        """Where the host writes what came of a stop."""
        return self._scratch / f"run{self._runs}" / "ending"


def _status(code: int, said: str | None, *, killed: bool) -> JobStatus:
    """By the robot's own table; `said`: the host's last word of the stop, None if none was asked."""
    if killed:
        return JobStatus.ABORTED
    if said is not None:
        by_interrupt = code == _SAYS_STOPPED or code in _ENDED_BY_INTERRUPT
        if code == 0 or said == "stopped" or (said == "interrupted" and by_interrupt):
            return JobStatus.STOPPED
    return JobStatus.FAILED if code else JobStatus.SUCCESS
