"""While the robot lives and the network does, it is heard at least every 15 s (durability rule 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.field.requests import ABORT, ABORTED, FINAL, IN_PROGRESS, SUCCESS, Plan, answers

if TYPE_CHECKING:
    from tests.field.conftest import Field
    from tests.field.home import FieldHome
    from tests.field.server import Orchestrator

LONG_WAIT = 19  # more than the 15 s, with a margin for a busy machine
LATER = answers(503, headers=(("Retry-After", str(LONG_WAIT)),))


def test_no_wait_makes_the_robot_silent(field: Field) -> None:
    """It counts down, a server wants its reports later, or its question for a job: each longer than 15 s.

    Three robots at one time, because each needs those seconds. The judge measures the silence.
    """
    counting, delivering, asking = (field.home() for _ in range(3))
    orchestrator = field.orchestrator(*(home.guid for home in field.homes))
    for home in field.homes:
        home.settings(orchestrator.url, when_idle="logoff", logoff_countdown=0, poll_seconds=5, heartbeat_seconds=5)
        home.notes("job")
    counting.settings(orchestrator.url, when_idle="logoff", logoff_countdown=LONG_WAIT)
    delivered = orchestrator.queue("job", robot=delivering.guid)
    asked = orchestrator.queue("job", robot=asking.guid)
    orchestrator.disturb(LATER, statuses=FINAL, job=delivered, times=1)
    consume = orchestrator.disturb(LATER, "consume", times=1)
    matches = consume.matches
    consume.matches = lambda request: matches(request) and request.credential == asking.guid

    lives = [home.live() for home in field.homes]
    for home, life in zip(field.homes, lives, strict=True):
        assert home.wait(life, 60) == 0

    assert lives[0].ended_at - lives[0].began_at > LONG_WAIT
    assert asked.carried == [IN_PROGRESS, SUCCESS]
    assert delivered.carried == [IN_PROGRESS, SUCCESS]


def test_a_slow_report_does_not_hold_up_heartbeats(home: FieldHome, orchestrator: Orchestrator) -> None:
    """The answer to 8 takes six seconds: heartbeats Working go on meanwhile, at their pace."""
    home.settings(orchestrator.url, request_timeout=8)
    home.notes("job")
    job = orchestrator.queue("job", asks=(0,))
    slow = orchestrator.disturb(Plan(before=6), status=IN_PROGRESS)
    life = home.live()
    orchestrator.wait_for(lambda: slow.hits)
    orchestrator.wait_for(lambda: job.asked >= 3, 5.5)
    assert home.wait(life) == 0
    assert job.carried[-1] == SUCCESS


def test_a_slow_report_does_not_hold_up_an_abort(home: FieldHome, orchestrator: Orchestrator) -> None:
    """It comes while 8 is under way: the script doesn't run on after it."""
    home.settings(orchestrator.url, request_timeout=8)
    home.notes("job", "import time\ntime.sleep(2.5)\nopen(os.environ['HOME'] + '/ran on', 'w')\n")
    job = orchestrator.queue("job", asks=(ABORT, 0), expected=ABORTED)
    orchestrator.disturb(Plan(before=4), status=IN_PROGRESS)
    assert home.whole_life() == 0
    assert job.carried == [IN_PROGRESS, ABORTED]
    assert not home.has("ran on")
