"""History and one run's own page as people meet them in a browser."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from app.history import live
from app.orchestrator.vocabulary import JobStatus
from tests.browser.dress import LOADED, assert_sound, in_every_dress
from tests.page.past import HOSTILE, Past, past

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.chromium import Chromium, Page
    from tests.page.served import Served

pytestmark = pytest.mark.browser

FAILED = "5f3c9a17-0000-4000-8000-000000000000"
LISTED = "document.querySelectorAll('details:not([hidden]) tr[class]:not([hidden])').length"
KEY = {"ArrowLeft": 37, "ArrowRight": 39, "Tab": 9, "Enter": 13}


@pytest.fixture
def runs(served: Served) -> Iterator[Past]:
    """A robot that has worked for some days."""
    with past(served.data) as made:
        for number in range(12):
            status = JobStatus.FAILED if number % 4 == 3 else JobStatus.SUCCESS
            made.run(f"j{number}", status, ago=timedelta(hours=9 * number + 1), name=("mail", "счёт")[number % 2])
        made.failed_with_pictures(FAILED)
        yield made


def press(page: Page, key: str) -> None:
    """One key, down and up."""
    for kind in ("keyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=KEY[key])


@in_every_dress
@pytest.mark.usefixtures("axe")
def test_axe_finds_nothing(
    browser: Chromium, served: Served, runs: Past, dark: bool, width: int, language: str
) -> None:
    """Contrast, names, roles and order are right in every dress; nothing is wider than the window."""
    runs.begin("running", "payroll", output="row 1\n")
    assert_sound(
        browser,
        served.root,
        dict.fromkeys(("history", f"history/{FAILED}", "history/running"), LOADED),
        language=language,
        width=width,
        dark=dark,
    )


def test_new_runs_appear_by_themselves(browser: Chromium, served: Served, runs: Past) -> None:
    """What is asked for, what is unfolded and where the focus is stays; a new day has its place."""
    page = browser.open(served.root + "history#script=mail")
    page.wait_until(f"{LISTED} === 6")
    page.evaluate("document.querySelector('#scripts ~ .scroll a[href=\"#script=mail\"]').focus()")
    runs.run("new", name="mail", ago=timedelta(days=-1))
    runs.run("other", name="payroll")
    page.wait_until(f"{LISTED} === 7")
    assert page.evaluate("document.querySelector('[data-day]').dataset.day") == "2026-11-25"
    assert page.evaluate("document.querySelector('.tiles dd').textContent") == "15"
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#script=mail"
    assert page.evaluate("document.forms[0].script.value") == "mail"
    assert page.evaluate("[...document.forms[0].script.options].map(o => o.value).includes('payroll')")
    assert page.complaints() == []
    page.close()


def test_a_filter_looks_at_all_runs(
    browser: Chromium, served: Served, runs: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also at those that were not listed yet; ё and е are one letter; the address opens the same elsewhere."""
    monkeypatch.setattr(live, "FIRST_ROWS", 3)
    monkeypatch.setattr(live, "FURTHER_ROWS", 3)
    page = browser.open(served.root + "history")
    page.wait_until("document.getElementById('older').checkVisibility()")
    assert page.evaluate(LISTED) < 8
    page.click("#older")
    page.wait_until(f"{LISTED} >= 6")
    page.click("[name=only]")
    page.wait_until(f"{LISTED} === 4 && document.getElementById('older').hidden")
    page.type("[name=text]", "СЧЕТ")
    page.wait_until(f"{LISTED} === 3")
    assert page.evaluate("document.querySelector('form output').value") == "Shown: 3 of 13"
    address = page.evaluate("location.href")
    page.close()
    other = browser.open(address)
    other.wait_until(f"{LISTED} === 3")
    assert other.evaluate("document.querySelectorAll('#list tbody tr').length") == 13
    other.close()


def test_the_last_seconds_are_stepped_through(browser: Chromium, served: Served, runs: Past) -> None:
    """By the keyboard and by the mouse; what is shown is said in words."""
    page = browser.open(served.root + f"history/{FAILED}")
    page.wait_until("document.getElementById('picture').complete")
    assert page.evaluate("document.getElementById('picture').naturalWidth") == 1280  # as it was, not the recorder's
    for _ in range(3):
        press(page, "ArrowLeft")
    page.wait_until("document.getElementById('picture').src.endsWith('/film/recording-140300.webp/7')")
    assert page.evaluate("document.getElementById('when').value") == "3 s before the end"
    assert page.evaluate("document.getElementById('moment').getAttribute('aria-valuetext')") == "3 s before the end"
    page.wait_until("document.getElementById('picture').naturalWidth > 0")
    page.evaluate("document.getElementById('moment').focus()")
    press(page, "ArrowRight")
    page.wait_until("document.getElementById('when').value === '2 s before the end'")
    page.click(".strip button[data-number='5']")
    page.wait_until("document.getElementById('when').value === '5 s before the end'")
    assert page.evaluate("document.querySelectorAll('.strip [aria-current]').length") == 1
    page.click(".strip button[data-number='10']")
    page.wait_until("document.getElementById('picture').src.endsWith('screen-at-end-140300.png')")
    assert page.complaints() == []
    page.close()


def test_a_running_job_is_followed(browser: Chromium, served: Served, runs: Past) -> None:
    """New output appears, and how it ended."""
    file = runs.begin("running", "payroll", output="row 1\n")
    page = browser.open(served.root + "history/running")
    with file.open("a", encoding="utf-8") as log:
        log.write("row 2 ё\n")
    page.wait_until("document.getElementById('output')?.textContent.includes('row 2 ё')")
    runs.end("running", JobStatus.FAILED, last_line="ValueError: no more rows")
    page.wait_until("document.querySelector('.tag')?.textContent === 'Failed'")
    assert "no more rows" in page.evaluate("document.querySelector('.wrong').textContent")
    page.close()


def test_markup_from_scripts_does_nothing(browser: Chromium, served: Served, runs: Past) -> None:
    """Names, outputs, tasks and results are seen as text; so they are in what appears later."""
    runs.begin("evil", HOSTILE, output=HOSTILE)
    page = browser.open(served.root + "history")
    runs.journal.scripts.note("evil", result=HOSTILE, progress=HOSTILE, task_name=HOSTILE, done=1)
    runs.end("evil", JobStatus.FAILED, reason=HOSTILE, last_line=HOSTILE)
    page.wait_until("document.querySelector('#list tr.f')?.textContent.includes('img src=x')")
    own = browser.open(served.root + "history/evil")
    own.wait_until("document.querySelector('.tag')?.textContent === 'Failed'")
    for each in (page, own):
        assert each.evaluate("document.title") != "taken"
        assert each.evaluate("document.querySelectorAll('main img[src=x], main script').length") == 0
        assert each.complaints() == []
        each.close()
