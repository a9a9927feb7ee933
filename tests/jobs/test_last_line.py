"""Which line of a script's output people see, and that it is readable."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.jobs.last_line import last_line

TRACKER = """/usr/lib/resource_tracker.py:301: UserWarning: resource_tracker: There appear to be 1 leaked: {'/x'}
  warnings.warn(
"""
WMIC = "Node - PC\r\r\nОШИБКА:\r\r\nОписание = Нет доступа\r\r\n"


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ("", ""),
        (" \n\t\n", ""),
        ("one\ntwo\n\n", "two"),
        ("two\n[PYI-1234:ERROR] Failed to execute script '__main__' due to unhandled exception!\n", "two"),
        ("two\n[17] of 20 done\n", "[17] of 20 done"),
        ("10%\r50%\r100%", "100%"),
        ("\x1b[31mERROR\x1b[0m: invoice 17 has no number\n\x1b[0m\n", "ERROR: invoice 17 has no number"),
        ("\x1b]0;title\x07done\x1b[K\n", "done"),
        ("\x1b[38;2;255;0;0mred\x1b(B\x1b[m", "red"),
        ("bell\x07, and \u202eeverything", "bell , and everything"),
        ("a\tb\tc\td", "a b c d"),
        ("done\n" + TRACKER, "done"),
        ("  indented, and no traceback before it", "indented, and no traceback before it"),
        ("Traceback (most recent call last):\n  File 'x'\nValueError: one\nbye", "bye"),
        (
            "Traceback (most recent call last):\n  File 'x'\nValueError: 2 fields\nname\n  missing\n",
            "ValueError: 2 fields",
        ),
        ("x" * 600, "x" * 499 + "…"),
    ],
)
def test_what_is_shown(output, shown):
    """Neither escape sequences nor empty lines nor Python's own tidying up; of a traceback the text."""
    assert last_line(output.encode()) == shown


@pytest.mark.parametrize("before", ["", "first\n", "первая\n"])
@pytest.mark.parametrize("output", [WMIC, WMIC.rstrip(), "\ufeff" + WMIC, "a\nОписание = Нет доступа"])
def test_output_in_utf_16(before, output):
    """What a program of Windows writes is read, with and without a mark, beside lines in UTF-8."""
    assert last_line(before.encode() + output.encode("utf-16-le")) == "Описание = Нет доступа"
    assert last_line(before.encode() + output.encode("utf-16-le") + b"\n\xd0\xb4\xd0\xb0\n") == "да"


GROUPS = {
    "alone": 'raise ExceptionGroup("two invoices failed", [ValueError("17 has no number"), KeyError("18")])',
    "with a cause": """
try:
    raise ExceptionGroup("one", [OSError("x")])
except* OSError as error:
    raise ExceptionGroup("two invoices failed", [ValueError("17"), ExceptionGroup("more", [KeyError("18")])]) from error
""",
    "of many": 'raise ExceptionGroup("two invoices failed", [ValueError("17")] * 100)',
}


@pytest.mark.parametrize("source", GROUPS.values(), ids=GROUPS)
def test_of_a_group_its_text(source):
    """Not the frame of the picture that Python prints of it."""
    printed = subprocess.run([sys.executable, "-c", source], capture_output=True, check=False).stderr
    assert last_line(printed).startswith("ExceptionGroup: two invoices failed (")


def test_of_a_group_whose_beginning_is_cut_off():
    """Some words of it, whatever is left."""
    printed = subprocess.run([sys.executable, "-c", GROUPS["alone"]], capture_output=True, check=False).stderr
    assert last_line(printed[printed.index(b"+-+") :]) == "KeyError: '18'"


COLOURED = r"""
import sys
print("\x1b[31mERROR\x1b[0m: invoice 17 has no number")
sys.stdout.write("\x1b[0m\n")
sys.exit(1)
"""


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (COLOURED, "ERROR: invoice 17 has no number"),
        (GROUPS["alone"], "ExceptionGroup: two invoices failed (2 sub-exceptions)"),
    ],
    ids=["coloured", "group"],
)
def test_of_a_job(bench, source, shown):
    """As the robot runs it, Failed has the words that people look for."""
    ending = bench.run(source)
    assert (ending.exit_code, ending.last_line) == (1, shown)
