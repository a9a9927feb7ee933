"""Logs read from their end: against what one gets who reads all of it."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from app.base import log_reading
from app.base.log_reading import Wanted, entries_after, entries_before, level_of

ROBOT = (
    b"2026-11-24 14:00:00.001 INFO    The robot is there\n"
    b"2026-11-24 14:00:01.000 ERROR   Job j1 failed\n    Traceback (most recent call last):\n    ValueError: "
    b"\xd0\xa1\xd1\x87\xd1\x91\xd1\x82\n"
    b"2026-11-24 14:00:02.000 WARNING It goes on\n"
)
PIECES = st.lists(st.sampled_from([b"a", b"bb", b"\n", b"\r\n", b"\xd1\x91", b"\xff", b"x" * 50]), max_size=60)


class Counted(io.BytesIO):
    """Says how much of it was read."""

    read_bytes = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.read_bytes += len(data)
        return data


def everything(data: bytes, most: int, **more: int) -> list[tuple[int, str]]:
    """All entries, asked for in portions."""
    found: list[tuple[int, str]] = []
    end = len(data)
    while end:
        portion = entries_before(io.BytesIO(data), end, Wanted(), most=most, **more)
        found = [(entry.at, entry.text) for entry in portion.entries] + found
        assert portion.before < end
        end = portion.before
    return found


@given(PIECES, st.integers(1, 5))
def test_portions_make_the_whole(pieces: list[bytes], most: int) -> None:
    """Every line once, in order, at its place, whatever ends the file."""
    data = b"".join(pieces)
    lines = data.split(b"\n")
    places = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines))]
    if lines[-1] == b"":
        lines, places = lines[:-1], places[:-1]
    shown = [line.decode("utf-8", "replace").removesuffix("\r") for line in lines]
    assert [at for at, _text in everything(data, most)] == places
    assert [text for _at, text in everything(data, most) if "\\" not in text] == [t for t in shown if "\r" not in t]


def test_blocks_meet_anywhere() -> None:
    """Lines longer and shorter than what is read at once."""
    lines = [b"%d " % number + b"y" * (number * 37 % 1000) for number in range(3000)]
    data = b"\n".join(lines) + b"\n"
    found = everything(data, 7000)
    assert [text.split()[0] for _at, text in found] == [str(number) for number in range(3000)]
    assert all(data[at : at + 3].startswith(text[:3].encode()) for at, text in found)


def test_a_line_without_an_end_costs_no_more_than_any() -> None:
    """What is looked at is bounded, what is shown says what it lacks; nothing turns in a circle."""
    stream = Counted(b"first\n" + b"z" * 40_000_000 + b"\nlast\n")
    size = len(stream.getvalue())
    found = entries_before(stream, size, Wanted(), most=10)
    assert [entry.text for entry in found.entries][-1] == "last"
    assert stream.read_bytes <= 2 * log_reading.PAGE_BUDGET
    end, portions = size, 0
    while end:
        found = entries_before(stream, end, Wanted(), most=10)
        end, portions = found.before, portions + 1
    assert found.entries[0].text == "first"
    assert portions < 60
    long = entries_before(io.BytesIO(b"a" * 10_000 + b"\n"), 10_001, Wanted(), most=1).entries[0]
    assert len(long.text) + long.left_out == 10_000


def test_words_in_any_case_and_letter() -> None:
    """ё is е; all words, in any order; an entry's further lines belong to it."""
    wanted = Wanted("СЧЕТ valueerror", whole_entries=True)
    [entry] = entries_before(io.BytesIO(ROBOT), len(ROBOT), wanted, most=10, own_levels=True).entries
    assert entry.level == "error"
    assert entry.text.endswith("ValueError: Счёт")
    assert entry.at == ROBOT.index(b"2026-11-24 14:00:01")


def test_levels() -> None:
    """This one or worse, in both forms of the log."""
    worse = Wanted(level="warning", whole_entries=True)
    found = entries_before(io.BytesIO(ROBOT), len(ROBOT), worse, most=10, own_levels=True).entries
    assert [entry.level for entry in found] == ["error", "warning"]
    assert level_of(b'{"time": "2026-11-24T14:00:00.000+00:00", "level": "critical", "logger": "x"}') == "critical"
    assert level_of(b"[robot] ERROR ") == ""


def test_a_search_looks_at_so_much_at_once() -> None:
    """And goes on where it was."""
    data = b"needle\n" + b"hay and straw\n" * 300_000
    stream = Counted(data)
    end, found, portions = len(data), [], 0
    while end:
        portion = entries_before(stream, end, Wanted("needle"), most=10, budget=1_000_000)
        assert portion.looked_at <= 1_300_000
        found += portion.entries
        end, portions = portion.before, portions + 1
    assert [entry.at for entry in found] == [0]
    assert portions >= 4


def test_an_entry_longer_than_a_portion_is_got_over() -> None:
    """Thousands of indented lines: shown by their ends, and the search goes on behind them."""
    data = b"2026-11-24 14:00:00.001 INFO    one\n" + b"    more\n" * 500_000 + ROBOT
    end, portions = len(data), 0
    while end and portions < 50:
        found = entries_before(io.BytesIO(data), end, Wanted(whole_entries=True), most=100, own_levels=True)
        assert found.before < end
        end, portions = found.before, portions + 1
    assert end == 0
    assert found.entries[0].text.startswith("2026-11-24 14:00:00.001 INFO    one")
    assert found.entries[0].text.count("\n") <= 200


def test_what_comes_is_read_on() -> None:
    """Whole lines only; broken bytes, escapes and what reorders do nothing."""
    data = b"one\ntwo \x1b[31m\xff\xe2\x80\xae\nhalf"
    entries, after = entries_after(io.BytesIO(data), 4, len(data))
    assert [(entry.at, entry.text) for entry in entries] == [(4, "two \\x1b[31m\ufffd\\u202e")]
    assert after == data.index(b"half")
    assert entries_after(io.BytesIO(data), after, len(data)) == ([], after)
    assert entries_after(io.BytesIO(data), 10_000, len(data)) == ([], 10_000)
