"""Dates, durations and numbers as people write them in the chosen language.

The catalog holds whole patterns ("{day} January {year}"), so that a language bends the month's name as it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.base.i18n import N_, _, current_language, decimal, localized

if TYPE_CHECKING:
    from datetime import date, timedelta

_DATES: Final = (
    N_("{day} January {year}"),
    N_("{day} February {year}"),
    N_("{day} March {year}"),
    N_("{day} April {year}"),
    N_("{day} May {year}"),
    N_("{day} June {year}"),
    N_("{day} July {year}"),
    N_("{day} August {year}"),
    N_("{day} September {year}"),
    N_("{day} October {year}"),
    N_("{day} November {year}"),
    N_("{day} December {year}"),
)
_SHORT_DATES: Final = (
    N_("{day} Jan"),
    N_("{day} Feb"),
    N_("{day} Mar"),
    N_("{day} Apr"),
    N_("{day} May"),
    N_("{day} Jun"),
    N_("{day} Jul"),
    N_("{day} Aug"),
    N_("{day} Sep"),
    N_("{day} Oct"),
    N_("{day} Nov"),
    N_("{day} Dec"),
)
_WEEKDAYS: Final = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
_TENTHS_BELOW: Final = 10  # seconds
_MINUTE: Final = 60
_HOUR: Final = 3600
_KILO: Final = 1024


def long_date(day: date) -> str:
    """`24 November 2026`."""
    return _(_DATES[day.month - 1]).format(day=day.day, year=day.year)


def short_date(day: date) -> str:
    """`24 Nov`."""
    return _(_SHORT_DATES[day.month - 1]).format(day=day.day)


def weekday(day: date) -> str:
    """`Tuesday`."""
    return _(_WEEKDAYS[day.weekday()])


def number(value: int) -> str:
    """`10,000`, in Russian `10 000` (with a no-break space)."""
    grouped = f"{value:,}"
    return grouped.replace(",", "\N{NO-BREAK SPACE}") if current_language() == "ru" else grouped


def percent(part: int, whole: int) -> str:
    """`96%` of a whole that isn't empty, rounded down: 100 % means all of them."""
    return _("{number}%").format(number=part * 100 // whole)


def duration(length: timedelta | None) -> str:
    """`0.4 s`, `42 s`, `3 min 20 s`, `1 h 02 min`; a dash for None."""
    if length is None:
        return "–"
    seconds = max(0.0, length.total_seconds())
    if seconds < _TENTHS_BELOW:
        tenths = f"{int(seconds * 10) / 10:.1f}"
        return _("{seconds} s").format(seconds=localized(tenths))
    whole = int(seconds)
    if whole < _MINUTE:
        return _("{seconds} s").format(seconds=whole)
    if whole < _HOUR:
        return _("{minutes} min {seconds} s").format(minutes=whole // 60, seconds=f"{whole % 60:02}")
    return _("{hours} h {minutes} min").format(hours=number(whole // 3600), minutes=f"{whole % 3600 // 60:02}")


def file_size(size: int) -> str:
    """`812 B`, `12 KB`, `3.4 MB`."""
    if size < _KILO:
        return _("{number} B").format(number=size)
    if size < _KILO**2:
        return _("{number} KB").format(number=number(size // _KILO))
    return _("{number} MB").format(number=decimal(size / _KILO**2))


def shortened(text: str, limit: int) -> str:
    """`text` in one line of at most `limit` characters, with an ellipsis where it was cut."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
