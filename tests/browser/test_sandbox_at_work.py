"""The sandbox's page when much is going on: reasons, live output, crowds, phones, ageing robots, tasks and assets."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from app.sandbox.dialect import Dialect
from app.sandbox.stored import TaskStatus
from tests.sandbox.conftest import ROBOT

if TYPE_CHECKING:
    from app.sandbox.engine import Sandbox
    from app.sandbox.server import SandboxServer
    from tests.browser.chromium import Chromium, Page
    from tests.sandbox.conftest import Client

pytestmark = pytest.mark.browser


def test_why_a_job_failed_stands_at_it(page: Page, sandbox: Sandbox, robot: Client) -> None:
    """The last error that was sent, in the job's row; all messages in its details, those that are errors in red."""
    job = sandbox.queue_job("invoices")
    robot.consume()
    robot.update(job.guid, 8)
    sandbox.add_log(job, "Info", "invoice 16")
    page.wait_until("document.querySelector('#jobs .why')?.innerText === 'invoice 16'")
    sandbox.add_log(job, "Error", "Traceback (most recent call last):\n  …\nValueError: no such account")
    robot.update(job.guid, 5)
    sandbox.add_log(job, "Error", "The script ended with exit code 1.")
    reason = "ValueError: no such account · The script ended with exit code 1."
    page.wait_until(f"document.querySelector('#jobs .why.bad')?.innerText === '{reason}'")
    page.click("#jobs .open")
    page.wait_until("document.querySelectorAll('#jobs .log p').length === 3")
    assert "Traceback" in page.evaluate("document.querySelector('#jobs .log p.bad').innerText")


def test_the_output_of_a_running_job_is_followed(page: Page, sandbox: Sandbox, robot: Client) -> None:
    """The newest line stays in view; who has scrolled up is left there."""
    job = sandbox.queue_job("long")
    robot.consume()
    robot.update(job.guid, 8)
    for number in range(100):
        sandbox.add_log(job, "Info", f"line {number}")
    page.wait_until("document.querySelector('#jobs .why')?.innerText === 'line 99'")
    page.click("#jobs .open")
    box = "document.querySelector('#jobs .log')"
    end = f"{box}.scrollTop + {box}.clientHeight >= {box}.scrollHeight - 4"
    page.wait_until(f"{box}.scrollHeight > {box}.clientHeight && {end}")
    sandbox.add_log(job, "Info", "line 100")
    page.wait_until(f"{box}.innerText.includes('line 100') && {end}")
    page.evaluate(f"{box}.scrollTop = 40")
    sandbox.add_log(job, "Info", "line 101")
    page.wait_until(f"{box}.innerText.includes('line 101')")
    assert page.evaluate(f"{box}.scrollTop") == 40


def crowd(sandbox: Sandbox, robot: Client) -> None:
    """422 jobs: two that have ended, one that runs, and all the others waiting behind them."""
    for end in (4, 5, None):
        job = sandbox.queue_job("early")
        robot.consume()
        robot.update(job.guid, 8)
        if end:
            robot.update(job.guid, end)
    for number in range(419):
        sandbox.queue_job(f"waiting {number}")


def test_a_crowd_hides_neither_what_runs_nor_what_has_ended(page: Page, sandbox: Sandbox, robot: Client) -> None:
    """The running job is the first, the ended ones are there, and it is said how many are not."""
    crowd(sandbox, robot)
    page.wait_until("document.getElementById('jobs-count').innerText.includes('100 of 422')")
    rows = page.evaluate("[...document.querySelectorAll('#jobs > tr')].map((row) => row.cells[0].innerText)")
    assert len(rows) == 100
    assert "In progress" in rows[0]
    assert sum("Success" in row or "Failed" in row for row in rows) == 2


def test_on_a_phone_the_jobs_come_first_and_stacked(
    browser: Chromium, server: SandboxServer, sandbox: Sandbox, robot: Client
) -> None:
    """Above the forms, stacked, so few that the rest can be reached; all of them when they are asked for."""
    crowd(sandbox, robot)
    page = browser.open(server.url, width=390, height=844)
    page.wait_until("document.querySelectorAll('#jobs > tr').length > 3")
    top = "document.getElementById('{}').getBoundingClientRect().top"
    assert page.evaluate(f"{top.format('jobs-title')} < {top.format('queue-title')}")
    assert page.evaluate(
        "jobs.rows[0].cells[2].getBoundingClientRect().top >= jobs.rows[0].cells[0].getBoundingClientRect().bottom"
    )
    assert page.evaluate("jobs.rows.length") < 21
    assert "In progress" in page.evaluate("jobs.rows[0].innerText")
    page.click("#jobs-more")
    page.wait_until("jobs.rows.length === 100")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_robots_that_are_gone_age(page: Page, sandbox: Sandbox, robot: Client) -> None:
    """Last heard so long ago, by itself; after half a minute it counts as silent."""
    robot.heartbeat()
    page.wait_until("robots.innerText.includes('Ready') && /last heard \\d+ sec. ago/.test(robots.innerText)")
    with sandbox.changed:
        sandbox.robots[ROBOT].seen_at -= timedelta(minutes=7)
        sandbox.touch()
    page.wait_until("robots.innerText.includes('Silent') && robots.innerText.includes('7 min. ago')")


def test_the_job_of_a_silent_robot_is_unknown(page: Page, sandbox: Sandbox, robot: Client) -> None:
    """Half a minute without a word: the page says so by itself, and takes it back when the robot is heard."""
    job = sandbox.queue_job("long")
    robot.consume()
    robot.update(job.guid, 8)
    with sandbox.changed:
        sandbox.robots[ROBOT].seen_at -= timedelta(seconds=31)
    page.wait_until("jobs.innerText.includes('Unknown')")
    robot.heartbeat(3, job.guid, "long")
    page.wait_until("jobs.innerText.includes('In progress') && !jobs.innerText.includes('Unknown')")


def test_heartbeats_that_repeat_themselves_share_a_row(page: Page, robot: Client) -> None:
    """With how many and since when; whatever else was asked stays visible between them."""
    for _ in range(5):
        robot.heartbeat()
    robot.consume()
    for _ in range(3):
        robot.heartbeat()
    page.wait_until("requests.length === 9")
    rows = "[...document.querySelectorAll('#requests > tr')].map((row) => row.cells[1].innerText)"
    page.wait_until(f"{rows}.length === 3")
    assert ["5 times" in row or "3 times" in row for row in page.evaluate(rows)] == [True, False, True]
    page.click("#collapse")
    page.wait_until(f"{rows}.length === 9")


def test_a_fault_keeps_the_chosen_call_and_says_how_it_strikes(page: Page, sandbox: Sandbox) -> None:
    """A kind that leaves no choice gives the chosen call back; seconds and order are shown."""
    choose = (
        "(() => {{ kind.value = '{}'; kind.dispatchEvent(new Event('change'));"
        " return document.getElementById('path').value }})()"
    )
    page.evaluate("document.getElementById('path').value = '/api/job/update'")
    assert page.evaluate(choose.format("no_job")) == "/api/robot/consumeNextJob"
    assert page.evaluate(choose.format("delay")) == "/api/job/update"
    page.evaluate("document.getElementById('seconds').value = '2.5'")
    page.click("#fault button")
    page.wait_until("faults.children.length === 1")
    assert page.evaluate("document.getElementById('path').value") == "/api/job/update"
    page.evaluate(choose.format("status"))
    page.click("#fault button")
    page.wait_until("faults.children.length === 2")
    first, second = page.evaluate("[...faults.children].map((item) => item.innerText)")
    assert "/api/job/update · 2.5 s · 1 left" in first
    assert "503 · /api/job/update · the request has no effect" in second
    assert sandbox.faults.active()[0].seconds == 2.5


def test_tasks_show_what_became_of_them(page: Page, sandbox: Sandbox) -> None:
    """Status in its colour, comment, details with letters; New again and away."""
    task = sandbox.add_task("Счета", "INV-17", '{"client": "\\u041d\\u0434"}')
    with sandbox.changed:
        sandbox.tasks.set_status(task, TaskStatus.FAILED_BUSINESS)
        task.comment = "no such client"
        sandbox.touch()
    page.evaluate("document.getElementById('stored').open = true")
    page.wait_until("tasks.innerText.includes('no such client') && tasks.innerText.includes('Failed (business)')")
    assert page.evaluate("tasks.querySelector('.pill').dataset.tone") == "warn"
    page.click("#tasks .open")
    page.wait_until('tasks.innerText.includes(\'"client": "Нд"\')')
    page.click("#tasks [data-focus^=new]")
    assert sandbox.wait_for(lambda _box: task.status is TaskStatus.NEW, timeout=5)
    page.wait_until("!tasks.querySelector('[data-focus^=new]')")
    page.click("#tasks [data-focus^=delete]")
    assert sandbox.wait_for(lambda box: not box.tasks.all(), timeout=5)


def test_an_asset_is_edited_and_deleted(page: Page, sandbox: Sandbox) -> None:
    """Its password is never shown, and stays as it is unless a new one is typed."""
    asset = sandbox.add_asset("1C", "robot", "secret-7", type_=1)
    page.evaluate("document.getElementById('stored').open = true")
    page.wait_until("assets.children.length === 1")
    page.click("#assets [data-focus^=edit]")
    page.type("#asset-text", "-2")
    page.click("#asset-button")
    assert sandbox.wait_for(lambda _box: asset.text == "robot-2", timeout=5)
    assert (asset.password, asset.guid) == ("secret-7", sandbox.assets.find("1C").guid)
    assert "secret-7" not in page.evaluate("document.documentElement.innerHTML")
    page.wait_until("document.getElementById('asset-button').innerText === 'Add an asset'")
    page.click("#assets [data-focus^=delete]")
    assert sandbox.wait_for(lambda box: not box.assets.all(), timeout=5)


def test_known_scripts_are_offered_and_the_answers_chosen(page: Page, sandbox: Sandbox) -> None:
    """Names that were queued before; the dialect and the strictness of the sandbox."""
    sandbox.queue_job("finance/invoices")
    page.wait_until("document.getElementById('scripts').options[0]?.value === 'finance/invoices'")
    page.evaluate("document.getElementById('options').open = true")
    page.evaluate("(dialect.value = 'camel', dialect.dispatchEvent(new Event('change', {bubbles: true})))")
    assert sandbox.wait_for(lambda box: box.dialect is Dialect.CAMEL, timeout=5)
    page.click("#strict")
    assert sandbox.wait_for(lambda box: not box.strict, timeout=5)
