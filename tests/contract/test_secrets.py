"""The robot's credential and the tasks' contents are in nothing that the robot writes or prints."""

from __future__ import annotations

import base64
import json
import os
import zipfile
from typing import TYPE_CHECKING

from tests.contract.robot_process import GUID

if TYPE_CHECKING:
    from tests.contract.orchestrator import Interference, Orchestrator, Request
    from tests.contract.robot_process import Home

SECRET_PARAMETER = "Tr0ub4dor-and-3"
PRINTS_EVERYTHING = """
import base64, os, sys
guid = os.environ["ROBOT_GUID"]
print(guid, guid.upper(), guid.replace("-", ""), base64.b64encode(guid.encode()).decode())
print("Authorization: Basic " + base64.b64encode(guid.encode()).decode(), file=sys.stderr)
for letter in guid:
    sys.stdout.write(letter)
    sys.stdout.flush()
print(open(sys.argv[1].split("|")[-1]).read())
raise ValueError("key " + guid)
"""
LIST_PROCESSES = """
import pathlib, psutil
lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
pathlib.Path("lines").write_text("\\n".join(lines), "utf-8")
"""


def test_nothing_that_is_written_holds_a_secret(robot: Home, orchestrator: Orchestrator) -> None:
    """Logs, journal, lock, console: no GUID in any spelling, no base64 of it, no parameter of a task, in a full run.

    The script prints its credential in every way, and the Orchestrator quotes it in an error.
    """
    robot.script("talker", PRINTS_EVERYTHING)
    orchestrator.queue("talker", task=json.dumps({"guid": "t", "parameters": json.dumps({"word": SECRET_PARAMETER})}))
    orchestrator.queue("no such")
    quoted = json.dumps({"HeartbeatErrorCode": 55, "ErrorText": f"{GUID} {base64.b64encode(GUID.encode()).decode()}"})
    odd: list[Interference] = [(200, quoted.encode())]

    def quote(request: Request) -> Interference:
        return odd.pop() if odd and len(orchestrator.requests) > 3 and str(request) == "heartbeat 2" else None

    orchestrator.interfere = quote
    done = robot.run_robot()

    assert done.code == 0
    assert odd == [], "the Orchestrator quoted the GUID"
    written = {str(file): content for file, content in robot.written().items()}
    archive = robot.folder / "for support.zip"
    assert robot.run("diagnose", "--config", str(robot.config), "--output", str(archive)).code == 0
    with zipfile.ZipFile(archive) as packed:
        written |= {f"archive: {name}": packed.read(name) for name in packed.namelist()}
    assert b"talker" in written["archive: journal.json"]
    assert b"Took job" in written["archive: logs/robot.log"]
    written |= {"stdout": done.output.encode(), "stderr": done.errors.encode()}
    assert any(name.endswith("journal.sqlite3") for name in written)
    assert any(b"ValueError" in content for content in written.values()), "the job's log is among them"
    encoded = {base64.b64encode(spelling.encode()).rstrip(b"=") for spelling in (GUID, GUID.upper(), GUID + "\n")}
    secrets = {GUID.encode(), GUID.replace("-", "").encode(), SECRET_PARAMETER.encode(), *encoded}
    leaks = [(name, secret) for name, content in written.items() for secret in secrets if secret in content]
    leaks += [(name, b"upper") for name, content in written.items() if GUID.upper().encode() in content]
    assert leaks == []


def test_what_is_written_is_for_this_user_only(robot: Home, orchestrator: Orchestrator) -> None:
    """Logs and the journal can't be read by other users of the machine, made by another command or an old robot.

    An old robot's folder is narrowed; one that holds somebody else's files as well keeps the rights that it has.
    """
    robot.script("talker", "print('private')")
    before = os.umask(0o022)
    try:
        robot.run("check", "--config", str(robot.config))
        assert robot.data.stat().st_mode & 0o777 == 0o700
        robot.data.rmdir()
        robot.run("history", "--config", str(robot.config))
        assert robot.data.stat().st_mode & 0o777 == 0o700
        (robot.data / "logs").mkdir(exist_ok=True)
        for old in (robot.data, robot.data / "logs"):
            old.chmod(0o755)
        robot.log_file.touch()
        orchestrator.queue("talker")
        assert robot.run_robot().code == 0
        assert robot.data.stat().st_mode & 0o777 == 0o700
        written = list(robot.written())
        assert robot.log_file in written
        for file in written:
            assert file.stat().st_mode & 0o077 == 0, file
        (robot.data / "something of a person's").touch()
        robot.data.chmod(0o755)
        assert robot.run_robot().code == 0
        assert robot.data.stat().st_mode & 0o777 == 0o755
    finally:
        os.umask(before)


def test_the_process_list_shows_no_credential(robot: Home, orchestrator: Orchestrator) -> None:
    """Neither the robot's nor a script's command line holds the GUID."""
    robot.script("look", LIST_PROCESSES)
    orchestrator.queue("look")
    assert robot.run_robot().code == 0
    lines = (robot.scripts / "lines").read_text("utf-8")
    assert "-m app run" in lines
    assert GUID not in lines
