"""The page of past runs as people meet it in a browser."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest

from app.base.i18n import set_language
from app.history.fleet import Kind
from app.history.fleet_page import write_fleet
from app.history.page import write_history
from app.orchestrator.vocabulary import JobStatus
from tests.history.fleets import put_many
from tests.history.samples import NOW, Samples, busy, record, unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.journal.records import JobRecord
    from tests.browser.chromium import Chromium, Page

pytestmark = pytest.mark.browser

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
RECORDS = [
    unfinished(name="payroll", started_at=NOW - timedelta(minutes=1)),
    record(name="invoices", started_at=NOW - timedelta(hours=1)),
    record(name="invoices", status=JobStatus.FAILED, last_line="ValueError: Счёт", started_at=NOW - timedelta(hours=2)),
    record(name="mail", status=JobStatus.STOPPED, started_at=NOW - timedelta(days=1)),
    record(name="mail", status=JobStatus.ABORTED, started_at=NOW - timedelta(days=2)),
    *(record(name="mail", started_at=NOW - timedelta(days=3, minutes=number)) for number in range(40)),
    record(name=HOSTILE, reason=HOSTILE, last_line=HOSTILE, started_at=NOW - timedelta(days=4)),
]
SHOWN = "[...document.querySelectorAll('tbody tr[class]')].filter(row => row.checkVisibility()).length"
LISTED = "document.querySelectorAll('details:not([hidden]) tr[class]:not([hidden])').length"


@pytest.fixture
def written(tmp_path: Path) -> str:
    """The address of a page with runs of every kind."""
    return write(RECORDS, tmp_path)


@pytest.fixture
def page(browser: Chromium, written: str) -> Iterator[Page]:
    """That page, open."""
    opened = browser.open(written)
    yield opened
    opened.close()


def write(records: list[JobRecord], folder: Path) -> str:
    """Write a page; returns its address."""
    write_history(Samples(records), folder / "history.html", robot_name="BUH-07", now=NOW, zone=UTC)
    return (folder / "history.html").as_uri()


def test_the_page_asks_for_nothing_and_nothing_is_refused(page: Page, written: str) -> None:
    """One file, no request besides it, no complaint of the security policy, no error of the script."""
    assert [address for address in page.requests() if not address.startswith("data:")] == [written]
    assert page.complaints() == []


def test_hostile_names_do_nothing(page: Page) -> None:
    """The markup in a script's name and output is seen as text."""
    assert page.evaluate("document.title") == "History of runs – BUH-07"
    assert page.evaluate("document.body.textContent").count("<img src=x onerror") >= 3


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.usefixtures("axe")
def test_axe_finds_nothing(browser: Chromium, tmp_path: Path, dark: bool, width: int, language: str) -> None:
    """Contrast, names, roles and order are right in every dress, with every day unfolded."""
    set_language(language)
    page = browser.open(write(RECORDS, tmp_path), dark=dark, width=width)
    set_language("en")
    page.evaluate("document.querySelectorAll('details').forEach(day => { day.open = true })")
    assert page.axe() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


def test_it_is_read_without_scripts(browser: Chromium, written: str) -> None:
    """Every run is there, the days unfold, and the filters, which could do nothing, are not shown."""
    page = browser.open(written, scripts=False)
    assert page.evaluate("document.querySelectorAll('tr[class]').length") == len(RECORDS)
    assert page.evaluate("getComputedStyle(document.forms[0]).display") == "none"
    assert page.evaluate("document.querySelectorAll('[data-day]:not([open])').length") == 1
    page.click("[data-day]:not([open]) summary")
    page.wait_until("!document.querySelector('[data-day]:not([open])')")
    page.close()


def test_the_end_of_a_log_unfolds_where_the_log_is_not(browser: Chromium, tmp_path: Path) -> None:
    """The page is read after its robot's files have gone, without scripts as well."""
    log = tmp_path / "logs" / "101500 счета 100% #1.log"
    log.parent.mkdir(parents=True)
    log.write_text("the log itself")
    address = write([record(log_file=log), record()], tmp_path)
    log.unlink()
    page = browser.open(address, scripts=False)
    assert not page.evaluate("document.querySelector('pre').checkVisibility()")
    page.click("td summary")
    page.wait_until("document.querySelector('pre').checkVisibility()")
    assert "the log itself" in page.evaluate("document.querySelector('pre').textContent")
    page.close()


def test_search_takes_one_letter_for_the_other(page: Page) -> None:
    """ё and е are one letter, in any case; the day's heading counts what is shown."""
    page.type("[name=text]", "СЧЕТ valueerror")
    page.wait_until(f"{LISTED} === 1")
    heads = "[...document.querySelectorAll('details:not([hidden]) summary .g:not([hidden]) b')].map(b => b.textContent)"
    assert page.evaluate(heads) == ["1"]
    page.click("[type=reset]")
    page.wait_until(f"{LISTED} === {len(RECORDS)}")
    assert page.evaluate("document.querySelector('[data-day=\"2026-11-21\"] summary b').textContent") == "40"


def test_filters_stand_in_the_address(browser: Chromium, page: Page, written: str) -> None:
    """What is asked for can be sent as a link, and is there when the link is opened."""
    page.type("[name=text]", "mail ё")
    page.click("[name=outcome][value=s]")
    page.wait_until("location.hash.includes('outcome')")
    address = page.evaluate("location.href")
    other = browser.open(address)
    other.wait_until(f"{LISTED} === {page.evaluate(LISTED)}")
    assert other.evaluate("document.forms[0].text.value") == "mail ё"
    assert not other.evaluate("document.querySelector('[name=outcome][value=s]').checked")
    other.close()
    page.click("[type=reset]")
    page.wait_until("location.hash === ''")
    assert page.evaluate("location.href") == written


def test_bars_rows_and_numbers_filter(page: Page) -> None:
    """A lane, a column, a script, the number of failures, "Only failed": each is a filter, and in the address."""
    page.click("[name=only]")
    page.wait_until(f"{LISTED} === 1")
    page.click(".scripts a[href='#script=mail']")
    page.wait_until(f"{LISTED} === 42")
    page.click("#timeline ~ .scroll a[href='#from=2026-11-23&to=2026-11-23']")
    page.wait_until(f"{LISTED} === 1")
    page.click(".tiles a")
    page.wait_until(f"{LISTED} === 1 && document.forms[0].from.value === ''")
    page.evaluate("document.querySelector('#rates ~ .scroll a[href=\"#from=2026-11-21&to=2026-11-21\"]').focus()")
    page.evaluate("location.hash = document.querySelector('#rates ~ .scroll a[href*=\"11-21\"]').getAttribute('href')")
    page.wait_until(f"{LISTED} === 40")


def pages_of(pdf: bytes) -> int:
    """How many."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_folded_days_are_on_paper(browser: Chromium, tmp_path: Path) -> None:
    """Six hundred runs of forty days make more pages than the few days that are unfolded on the screen."""
    address = write(busy(600, 40), tmp_path)
    printed = [browser.open(address, media="print", scripts=scripts) for scripts in (True, False)]
    whole, unfolded = (pages_of(page.pdf()) for page in printed)
    assert 15 <= whole <= 40
    assert unfolded <= 8
    for page in printed:
        page.close()


def test_what_is_folded_prints_too(page: Page) -> None:
    """Every run that is shown stands on paper, with what was asked for; afterwards days are folded as they were."""
    folded = page.evaluate("document.querySelectorAll('[data-day]:not([open])').length")
    assert folded
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(SHOWN) == len(RECORDS)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.querySelectorAll('[data-day]:not([open])').length") == folded
    page.type("[name=text]", "payroll")
    page.wait_until(f"{LISTED} === 1")
    page.call("Emulation.setEmulatedMedia", media="print")
    assert page.evaluate("document.querySelector('.asked').innerText") == f"Shown: 1 of {len(RECORDS)} · payroll"


def test_text_filters_rows_and_days(page: Page) -> None:
    """Words in any order and case; days without a match go, the others unfold."""
    assert page.evaluate(LISTED) == len(RECORDS)
    page.type("[name=text]", "счёт VALUEERROR")
    page.wait_until(f"{LISTED} === 1")
    assert page.evaluate(SHOWN) == 1
    assert page.evaluate("document.querySelector('output').value") == f"Shown: 1 of {len(RECORDS)}"
    page.type("[name=text]", " nothing has this")
    page.wait_until("!document.getElementById('nothing').hidden")
    assert page.evaluate(LISTED) == 0


def test_script_outcome_and_day_filter_together(page: Page) -> None:
    """Each narrows what the others leave; "Show all" brings everything back, folded as it was."""
    folded = page.evaluate("document.querySelectorAll('[data-day]:not([open])').length")
    page.evaluate(
        "(() => { const form = document.forms[0]; form.script.value = 'mail';"
        " form.dispatchEvent(new Event('input')); })()"
    )
    page.wait_until(f"{LISTED} === 42")
    page.click("[name=outcome][value=s]")
    page.wait_until(f"{LISTED} === 2")
    page.evaluate("document.forms[0].from.value = '2026-11-23'")
    page.evaluate("document.forms[0].dispatchEvent(new Event('input'))")
    page.wait_until(f"{LISTED} === 1")
    assert page.evaluate(SHOWN) == 1
    page.click("[type=reset]")
    page.wait_until(f"{LISTED} === {len(RECORDS)}")
    assert page.evaluate("document.querySelectorAll('[data-day]:not([open])').length") == folded


def test_everything_is_reached_with_the_keyboard(page: Page) -> None:
    """Tab goes through charts, filters, days and links, and each shows where it is."""
    seen = set()
    for _ in range(100):
        page.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        if page.evaluate("document.activeElement === document.body"):  # behind the last one
            break
        seen.add(page.evaluate("document.activeElement.tagName"))
        # A date field shows the ring around its parts, which a page can't see.
        assert page.evaluate(
            "document.activeElement.type === 'date' || getComputedStyle(document.activeElement).outlineStyle !== 'none'"
        )
    assert {"DIV", "INPUT", "SELECT", "BUTTON", "SUMMARY", "A"} <= seen


def test_it_can_be_printed(page: Page) -> None:
    """On paper there are charts, numbers and the runs, and no filters; nothing is wider than the paper."""
    page.call("Emulation.setEmulatedMedia", media="print")
    pdf = page.pdf()
    assert pdf.startswith(b"%PDF-")
    assert 1 <= pages_of(pdf) <= 5
    page.call("Emulation.setDeviceMetricsOverride", width=688, height=1000, deviceScaleFactor=1, mobile=False)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("getComputedStyle(document.forms[0]).display") == "none"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.usefixtures("axe")
def test_a_fleets_page_is_for_everybody(
    browser: Chromium, tmp_path: Path, dark: bool, width: int, language: str
) -> None:
    """No complaint of axe, nothing is wider than the screen, the script obeys the policy."""
    put_many(tmp_path, 40, runs=20)
    set_language(language)
    write_fleet(tmp_path, tmp_path / "fleet.html", NOW, UTC)
    set_language("en")
    page = browser.open((tmp_path / "fleet.html").as_uri(), dark=dark, width=width)
    assert page.axe() == []
    assert page.complaints() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


def test_a_fleets_page_is_filtered_by_its_numbers(browser: Chromium, tmp_path: Path) -> None:
    """Each number is a filter, which stands in the address; the search takes е for ё."""
    put_many(tmp_path, 200, runs=0)
    fleet = write_fleet(tmp_path, tmp_path / "fleet.html", NOW, UTC)
    listed = "document.querySelectorAll('.robots tbody tr:not([hidden])').length"
    page = browser.open((tmp_path / "fleet.html").as_uri())
    assert page.evaluate(listed) == 200
    page.click(".tiles a[href='#kind=offline']")
    page.wait_until(f"{listed} === {fleet.by_kind[Kind.OFFLINE]}")
    other = browser.open(page.evaluate("location.href"))
    other.wait_until(f"{listed} === {fleet.by_kind[Kind.OFFLINE]}")
    other.close()
    page.click("[type=reset]")
    page.wait_until(f"{listed} === 200")
    page.type("[name=text]", "отчет BUH-003")
    page.wait_until(f"{listed} <= 1")
    page.close()


def test_ten_thousand_runs_can_be_filtered(browser: Chromium, tmp_path: Path) -> None:
    """The big page works like the small one (how fast is measured by the bench)."""
    page = browser.open(write(busy(10_000, 120), tmp_path))
    assert page.evaluate("document.querySelector('output').value") == "Shown: 10,000 of 10,000"
    page.type("[name=text]", "payroll")
    page.wait_until(f"{LISTED} < 10000")
    hits = page.evaluate(LISTED)
    assert hits == sum("payroll" in found.name for found in busy(10_000, 120))
    assert page.complaints() == []
    page.close()
