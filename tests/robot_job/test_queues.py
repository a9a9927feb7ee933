"""Queues: what a script takes, and what becomes of each task however its block ends."""

from __future__ import annotations

import time

import pytest
from robot_job._played_orchestrator import _CALLS, PlayedOrchestrator, Refused

ABORTED, SUCCESS, FAILED, STOPPED = 3, 4, 5, 7
WORKER = """
import robot_job
for task in robot_job.queue("Invoices"):
    with task:
        number = task.parameters["number"]
        if number < 0:
            raise robot_job.BusinessError(f"{number} is no amount")
        if number > 100:
            raise ValueError(number)
        print("posted", task.name)
"""


def fill(robot, *numbers):
    """Tasks of the queue Invoices."""
    return [robot.queue("Invoices").add(f"INV-{number}", {"number": number}) for number in numbers]


def test_each_task_ends_as_its_block_does(robot, run):
    """Clean: Success. BusinessError: Failed, business, and the next one comes. Anything else: Failed, and goes on."""
    good, business, bad, untouched = fill(robot, 17, -1, 500, 18)
    outcome = run(WORKER)
    assert outcome.status == FAILED
    assert outcome.output.endswith("ValueError: 500\n")
    assert [task.statuses for task in (good, business, bad, untouched)] == [[0, 1, 2], [0, 1, 4], [0, 1, 3], [0]]
    assert [task.comment for task in (good, business, bad)] == ["", "-1 is no amount", "ValueError: 500"]


def test_iteration_ends_with_the_last_task(robot, run):
    """The script is done when there is no New task."""
    fill(robot, 1, 2, 3)
    outcome = run(WORKER)
    assert outcome.status == SUCCESS
    assert outcome.task_statuses == {"INV-1": 2, "INV-2": 2, "INV-3": 2}
    assert outcome.output == "posted INV-1\nposted INV-2\nposted INV-3\n"


def test_the_more_important_task_comes_first(robot, run):
    """What a script sees of a task."""
    robot.queue("Invoices").add("later", {"n": 1})
    robot.queue("Invoices").add("sooner", [["a", 1]], priority=2, description="of the bank", comment="again")
    outcome = run(
        """
        import robot_job
        for task in robot_job.queue("Invoices"):
            about = task.priority, task.status, task.description, task.comment, len(task.guid)
            print(task.name, task.parameters, *about)
            task.success("seen")
        """
    )
    assert outcome.output == "sooner [['a', 1]] 2 1 of the bank again 36\nlater {'n': 1} 0 1   36\n"


def test_a_stop_in_mid_task_fails_it_and_says_why(robot, run):
    """Nobody repeats it unseen; the others stay as they were; the job is Stopped."""
    first, second, third = fill(robot, 1, 2, 3)
    robot.stop_after(tasks=2)
    outcome = run(
        """
        import robot_job, time
        for task in robot_job.queue("Invoices"):
            with task:
                time.sleep(0 if task.name == "INV-1" else 30)
        """
    )
    assert outcome.status == STOPPED, outcome
    # Stopped before its block was entered, it is New again.
    assert [task.status for task in (first, second, third)] in ([2, 3, 0], [2, 0, 0])
    if second.status:
        assert second.comment == "Stopped by the operator in the middle of this task"


def test_a_script_that_asks_finishes_its_task(robot, run):
    """It is told, its task is done, and no further one is taken."""
    tasks = fill(robot, 1, 2, 3)
    robot.stop_after(tasks=2)
    outcome = run(
        """
        import robot_job
        for task in robot_job.queue("Invoices"):
            with task:
                robot_job.wait(0 if task.name == "INV-1" else 30)
        """
    )
    assert outcome.status == STOPPED
    assert [task.status for task in tasks] == [2, 2, 0]


@pytest.mark.parametrize("call", ["lastTask", "task/update"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_stop_while_something_is_being_said(robot, run, monkeypatch, call, times):
    """What a task was given stays its status; one that the script has not seen is New again."""
    (task,) = fill(robot, 1)
    asked = []

    def ask(self, path, fields, real=PlayedOrchestrator.ask):
        found = real(self, path, fields)
        if call in path:
            asked.append(path)
            if len(asked) == times:
                robot._stop()
                time.sleep(1)
        return found

    monkeypatch.setattr(PlayedOrchestrator, "ask", ask)
    outcome = run(WORKER)
    assert outcome.status == STOPPED, outcome
    expected = {("lastTask", 1): [0], ("task/update", 1): [0, 1, 1, 0], ("task/update", 2): [0, 1, 2, 2]}
    assert task.statuses == expected.get((call, times), [0, 1, 2])


def test_asyncios_cancelling_is_a_stop(robot, run):
    """The comment says so."""
    (task,) = fill(robot, 1)
    robot.stop_after(says="ready")
    outcome = run(
        """
        import asyncio, robot_job
        async def main():
            for task in robot_job.queue("Invoices"):
                with task:
                    print("ready")
                    await asyncio.sleep(60)
        asyncio.run(main())
        """
    )
    assert outcome.status == STOPPED, outcome
    assert (task.statuses, task.comment) == ([0, 1, 3], "Stopped by the operator in the middle of this task")


def test_what_the_script_says_itself_stands(robot, run):
    """A task that was ended inside its block is not ended twice, whatever the block's end."""
    tasks = fill(robot, 1, 2, 3, 4)
    outcome = run(
        """
        import datetime, robot_job
        queue = robot_job.queue("Invoices")
        with queue.next() as task:
            task.failed("no number")
        with queue.next() as task:
            task.postpone(datetime.datetime(2026, 12, 1, 9, 0), "the bank is closed")
            raise robot_job.BusinessError("swallowed all the same")
        with queue.next() as task:
            task.business_error("no amount")
        with queue.next() as task:
            task.success("posted")
            raise SystemExit(3)
        """
    )
    assert outcome.exit_code == 3
    assert [task.statuses for task in tasks] == [[0, 1, 3], [0, 1, 5], [0, 1, 4], [0, 1, 2]]
    assert [task.comment for task in tasks] == ["no number", "the bank is closed", "no amount", "posted"]
    assert tasks[1].fields["postponed"] == "2026-12-01 09:00:00"


@pytest.mark.parametrize("until", ["datetime.timedelta(hours=1)", "3600", "None"])
def test_no_moment_to_postpone_to_is_an_error_that_says_so(robot, run, until):
    """What is no moment reaches no Orchestrator, which would take an hour for one o'clock."""
    robot.queue("orders").add("a")
    outcome = run(
        f"""
        import datetime
        import robot_job
        robot_job.queue("orders").next().postpone({until})
        """
    )
    assert "RobotJobError" in outcome.output
    assert "moment" in outcome.output
    assert 5 not in outcome.task_statuses.values()


def test_next_and_add(robot, run):
    """A task is put into a queue, its GUID comes back; an empty queue has no next one."""
    letters = robot.queue("Letters")
    robot.queue("Empty")
    outcome = run(
        """
        import robot_job
        print(robot_job.queue("Empty").next())
        import datetime
        due = datetime.datetime(2026, 12, 1, 9, 0)
        print(robot_job.queue("Letters").add("Письмо", {"to": "офис"}, priority=3, tags=["a", "b"], deadline=due))
        """
    )
    (letter,) = letters.tasks
    assert outcome.output == f"None\n{letter.guid}\n"
    assert (letter.name, letter.parameters, letter.fields["priority"]) == ("Письмо", {"to": "офис"}, 3)
    assert (letter.fields["tags"], letter.fields["deadline"]) == ("a;b", "2026-12-01 09:00:00")


def test_iteration_goes_on_asking_and_next_does_not(robot, run, monkeypatch):
    """While the Orchestrator can't be reached, a loop over a queue waits for it; `next` says so."""
    fill(robot, 1)
    asked = []

    def ask(self, path, fields, real=PlayedOrchestrator.ask):
        if "lastTask" in path:
            asked.append(path)
            if len(asked) in (1, 2, 3):
                raise Refused("no answer", "unreachable")
        return real(self, path, fields)

    monkeypatch.setattr(PlayedOrchestrator, "ask", ask)
    first = 'import robot_job\ntry: robot_job.queue("Invoices").next()\nexcept robot_job.RobotJobError as error: '
    outcome = run(f"{first}print(error.kind, error)\n{WORKER}")
    assert outcome.status == SUCCESS, outcome
    assert outcome.output.startswith("unreachable no answer\n")
    assert outcome.task_statuses == {"INV-1": 2}


@pytest.mark.parametrize(("end", "statuses"), [("success()", 2), ("business_error('no')", 40)])
def test_a_task_that_comes_again_and_again_is_an_error(robot, run, monkeypatch, end, statuses):
    """An Orchestrator that takes no status would have a script do the same thing for ever."""
    (task,) = fill(robot, 1)
    monkeypatch.setitem(_CALLS, "/api/queue/lastTask", lambda *_: task.described())
    outcome = run(f"import robot_job\nfor task in robot_job.queue('Invoices'):\n    task.{end}")
    assert outcome.status == FAILED
    assert outcome.output.endswith("The Orchestrator hands task INV-1 out again and again\n")
    assert len(task.statuses) == 1 + statuses


def test_an_unknown_queue_is_an_error_that_says_so(run):
    """No endless loop over nothing."""
    outcome = run(WORKER)
    assert outcome.status == FAILED
    assert "There is no queue Invoices" in outcome.output.splitlines()[-1]


@pytest.mark.parametrize("ending", ["sys.exit(0)", "sys.exit('no')", "raise SystemExit", "1 / 0"])
def test_any_other_exception_fails_the_task(robot, run, ending):
    """Also a way out of the script by which the job is a success."""
    (task,) = fill(robot, 1)
    run(f"import robot_job, sys\nfor task in robot_job.queue('Invoices'):\n    with task:\n        {ending}")
    assert task.statuses == [0, 1, 3]
