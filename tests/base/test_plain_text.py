"""Text from elsewhere, made harmless."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.base.plain_text import is_unseen, log_text, printable


@given(st.text())
def test_no_control_character_survives(text):
    """Whatever comes in, only line feed and tab control anything afterwards, and only where they are kept."""
    lines = log_text(text)
    assert all(char in "\n\t" or not (ord(char) < 32 or 127 <= ord(char) < 160) for char in lines)
    assert not any(map(is_unseen, printable(text, spelled=True)))
    assert not any(map(is_unseen, printable(text)))


def test_ordinary_text_stays():
    """Letters of every script, signs and line ends are left alone."""
    text = "Счета № 5 → «готово»\n\tёж 日本 🤖"
    assert log_text(text) == text
    assert printable(text) == text.replace("\n\t", " ")


def test_codes_are_shown():
    """What would act on a terminal is shown instead."""
    assert printable("a\x1b[31mb\r\x07\u202e", spelled=True) == "a\\x1b[31mb\\r\\x07\\u202e"


def test_one_line_for_people():
    """Where a person reads a menu or a message, what can't be read is a blank."""
    assert printable(" a\n\x1b[2J\u202eb \u2028") == "a [2J b"


def test_a_cut_is_marked():
    """A long text is as long as it may be, with its cut in sight; a short one stays."""
    assert printable("abcdef", limit=6) == "abcdef"
    assert printable("abcdefg", limit=6) == "abcde…"
