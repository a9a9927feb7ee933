"""The sandbox's page as a script author meets it in a browser, with a robot at the other end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.base.i18n import set_language
from app.orchestrator.vocabulary import JobStatus
from app.sandbox.faults import Fault, FaultKind, When
from tests.sandbox.conftest import OTHER_ROBOT, ROBOT, Client

if TYPE_CHECKING:
    from app.sandbox.engine import Sandbox
    from app.sandbox.server import SandboxServer
    from tests.browser.chromium import Chromium, Page

pytestmark = pytest.mark.browser

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


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
