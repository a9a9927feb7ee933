"""Text from elsewhere, made harmless."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.base.plain_text import visible


@given(st.text())
def test_no_control_character_survives(text):
    """Whatever comes in, only line feed and tab control anything afterwards."""
    assert all(char in "\n\t" or not (ord(char) < 32 or 127 <= ord(char) < 160) for char in visible(text))


def test_ordinary_text_stays():
    """Letters of every script, signs and line ends are left alone."""
    text = "Счета № 5 → «готово»\n\tёж 日本 🤖"
    assert visible(text) == text


def test_codes_are_shown():
    """What would act on a terminal is shown instead."""
    assert visible("a\x1b[31mb\r\x07\u202e") == "a\\x1b[31mb\\r\\x07\\u202e"
