"""The sandbox's page as a script author meets it in a browser, with a robot at the other end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from app.base.i18n import set_language
from app.orchestrator.vocabulary import JobStatus
from app.sandbox.dialect import Dialect
from app.sandbox.engine import Sandbox
from app.sandbox.faults import Fault, FaultKind, When
from app.sandbox.stored import TaskStatus
from tests.sandbox.conftest import OTHER_ROBOT, ROBOT, Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.sandbox.server import SandboxServer
    from tests.browser.chromium import Chromium, Page

pytestmark = pytest.mark.browser

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


@pytest.fixture
def sandbox() -> Sandbox:
    """A sandbox that knows two robots."""
    sandbox = Sandbox()
    sandbox.add_robot(ROBOT, "Accounting")
    sandbox.add_robot(OTHER_ROBOT, "Night")
    return sandbox


@pytest.fixture
def page(browser: Chromium, server: SandboxServer) -> Iterator[Page]:
    """The page, open and live."""
    opened = browser.open(server.url)
    opened.wait_until("link.dataset.state === 'live'")
    yield opened
    opened.close()


def busy(sandbox: Sandbox, robot: Client) -> None:
    """Jobs of every status, requests with and without remarks, a violation, faults, tasks and assets."""
    for name, end in (("invoices", 4), ("сверка", 5), ("mail\\sort", 7), ("report", 3), (HOSTILE, None)):
        job = sandbox.queue_job(name, task={"name": HOSTILE, "parameters": {"text": HOSTILE}})
        robot.heartbeat()
        robot.consume()
        robot.update(job.guid, 8)
        if end:
            robot.update(job.guid, end)
        sandbox.add_log(job, "Error", HOSTILE)
    sandbox.stop_job(sandbox.jobs[-1].guid)
    sandbox.abort_job(sandbox.queue_job("aborted at once").guid)
    sandbox.queue_job("waiting")
    robot.call("POST", "/api/job/update", {"guid": "x"})
    robot.heartbeat(3, "x", HOSTILE)
    sandbox.faults.add(Fault(FaultKind.STATUS, path="/api/robot/heartbeat"))
    robot.heartbeat()
    sandbox.faults.add(Fault(FaultKind.DROP, when=When.AFTER, count=None))
    sandbox.faults.add(Fault(FaultKind.DELAY))
    sandbox.add_task("Счета", HOSTILE)
    sandbox.add_asset(HOSTILE)


def open_everything(page: Page) -> None:
    """Open every part of the page that can be opened."""
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    page.evaluate("for (const button of document.querySelectorAll('button[aria-expanded=false]')) button.click()")


def test_a_job_is_queued_with_its_task_and_followed_to_its_end(page: Page, sandbox: Sandbox, robot: Client) -> None:
    """Typed in, clicked, carried out by a robot: the table shows each status, and the end is said aloud."""
    page.type("#name", "finance\\счета")
    page.type("#parameters", '{"number": 17}')
    page.click("#queue .primary")
    assert sandbox.wait_for(lambda box: bool(box.jobs), timeout=5)
    (job,) = sandbox.jobs
    assert (job.name, job.task) == ("finance\\счета", {"parameters": {"number": 17}})
    page.wait_until("jobs.innerText.includes('Pending')")
    robot.heartbeat()
    robot.consume()
    robot.update(job.guid, 8)
    page.wait_until("jobs.innerText.includes('In progress') && jobs.innerText.includes('Accounting')")
    robot.update(job.guid, 4)
    page.wait_until("jobs.innerText.includes('Success')")
    page.wait_until("said.getAttribute('role') === 'status' && said.innerText.endsWith('Success.')")
    page.click("#jobs [data-focus^=again]")
    assert sandbox.wait_for(lambda box: len(box.jobs) == 2, timeout=5)
    assert sandbox.jobs[1].task == job.task


def test_stop_then_abort(page: Page, sandbox: Sandbox, robot: Client) -> None:
    """The buttons reach the robot as 20 and 10; the keyboard's place stays in the row."""
    job = sandbox.queue_job("long")
    robot.consume()
    robot.update(job.guid, 8)
    page.wait_until("jobs.querySelector('[data-focus^=stop]')")
    page.evaluate("jobs.querySelector('[data-focus^=stop]').focus()")
    page.click("#jobs [data-focus^=stop]")
    assert sandbox.wait_for(lambda _box: job.status is JobStatus.STOPPING, timeout=5)
    assert robot.heartbeat(3, job.guid, "long").json()["HeartbeatErrorCode"] == 20
    page.wait_until("jobs.innerText.includes('Stopping')")
    page.wait_until("jobs.contains(document.activeElement)")
    page.click("#jobs [data-focus^=abort]")
    assert sandbox.wait_for(lambda _box: job.status is JobStatus.ABORTING, timeout=5)
    assert robot.heartbeat(3, job.guid, "long").json()["HeartbeatErrorCode"] == 10


def test_mistakes_in_the_form_are_said_beside_the_field(page: Page, sandbox: Sandbox) -> None:
    """A missing name, parameters that aren't an object; the focus goes there and nothing is queued."""
    page.click("#queue .primary")
    page.wait_until("document.activeElement.id === 'name' && document.getElementById('name-error').innerText")
    page.type("#name", "a")
    page.type("#parameters", "[1]")
    page.click("#queue .primary")
    page.wait_until("document.activeElement.id === 'parameters'")
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
    assert "not a JSON object" in page.evaluate("document.getElementById('parameters-error').innerText")
    assert sandbox.jobs == []


def test_every_request_is_seen_with_what_was_wrong_in_it(page: Page, robot: Client) -> None:
    """A wrong verb stands out; its details show the parameters without the credential; the filter keeps it."""
    robot.heartbeat()
    robot.call("POST", "/api/robot/consumeNextJob", json={})
    page.wait_until("requests.length === 2")
    assert "application/x-www-form-urlencoded" in page.evaluate("document.querySelector('tr.wrong').innerText")
    open_everything(page)
    shown = page.evaluate("document.getElementById('requests').innerText")
    assert "RobotGUID = ••••e151" in shown
    assert "Ready" in shown
    page.click("#only-wrong")
    page.wait_until("document.querySelectorAll('#requests tr:not(.detail)').length === 1")
    assert ROBOT not in page.evaluate("document.querySelector('.columns').innerText")


def test_faults_are_switched_on_and_off(page: Page, sandbox: Sandbox, robot: Client) -> None:
    """With the fields that the kind needs, and no others."""
    page.evaluate("(kind.value = 'status', kind.dispatchEvent(new Event('change')))")
    page.evaluate("(document.getElementById('status').value = '502', document.getElementById('when').value = 'after')")
    visible = "[...document.querySelectorAll('#fault [data-field]')].filter(e => e.checkVisibility())"
    assert page.evaluate(f"{visible}.map(e => e.dataset.field)") == ["when", "status"]
    page.click("#fault button")
    assert sandbox.wait_for(lambda box: bool(box.faults.active()), timeout=5)
    (fault,) = sandbox.faults.active()
    assert (fault.kind, fault.status, fault.when, fault.count) == (FaultKind.STATUS, 502, When.AFTER, 1)
    page.wait_until("faults.innerText.includes('502')")
    assert robot.heartbeat().status_code == 502
    page.wait_until("faults.children.length === 0")
    page.click("#fault button")
    page.wait_until("faults.children.length === 1")
    page.click("#faults button")
    assert sandbox.wait_for(lambda box: not box.faults.active(), timeout=5)


def test_a_script_author_finds_everything_to_begin_with(page: Page, server: SandboxServer) -> None:
    """Settings with address and GUID of the chosen robot, a first script, open while no robot was seen."""
    page.wait_until("settings.innerText.includes('robot_guid')")
    assert page.evaluate("start.open")
    text = page.evaluate("settings.innerText")
    assert f'host = "{server.url}"' in text
    assert f'robot_guid = "{ROBOT}"' in text
    page.evaluate("(document.getElementById('settings-robot').value = '2')")
    page.evaluate("document.getElementById('settings-robot').dispatchEvent(new Event('change'))")
    page.wait_until(f"settings.innerText.includes('{OTHER_ROBOT}')")


def test_a_robot_is_added(page: Page, sandbox: Sandbox) -> None:
    """And can be chosen for a job at once."""
    page.click("#add-robot")
    page.wait_until("document.querySelectorAll('#robot option').length === 4")
    assert [robot.name for robot in sandbox.robots.values()] == ["Accounting", "Night", "Robot 3"]


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


def test_a_break_of_the_connection_is_said_and_heals(page: Page, server: SandboxServer) -> None:
    """The page says that the sandbox is away, and goes on when it is back."""
    server.stop()
    page.wait_until("link.dataset.state === 'lost'")
    server.start()
    page.wait_until("link.dataset.state === 'live'")


def test_hostile_names_stay_text(page: Page, sandbox: Sandbox, robot: Client) -> None:
    """Markup in names, tasks, messages and requests neither runs nor shows as markup; nothing is asked elsewhere."""
    busy(sandbox, robot)
    page.wait_until("document.querySelectorAll('#jobs > tr').length === 7")
    open_everything(page)
    assert page.evaluate("document.title") == "Sandbox · Robot"
    assert page.evaluate("document.querySelectorAll('img').length") == 0
    assert {address.split("?")[0].rsplit(":", 1)[0] for address in page.requests()} <= {"http://127.0.0.1", "data"}
    assert page.complaints() == []


@pytest.mark.usefixtures("axe")
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_axe_finds_nothing(
    browser: Chromium, server: SandboxServer, sandbox: Sandbox, robot: Client, language: str, *, dark: bool
) -> None:
    """Empty and full, everything open, in both languages and both schemes: no accessibility rule is broken."""
    set_language(language)
    try:
        page = browser.open(server.url, dark=dark)
        page.wait_until("link.dataset.state === 'live'")
        assert page.axe() == []
        busy(sandbox, robot)
        page.wait_until("document.querySelectorAll('#jobs > tr').length === 7")
        open_everything(page)
        assert page.axe() == []
        page.close()
    finally:
        set_language("en")


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_cut_off(
    browser: Chromium, server: SandboxServer, sandbox: Sandbox, robot: Client, language: str, width: int
) -> None:
    """The page never scrolls sideways, and every button shows its whole text, on a phone too."""
    set_language(language)
    try:
        page = browser.open(server.url, width=width)
        page.wait_until("link.dataset.state === 'live'")
        busy(sandbox, robot)
        page.wait_until("document.querySelectorAll('#jobs > tr').length === 7")
        open_everything(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        buttons = "[...document.querySelectorAll('button')]"
        assert page.evaluate(f"{buttons}.filter(b => b.scrollWidth > b.clientWidth + 1).map(b => b.innerText)") == []
        page.close()
    finally:
        set_language("en")
