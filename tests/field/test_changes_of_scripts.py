"""What scripts tell of their tasks, in the field: nothing is lost, all of it in order, before the job's own end."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

import pytest

from tests.field.requests import FAILED, LOST_AFTER, LOST_BEFORE, SUCCESS, Plan, answers

if TYPE_CHECKING:
    from tests.field.conftest import Field
    from tests.field.home import FieldHome
    from tests.field.server import Orchestrator

WORKER = """
import robot_job
for task in robot_job.queue("orders"):
    with task:
        pass
"""
TWENTY = [f"task-{number:02}" for number in range(20)]
# Says all of it at once, and goes on until it is told to end.
TELLS = """
import pathlib, time, robot_job
from robot_job._gateway import api
for number in range(20):
    for status in (1, 2):
        api("/api/task/update", {"guid": f"task-{number:02}", "status": status, "comment": "a secret comment"})
pathlib.Path(__import__("os").environ["HOME"], "told").touch()
"""
WAITS = "while True: time.sleep(60)\n"
BUSY = answers(503)
REFUSED = answers(404, b'{"ErrorText": "there is no task with a secret comment"}')


def in_order(orchestrator: Orchestrator) -> list[str]:
    """What was carried out, without the same thing said twice in a row (an answer that was lost)."""
    return [what for what, _again in itertools.groupby(orchestrator.told)]


def expected(job_guid: str, final: int) -> list[str]:
    """All of twenty tasks, in order, between a job's beginning and its end."""
    told = [f"task {guid} {status}" for guid in TWENTY for status in (1, 2)]
    return [f"job {job_guid} 8", *told, f"job {job_guid} {final}"]


@pytest.mark.parametrize("plan", [LOST_BEFORE, LOST_AFTER, BUSY], ids=["lost before", "lost after", "busy"])
def test_the_network_dies_in_the_middle_of_twenty_tasks(
    home: FieldHome, orchestrator: Orchestrator, plan: Plan
) -> None:
    """For two seconds nothing gets through: every status arrives, in order, and the job's own last."""
    home.notes("worker", WORKER)
    orchestrator.tasks = list(TWENTY)
    job = orchestrator.queue("worker")
    rules = []

    def cut_the_network(_request: object) -> None:
        if not rules and len(orchestrator.told) == 15:
            rules.extend(
                orchestrator.disturb(plan, call) for call in ("task", "next", "heartbeat", "update", "consume")
            )
            threading.Timer(2, lambda: [rule.end() for rule in rules]).start()

    orchestrator.then = cut_the_network
    assert home.whole_life() == 0
    assert rules
    assert in_order(orchestrator) == expected(job.guid, SUCCESS)


def test_a_robot_that_is_killed_tells_it_in_its_next_life(home: FieldHome, orchestrator: Orchestrator) -> None:
    """Killed with forty changes waiting: the next start delivers them, in order, before the job's Failed."""
    home.notes("tells", TELLS + WAITS)
    busy = orchestrator.disturb(BUSY, "task", skip=7)
    job = orchestrator.queue("tells", expected=FAILED)
    life = home.live()
    orchestrator.wait_for(lambda: home.has("told") and busy.hits)
    home.kill(life)
    busy.end()
    assert home.whole_life() == 0
    assert in_order(orchestrator) == expected(job.guid, FAILED)
    assert not any(b"a secret comment" in file.read_bytes() for file in home.data.rglob("*") if file.is_file())


def test_another_orchestrator_never_hears_of_it(field: Field) -> None:
    """The settings change while changes wait: they wait for their own Orchestrator, in sight, and arrive in order."""
    home = field.home()
    there, elsewhere = field.orchestrator(home.guid), field.orchestrator(home.guid)
    home.notes("tells", TELLS + WAITS)
    home.notes("job")
    home.settings(there.url, when_idle="wait")
    busy = there.disturb(BUSY, "task")
    job = there.queue("tells", expected=FAILED)
    life = home.live()
    there.wait_for(lambda: home.has("told") and busy.hits)
    home.settings(elsewhere.url, when_idle="wait")
    home.kill(life)
    other = elsewhere.queue("job")
    life = home.live()
    elsewhere.wait_for(lambda: other.over)
    listed = home.command("outbox")
    assert listed.output.count("task/update") == 40
    assert "another Orchestrator" in listed.output
    assert "secret" not in listed.output
    busy.end()
    home.settings(there.url, when_idle="wait")
    there.wait_for(lambda: job.over)
    assert home.terminate(life) == 130
    assert in_order(there) == expected(job.guid, FAILED)
    assert elsewhere.told == [f"job {other.guid} 8", f"job {other.guid} 4"]


def test_what_is_refused_stays_in_sight_and_holds_nothing_up(home: FieldHome, orchestrator: Orchestrator) -> None:
    """404 for one status: the others arrive, the robot leaves; a person sends it again, or gives it up."""
    home.notes("tells", TELLS)
    orchestrator.disturb(REFUSED, "task", times=2, skip=5)
    job = orchestrator.queue("tells")
    assert home.whole_life() == 0
    assert len(orchestrator.told) == 2 + 38
    assert orchestrator.told[-1] == f"job {job.guid} 4"
    listed = home.command("outbox")
    assert listed.output.count("refused") == 2
    assert "there is no task with ***" in listed.output
    check = home.command("check", "--json")
    assert '"refused": 2' in check.output
    assert "secret comment" not in home.log() + listed.output + check.output
    assert home.command("outbox", "retry").code == 0
    assert home.whole_life() == 0
    assert len(orchestrator.told) == 2 + 40
    orchestrator.disturb(REFUSED, "task", times=1)
    orchestrator.queue("tells")
    assert home.whole_life() == 0
    guid = orchestrator.jobs[-1].guid
    assert home.command("outbox", "discard", guid).code == 0
    assert "Nothing waits" in home.command("outbox").output


def test_a_status_that_is_carried_out_late_is_not_the_last_one(home: FieldHome, orchestrator: Orchestrator) -> None:
    """The first status of a task hangs in the server and is carried out when nobody waits for it any more."""
    home.notes("tells", TELLS.replace("range(20)", "range(2)"))
    orchestrator.disturb(Plan(before=3.5, lost=True), "task", times=1)
    job = orchestrator.queue("tells")
    assert home.whole_life() == 0
    orchestrator.wait_for_quiet()
    tasks = [what for what in orchestrator.told if what.startswith("task")]
    assert tasks.count("task task-00 1") == 2
    assert [what for what in tasks if "task-00" in what][-1] == "task task-00 2"
    assert orchestrator.told[-1] == f"job {job.guid} 4"


def test_a_server_that_names_an_error_is_asked_again(home: FieldHome, orchestrator: Orchestrator) -> None:
    """An error in one answer with 200 is tried again, as with reports."""
    home.notes("tells", TELLS)
    once = orchestrator.disturb(answers(200, b'{"error": "deadlock"}'), "task", times=1)
    job = orchestrator.queue("tells")
    assert home.whole_life() == 0
    assert once.hits
    assert in_order(orchestrator) == expected(job.guid, SUCCESS)
