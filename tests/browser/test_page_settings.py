"""The settings' form in a browser, under a hand that makes every mistake once; judged by the file on the disk."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from app.base.i18n import set_language
from app.base.redaction import Mask
from app.orchestrator.vocabulary import JobStatus
from app.settings import policy
from app.settings.loading import load_settings
from app.settings.mistakes import describe_problem
from app.settings.values import WrongValueError
from tests.page import served as helper
from tests.program.test_service import ServiceUnderTest
from tests.sandbox.conftest import OTHER_ROBOT, ROBOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.sandbox.engine import Sandbox
    from app.sandbox.server import SandboxServer
    from tests.browser.chromium import Chromium, Page
    from tests.page.served import Served

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("axe")]

Mistakes = dict[str, tuple[str, WrongValueError]]
ROUNDS: tuple[Mistakes, ...] = (
    {
        "host": ("orchestrator", WrongValueError("host")),
        "robot_guid": ("00000000-hush", WrongValueError("guid")),
        "logoff_countdown": ("3601", WrongValueError("most", limit=3600)),
        "poll_seconds": ("two", WrongValueError("number")),
        "stop_timeout": ("", WrongValueError("number")),
        "heartbeat_seconds": ("0", WrongValueError("least", limit=1)),
        "request_timeout": ("2,5", WrongValueError("number")),
        "offline_limit": ("-1", WrongValueError("least", limit=0)),
        "proxy": ("a b", WrongValueError("proxy")),
        "keep_logs_days": ("1.5", WrongValueError("whole_number")),
        "recorder_seconds": ("'5'", WrongValueError("number")),
    },
    {
        "host": ("http://anna:hush@orchestrator", WrongValueError("host_credentials")),
        "proxy": ("http://anna:***@other:3128", WrongValueError("hidden_password")),
    },
    {"host": ("", WrongValueError("missing"))},
)


@pytest.fixture(params=["en", "ru"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """Both."""
    set_language(request.param)
    yield request.param
    set_language("en")


def write(page: Page, key: str, text: str) -> None:
    """Put `text` in the place of what a field holds, with the keyboard, and leave the field."""
    selector = f"#f-{key}"
    page.evaluate(f"document.querySelector({json.dumps(selector)}).closest('details').open = true")
    page.evaluate(f"(() => {{ const f = document.querySelector('{selector}'); f.focus(); f.select(); }})()")
    if text:
        page.call("Input.insertText", text=text)
    else:
        press(page, "Delete", 46)
    press(page, "Tab", 9)


def press(page: Page, key: str, code: int, text: str = "") -> None:
    """One key down and up."""
    for kind in ("keyDown", "keyUp"):
        more = {"text": text} if text and kind == "keyDown" else {}
        page.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **more)


def said_at(page: Page, key: str) -> str:
    """The mistake beside a field."""
    found: str = page.evaluate(f"document.getElementById('f-{key}-error').innerText")
    return found


def held(page: Page, key: str) -> str:
    """What the field holds."""
    found: str = page.evaluate(f"document.getElementById('f-{key}').value")
    return found


def test_a_hand_that_makes_every_mistake_once(browser: Chromium, tmp_path: Path, language: str) -> None:
    """Each is said beside its field and in the summary, nothing typed is lost, and nothing is written before."""
    with helper.served(tmp_path) as served:
        served.file.write_text(helper.settings_text(served.data, proxy="http://anna:secret@proxy:3128") + "# ours\n")
        before = served.file.read_bytes()
        page = browser.open(served.root + "settings")
        for mistakes in ROUNDS:
            for key, (text, _) in mistakes.items():
                write(page, key, text)
            page.click("#save")
            wait_for_summary(page, mistakes)
            for key, (text, error) in mistakes.items():
                assert said_at(page, key).lower().startswith(describe_problem(key, error)[0].lower()), key
                assert held(page, key) == text
                assert page.evaluate(f"document.getElementById('f-{key}').ariaInvalid") == "true"
            assert served.file.read_bytes() == before
            if mistakes is ROUNDS[0]:
                assert page.axe() == []
            mend(page, mistakes)
        right = {"poll_seconds": "7.5", "heartbeat_seconds": "5", "robot_guid": OTHER_ROBOT, "scripts": "ours"}
        for key, text in right.items():
            write(page, key, text)
        page.click("#f-verify_tls")
        page.click("#save")
        page.wait_until("document.getElementById('told').innerText")
        page.wait_until("document.getElementById('f-verify_tls-note').innerText")
        warned = {
            key: page.evaluate(f"document.getElementById('f-{key}-note').innerText")
            for key in ("verify_tls", "heartbeat_seconds")
        }
        assert all("GUID" in text or "heartbeat_seconds" in text for text in warned.values())
        assert held(page, "robot_guid") == ""
        source = page.evaluate("document.documentElement.outerHTML")
        assert Mask(OTHER_ROBOT)(source.encode()) == source.encode()
        page.close()
        lines = before.decode().replace(helper.GUID, OTHER_ROBOT).removesuffix("# ours\n")
        added = "".join(f"{key} = {value}\n" for key, value in WRITTEN.items())
        assert served.file.read_text() == f"{lines}# ours\n\n{added}"


WRITTEN = {"scripts": "'ours'", "poll_seconds": "7.5", "heartbeat_seconds": "5", "verify_tls": "false"}


def wait_for_summary(page: Page, mistakes: Mistakes) -> None:
    """The summary has the focus, and a link to each field that leads there."""
    page.wait_until(f"document.querySelectorAll('#failed:not([hidden]) li').length === {len(mistakes)}")
    assert page.evaluate("document.activeElement.id") == "failed"
    links = page.evaluate("[...document.querySelectorAll('#failed a')].map((link) => link.getAttribute('href'))")
    assert sorted(links) == sorted(f"#f-{key}" for key in mistakes)
    page.click("#failed li:last-child a")
    assert f"#{page.evaluate('document.activeElement.id')}" == links[-1]


def mend(page: Page, mistakes: Mistakes) -> None:
    """Everything as it was."""
    page.click("#discard")
    page.wait_until("document.getElementById('save').disabled")
    page.wait_until(f"!document.getElementById('f-{next(iter(mistakes))}-error').innerText")


STANDS_WRONG: Mistakes = {
    "when_idle": ("'sleep'", WrongValueError("choice", choices=("logoff", "exit", "wait"))),
    "verify_tls": ("'perhaps'", WrongValueError("bool")),
    "scripts": ("5", WrongValueError("path")),
}


def test_what_stands_wrong_in_the_file_is_said_at_once(browser: Chromium, served: Served, language: str) -> None:
    """What no hand can do in a form, an editor can; the form mends it."""
    lines = [f"{key} = {text}\n" for key, (text, _) in STANDS_WRONG.items()]
    served.file.write_text(helper.settings_text(served.data) + "".join(lines))
    page = browser.open(served.root + "settings")
    page.wait_until("!document.getElementById('f-verify_tls-error').hidden")
    assert page.evaluate("document.documentElement.lang") == language
    for key, (_, error) in STANDS_WRONG.items():
        assert said_at(page, key).lower().startswith(describe_problem(key, error)[0].lower()), key
    page.evaluate("document.getElementById('f-when_idle').focus()")
    press(page, "w", 87, "w")
    page.click("#f-verify_tls")
    write(page, "scripts", "ours")
    page.click("#save")
    page.wait_until("document.getElementById('told').innerText")
    settings = load_settings(served.file, {}).settings
    assert (settings.when_idle, settings.verify_tls, settings.scripts.name) == ("wait", True, "ours")
    page.close()


def test_a_first_start_with_the_keyboard(browser: Chromium, tmp_path: Path) -> None:
    """What is needed comes first; Enter saves; the file is whole."""
    (tmp_path / "robot.toml").write_text(helper.settings_text(tmp_path / "data"))
    with helper.served(tmp_path) as served:
        served.file.write_text("host = ''\nrobot_guid = ''\n")
        page = browser.open(served.root + "settings", width=390)
        assert page.evaluate("document.querySelectorAll('details[open]').length") == 1
        assert page.evaluate("[...document.querySelectorAll('.error')].every((each) => each.hidden)")
        write(page, "host", "http://orchestrator:4500")
        write(page, "robot_guid", ROBOT)
        page.evaluate("document.getElementById('f-host').focus()")
        press(page, "Enter", 13, "\r")
        page.wait_until("document.getElementById('told').innerText.includes('Saved')")
        page.close()
        settings = load_settings(served.file, {}).settings
        assert (settings.host, settings.guid) == ("http://orchestrator:4500", ROBOT)


def test_somebody_else_was_quicker(browser: Chromium, served: Served) -> None:
    """Both values are shown; either can be taken, and nothing else is lost."""
    page = browser.open(served.root + "settings")
    write(page, "poll_seconds", "7")
    served.file.write_text(helper.settings_text(served.data, poll_seconds=3, stop_timeout=4))
    page.click("#save")
    page.wait_until("!document.getElementById('conflict').hidden")
    row = page.evaluate("[...document.querySelectorAll('#conflict td')].map((cell) => cell.innerText)")
    assert row == ["Asking for work (poll_seconds)", "3", "7"]
    assert page.axe() == []
    assert load_settings(served.file, {}).settings.poll_seconds == 3
    page.click("#mine")
    page.wait_until("document.getElementById('told').innerText.includes('Saved')")
    settings = load_settings(served.file, {}).settings
    assert (settings.poll_seconds, settings.stop_timeout) == (7, 4)
    write(page, "poll_seconds", "8")
    served.file.write_text(helper.settings_text(served.data, poll_seconds=9))
    page.click("#save")
    page.wait_until("!document.getElementById('conflict').hidden")
    page.click("#theirs")
    page.wait_until("document.getElementById('f-poll_seconds').value === '9'")
    assert load_settings(served.file, {}).settings.poll_seconds == 9
    page.click("#f-poll_seconds")
    page.click("[data-key=poll_seconds] .reset")
    assert held(page, "poll_seconds") == "10"
    page.click("#save")
    page.wait_until("!document.querySelector('[data-key=poll_seconds] .reset')")
    assert "poll_seconds" not in served.file.read_text()
    page.close()


def test_a_broken_file_is_mended_in_an_editor(browser: Chromium, served: Served) -> None:
    """Its mistake is shown, with the line; the form comes by itself."""
    right = served.file.read_text()
    served.file.write_text(right + "poll_seconds = 2,5\n")
    page = browser.open(served.root + "settings")
    assert "line 4, poll_seconds" in page.evaluate("document.getElementById('broken').innerText")
    assert page.axe() == []
    page.click("#open")
    served.file.write_text(right)
    wait_through_a_reload(page, "document.getElementById('form')")
    assert served.facts.opened == [str(served.file)]
    page.close()


def wait_through_a_reload(page: Page, expression: str) -> None:
    """As `wait_until`, over a page that goes while it is asked."""
    for _ in range(200):
        with suppress(RuntimeError):
            return page.wait_until(expression)
        time.sleep(0.05)
    return page.wait_until(expression)


def test_a_running_robot_takes_it(browser: Chromium, tmp_path: Path, sandbox: Sandbox, server: SandboxServer) -> None:
    """After its job, which is not disturbed: then the robot has the GUID that was typed, and speaks Russian."""
    service = ServiceUnderTest(tmp_path, server.url, persistent=True)
    done = tmp_path / "done"
    script = f"import pathlib, time\nwhile not pathlib.Path({str(done)!r}).exists(): time.sleep(0.05)\n"
    (tmp_path / "scripts" / "job.py").write_text(script)
    service.write(robot_guid=ROBOT)
    job = sandbox.queue_job("job")
    service.thread.start()
    try:
        service.until(lambda: job.status is JobStatus.IN_PROGRESS)
        changes: dict[str, Any] = {"board": service.board, "loaded": lambda: service.service.loaded}
        with helper.served(tmp_path, **changes) as served:
            page = browser.open(served.root + "settings")
            state = "document.getElementById('state')"
            page.wait_until(f"{state}.dataset.kind === 'in_force'")
            write(page, "robot_guid", OTHER_ROBOT)
            page.evaluate("document.getElementById('f-language').focus()")
            press(page, "r", 82, "r")
            page.click("#save")
            page.wait_until(f"{state}.dataset.kind === 'after_job'")
            assert job.status is JobStatus.IN_PROGRESS
            done.touch()
            wait_through_a_reload(
                page, f"document.documentElement.lang === 'ru' && {state}.dataset.kind === 'in_force'"
            )
            page.close()
        service.until(lambda: sandbox.robots[OTHER_ROBOT].seen_at is not None)
        assert job.status is JobStatus.SUCCESS
    finally:
        done.touch()
        service.end()
        set_language("en")


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)], ids=["wide", "phone, dark"])
def test_axe_finds_nothing(
    browser: Chromium, served: Served, dark: bool, width: int, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a policy that locks, a variable, what is wrong elsewhere, and values of the file."""
    layers = (policy.policy_layer(r"HKEY_LOCAL_MACHINE\Software\Policies\Robot", {"poll_seconds": 30}),)
    monkeypatch.setattr(policy, "policy_layers", lambda: layers)
    monkeypatch.setenv("ROBOT_STOP_TIMEOUT", "5")
    served.file.write_text(helper.settings_text(served.data, poll_seconds=3) + "verify_tls = false\nhartbeat = 1\n")
    page = browser.open(served.root + "settings", width=width, dark=dark)
    page.wait_until("!document.getElementById('elsewhere').hidden")
    assert page.evaluate("document.documentElement.lang") == language
    assert page.evaluate("document.getElementById('f-poll_seconds').disabled")
    assert page.axe() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.complaints() == []
    page.close()
