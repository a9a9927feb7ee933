"""What is said into a pipe can be read at its other end."""

from __future__ import annotations

import io

import pytest

from app.base.streams import encoding_for_a_pipe, speak, speak_utf8_to, takes_utf8


@pytest.mark.parametrize(
    ("variables", "code_page", "encoding"),
    [
        ({}, 866, "cp866"),
        ({}, 1251, "cp1251"),
        ({}, 437, "utf-8"),  # it has no Cyrillic
        ({"PYTHONIOENCODING": "cp437"}, 437, "cp437"),  # as it was asked for
        ({}, 65001, "utf-8"),
        ({}, 708, "utf-8"),
        ({"PYTHONUTF8": "1"}, 866, "utf-8"),
        ({"PYTHONUTF8": "0"}, 866, "cp866"),
        ({"PYTHONIOENCODING": "utf-8"}, 866, "utf-8"),
        ({"PYTHONIOENCODING": "cp1251:replace", "PYTHONUTF8": "1"}, 866, "cp1251"),
        ({"PYTHONIOENCODING": ":replace"}, 866, "cp866"),
        ({"PYTHONIOENCODING": "nonsense"}, 866, "utf-8"),
    ],
)
def test_a_pipe_has_the_encoding_of_the_console(variables: dict[str, str], code_page: int, encoding: str) -> None:
    """The console's code page, which `more` and PowerShell expect, unless Python's variables choose another one."""
    assert encoding_for_a_pipe(variables, code_page, "ru") == encoding


def test_english_is_readable_on_every_console() -> None:
    """It has the letters of English at least."""
    assert encoding_for_a_pipe({}, 437, "en") == "cp437"


def test_json_is_utf8_everywhere() -> None:
    """Whatever the stream's encoding was."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="cp866", errors="replace")
    speak_utf8_to(stream)
    stream.write('{"имя": "—"}')
    stream.flush()
    assert raw.getvalue().decode("utf-8") == '{"имя": "—"}'


def test_a_letter_that_a_code_page_lacks_is_no_error() -> None:
    """A question mark for one letter, not a traceback in place of everything."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8")
    speak(stream, "cp866")
    stream.write("Готово ✓")
    stream.flush()
    assert raw.getvalue().decode("cp866") == "Готово ?"


@pytest.mark.parametrize(("encoding", "takes"), [("UTF8", True), ("utf-8", True), ("cp866", False), ("ascii", False)])
def test_a_stream_says_whether_it_takes_every_letter(encoding: str, takes: bool) -> None:
    """By its encoding, however that is spelled."""
    assert takes_utf8(io.TextIOWrapper(io.BytesIO(), encoding=encoding)) is takes


def test_a_program_without_a_console_has_no_stream_to_ask() -> None:
    """Windows gives a windowed program none; a stream in memory has no encoding."""
    assert not takes_utf8(None)
    assert not takes_utf8(io.StringIO())
