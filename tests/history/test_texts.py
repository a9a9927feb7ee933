"""Dates, durations and numbers in both languages."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.base.i18n import set_language
from app.history import texts


def test_dates_are_written_out() -> None:
    """Every month and weekday has its own text."""
    assert texts.long_date(date(2026, 11, 24)) == "24 November 2026"
    assert texts.short_date(date(2026, 1, 2)) == "2 Jan"
    assert texts.weekday(date(2026, 11, 24)) == "Tuesday"
    assert len({texts.long_date(date(2026, month, 1)) for month in range(1, 13)}) == 12


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.99, "9.9 s"),
        (10, "10 s"),
        (59.9, "59 s"),
        (60, "1 min 00 s"),
        (200, "3 min 20 s"),
        (3599.9, "59 min 59 s"),
        (3720, "1 h 02 min"),
        (3_600_000, "1,000 h 00 min"),
    ],
)
def test_durations_have_the_unit_that_fits(seconds: float, text: str) -> None:
    """Nothing is rounded up into a unit that wasn't reached."""
    assert texts.duration(timedelta(seconds=seconds)) == text


def test_no_duration_is_a_dash() -> None:
    """A run that has not ended has none."""
    assert texts.duration(None) == "–"


def test_numbers_follow_the_language() -> None:
    """Russian groups digits with a no-break space and writes a decimal comma."""
    assert texts.number(1_234_567) == "1,234,567"
    set_language("ru")
    assert texts.number(1_234_567) == "1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567"
    assert texts.duration(timedelta(seconds=1.25)).startswith("1,2")


def test_a_hundred_percent_means_all() -> None:
    """One failure in a thousand is not rounded away."""
    assert texts.percent(999, 1000).startswith("99")
    assert texts.percent(3, 3).startswith("100")


def test_a_long_text_is_cut_in_one_line() -> None:
    """Line breaks become blanks; the cut is marked and counted in."""
    assert texts.shortened("a\n b\tc", 10) == "a b c"
    assert texts.shortened("word word", 6) == "word…"
    assert texts.shortened("x" * 10, 10) == "x" * 10
