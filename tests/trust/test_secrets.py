"""The robot's GUID and the parameters of tasks stand nowhere but where they must (POSIX lane: reads /proc)."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from app.orchestrator.vocabulary import JobStatus
from app.sandbox.engine import Sandbox
from app.sandbox.faults import Fault, FaultKind
from app.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads the process list from /proc")

ROOT = Path(__file__).parents[2]
GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
PARAMETER = "card-4000-0012-3456-7899"
PASSWORD = "Kn0ck-of-a-mailbox"
COMMENT = "remark-about-a-customer"
FORMS = {
    "GUID": GUID,
    "GUID without dashes": GUID.replace("-", ""),
    "base64": base64.b64encode(GUID.encode()).decode().rstrip("="),
    "base64 of capitals": base64.b64encode(GUID.upper().encode()).decode().rstrip("="),
    "task parameter": PARAMETER,
    "password of an asset": PASSWORD,
    "comment of a task": COMMENT,
}
SCRIPTS = {
    # Through the robot: what is read is masked from then on, what is changed is nobody else's business.
    "asks": (
        "import robot_job\n"
        "mail = robot_job.asset('mail')\n"
        "print(mail.password)\n"
        "robot_job.log(f'password {mail.password}')\n"
        "robot_job.progress(1, 2, mail.password)\n"
        "for task in robot_job.queue('cards'):\n"
        "    assert task.parameters['card']\n"
        f"    task.success('{COMMENT}')\n"
        "robot_job.set_asset('mail', password=mail.password[:-1] + 'y')\n"
        "robot_job.result({'password': mail.password})\n"
    ),
    "good": "import robot_job, time\nassert robot_job.task()['parameters']['card']\ntime.sleep(1.2)\n",
    # What a careless script prints is kept; the robot's own credential in it is not.
    "careless": (
        "import os\nprint('guid', os.environ['ROBOT_GUID'], flush=True)\nraise RuntimeError(os.environ['ROBOT_GUID'])\n"
    ),
}


def traces(data: bytes) -> list[str]:
    """Which secrets stand in `data`."""
    low = data.lower()
    return [name for name, form in FORMS.items() if form.lower().encode() in low or form.encode("utf-16-le") in data]


class ProcessList:
    """Looks at every command line of the machine while the context lasts."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.looks = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.05):
            self.looks += 1
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.found.update(traces(file.read_bytes()))
                except OSError:
                    continue  # it has just ended


def robot(*arguments: str, environ: Mapping[str, str]) -> bytes:
    """Run a command; everything that it said."""
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    return done.stdout


@pytest.fixture(scope="module")
def full_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, bytes]]:
    """Everything that a run with all kinds of events left or said, by where it was found."""
    folder = tmp_path_factory.mktemp("secrets")
    scripts, data = folder / "scripts", folder / "data"
    scripts.mkdir()
    for name, text in SCRIPTS.items():
        (scripts / f"{name}.py").write_text(text)
    sandbox = Sandbox()
    sandbox.add_robot(GUID)
    jobs = [sandbox.queue_job(name, task={"parameters": {"card": PARAMETER}}) for name in (*SCRIPTS, "../outside")]
    # Texts of a server that quotes the credential, and what goes wrong on the way.
    told = f'{{"HeartbeatErrorCode": 55, "ErrorText": "robot {GUID.upper()} is odd", "HasNewJob": 0}}'
    sandbox.faults.add(Fault(FaultKind.BODY, path="/api/robot/heartbeat", body=told))
    sandbox.faults.add(Fault(FaultKind.STATUS, path="/api/job/update", status=500))
    quoted = f'{{"error": "the comment {COMMENT} is odd"}}'
    sandbox.faults.add(Fault(FaultKind.BODY, path="/api/task/update", form={"status": "2"}, body=quoted))
    sandbox.add_asset("mail", "anna", PASSWORD, 1)
    queued = sandbox.add_task("cards", "first", f'{{"card": "{PARAMETER}"}}')
    config = folder / "robot.toml"
    environ = {"ROBOT_LANGUAGE": "en"}
    with SandboxServer(sandbox) as server:
        config.write_text(
            f"host = '{server.url}'\nrobot_guid = '{GUID}'\nwhen_idle = 'exit'\ndata_dir = 'data'\n"
            "heartbeat_seconds = 1\nsend_logs = true\n"
        )
        where = ("--config", str(config))
        with ProcessList() as processes:
            said = {
                "what run said": robot("run", "--headless", "--log-format", "json", *where, environ=environ),
                "what check said": robot("check", "--json", *where, environ=environ),
                "what history said": robot("history", "--output", str(data / "page.html"), *where, environ=environ),
            }
        config.write_text(config.read_text().replace(f"'{GUID}'", f"'{GUID}x'"))
        said["what a wrong GUID said"] = robot("run", "--headless", *where, environ=environ)
    ended = [[JobStatus.SUCCESS], [JobStatus.SUCCESS], [JobStatus.FAILED], [JobStatus.FAILED]]
    assert [job.final_reports for job in jobs] == ended
    assert (queued.status, queued.comment) == (2, COMMENT)
    assert processes.looks > 5
    said["the process list"] = "".join(FORMS[name] for name in processes.found).encode()
    said["messages sent to the Orchestrator"] = "\n".join(m.message for job in jobs for m in job.log).encode()
    for file in data.rglob("*"):
        said[f"name of {file.name}"] = str(file.relative_to(data)).encode()
        if file.is_file():
            said[str(file.relative_to(data))] = file.read_bytes()
    return said


def test_no_secret_is_written_or_said(full_run: dict[str, bytes]) -> None:
    """Not in a log, the journal, the history page, the console, `check --json`, a message, or the process list."""
    assert {place: found for place, data in full_run.items() if (found := traces(data))} == {}


def test_the_run_wrote_what_this_suite_reads(full_run: dict[str, bytes]) -> None:
    """The places are there and hold what they should: a suite that reads nothing finds nothing."""
    assert {"journal.sqlite3", "logs/robot.log", "page.html"} <= set(full_run)
    logs = b"".join(data for place, data in full_run.items() if place.startswith("logs/jobs/"))
    assert b"guid ***" in logs
    assert b"RuntimeError: ***" in logs
    assert b"is odd" in full_run["logs/robot.log"]
    assert b"is not a GUID" in full_run["what a wrong GUID said"]
    assert full_run["what check said"].lstrip().startswith(b"{")


def test_the_search_finds_what_it_looks_for() -> None:
    """In whatever case of letters, amid other text."""
    assert traces(f"x{GUID.upper()}y".encode()) == ["GUID"]
    assert traces(f"Basic {FORMS['base64']}==".encode()) == ["base64"]
