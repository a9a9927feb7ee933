"""The commands beside `run`: demo, sandbox, check, history, autostart."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import tomllib
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.contract.orchestrator import SUCCESS
from tests.contract.robot_process import ROOT, finish, interrupt, wait_until

if TYPE_CHECKING:
    from tests.contract.orchestrator import Orchestrator
    from tests.contract.robot_process import Home

DEMO_SECONDS = 30


def test_demo(home: Home) -> None:
    """`demo --headless` shows a success, a failure and a stopped job in under 30 s, ends with 0, leaves only a page."""
    begun = time.monotonic()
    process = home.start("demo", "--headless", environment={"LANG": "en_US.UTF-8"})
    output, errors = process.communicate(timeout=DEMO_SECONDS)
    assert process.returncode == 0, errors
    assert time.monotonic() - begun < DEMO_SECONDS
    for word in ("Success", "Failed", "Stopped"):
        assert word in output
    assert home.processes() == []
    (page,) = home.folder.rglob("history.html")
    assert str(page) in output
    assert "robot sandbox" in output.split(str(page))[1]
    assert "broken_invoice" in page.read_text("utf-8")
    left = [file for file in home.folder.rglob("*") if file.is_file() and file != page]
    assert left
    assert all(file.is_relative_to(page.parent / "logs") for file in left)


@pytest.mark.skipif(sys.platform == "win32", reason="what opens a page is replaced by a program in PATH")
def test_a_demo_without_a_console_shows_its_page(home: Home) -> None:
    """As the windowed program has none: the page of the runs is opened for the person."""
    opened = home.folder / "opened"
    opener = home.folder / "bin" / "xdg-open"
    opener.parent.mkdir()
    opener.write_text(f'#!/bin/sh\necho "$1" > "{opened}"\n', "utf-8")
    opener.chmod(0o700)
    code = "import sys; sys.stdout = None; from app.cli import main; sys.exit(main(['demo', '--headless']))"
    path = f"{opener.parent}:{home.environment['PATH']}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**home.environment, "PATH": path},
        timeout=DEMO_SECONDS,
        check=False,
    )
    assert done.returncode == 0
    wait_until(opened.exists)
    assert Path(opened.read_text("utf-8").strip()) == next(home.folder.rglob("history.html"))


def test_sandbox(home: Home) -> None:
    """`sandbox` serves its page on loopback until Ctrl-C, which is its ordinary end."""
    process = home.start("sandbox", "--port", "0", environment={"PYTHONUNBUFFERED": "1"})
    assert process.stdout
    url = next(match[0] for line in process.stdout if (match := re.search(r"http://127\.0\.0\.1:\d+", line)))
    with urllib.request.urlopen(url, timeout=10) as page:
        assert page.status == 200
        assert b"<html" in page.read().lower()
    interrupt(process)
    assert finish(process).code in {0, 130}


def test_sandbox_keeps_its_world_in_a_file(home: Home) -> None:
    """`--load` and `--save` with one file: not there at first, then begun with; a mistake in it is 2, with its line."""
    file = home.folder / "world.toml"
    arguments = ("sandbox", "--port", "0", "--load", str(file), "--save", str(file))
    for name in ("first", "second"):
        process = home.start(*arguments, environment={"PYTHONUNBUFFERED": "1"})
        assert process.stdout
        url = next(match[0] for line in process.stdout if (match := re.search(r"http://127\.0\.0\.1:\d+", line)))
        body = json.dumps({"queue": "Счета", "name": name, "priority": "High"}).encode()
        order = urllib.request.Request(url + "/sandbox/api/tasks", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(order, timeout=10) as answer:
            assert answer.status == 201
        interrupt(process)
        assert finish(process).code == 0
    tasks = tomllib.loads(file.read_text("utf-8"))["queues"][0]["tasks"]
    assert [(task["name"], task["priority"]) for task in tasks] == [("first", "High"), ("second", "High")]
    file.write_text("[settings]\ndialect = 'snake'\n\n[[queues]]\nnane = 'Счета'\n", "utf-8")
    done = home.run(*arguments)
    assert done.code == 2
    assert "line 5: queues[1].nane" in done.errors


def test_check_says_whether_this_machine_is_ready(robot: Home, orchestrator: Orchestrator) -> None:
    """`check --json` finds the settings and reaches the Orchestrator; without settings it is 2."""
    ready = robot.run("check", "--config", str(robot.config), "--json")
    report = json.loads(ready.output)
    assert ready.code == report["exit_code"] == 0, report
    assert orchestrator.requests
    assert robot.run("check", "--config", str(robot.folder / "nowhere.toml")).code == 2


def test_history_is_written(robot: Home, orchestrator: Orchestrator) -> None:
    """`history --output FILE` writes one page with the runs in it; JSON is the same in a pipe of any encoding."""
    robot.script("счета", "")
    job = orchestrator.queue("счета")
    assert robot.run_robot().code == 0
    assert job.final == SUCCESS
    page = robot.folder / "history.html"
    done = robot.run("history", "--config", str(robot.config), "--output", str(page))
    assert done.code == 0
    assert str(page) in done.output
    assert "счета" in page.read_text("utf-8")
    for command in ("history", "status"):
        arguments = (command, "--config", str(robot.config), "--json")
        found = json.loads(robot.run(*arguments, environment={"PYTHONIOENCODING": "ascii"}).output)
        assert (found["runs"][0] if command == "history" else found["status"]["last"])["name"] == "счета"
    if sys.platform != "win32":  # as /dev/stdout is one
        stdout = robot.folder / "stdout"
        stdout.symlink_to("/proc/self/fd/1")
        done = robot.run("history", "--config", str(robot.config), "--json", "--output", str(stdout))
        assert json.loads(done.output)["runs"][0]["name"] == "счета"
        assert stdout.is_symlink(), "it was replaced by a file"


def test_autostart_is_for_windows(home: Home) -> None:
    """On Linux `autostart` says that it is for Windows, and what to use instead."""
    done = home.run("autostart", "status")
    assert done.code == 2
    assert "Windows" in done.errors
