"""A running script's output as messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.redaction import Mask
from app.jobs.output import TAIL_BYTES, OutputLog
from app.robot.job_output import BATCH_BYTES, JobOutput

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A job's log."""
    return tmp_path / "job.log"


def add(file: Path, data: bytes) -> None:
    """As the script prints."""
    with file.open("ab") as log:
        log.write(data)


def test_a_log_that_is_not_there_says_nothing(file: Path) -> None:
    """The script hasn't begun, or its log can't be written."""
    output = JobOutput(file)
    assert output.new_messages() == []
    assert output.new_messages(final=True) == []


def test_whole_lines(file: Path) -> None:
    """A line in the middle of being written is sent with its end, or when nothing more comes."""
    output = JobOutput(file)
    add(file, b"one\ntw")
    assert output.new_messages() == [("Info", "one")]
    add(file, b"o\nthree")
    assert output.new_messages() == [("Info", "two")]
    assert output.new_messages() == [("Info", "three")]
    add(file, b", four")
    assert output.new_messages(final=True) == [("Info", ", four")]


@pytest.mark.parametrize("cut", range(1, 4))
def test_no_letter_is_cut_in_two(file: Path, cut: int) -> None:
    """A look in the middle of a letter."""
    output = JobOutput(file)
    letter = "🎉".encode()
    add(file, b"x" + letter[:cut])
    assert [output.new_messages(), output.new_messages()] == [[], [("Info", "x")]]
    add(file, letter[cut:] + b"y\n")
    assert output.new_messages() == [("Info", "🎉y")]


@pytest.mark.parametrize("shift", range(5))
def test_a_flood_is_cut_between_lines_and_letters(file: Path, shift: int) -> None:
    """Of a flood the end is sent, without half a line; of one endless line the end, without half a letter."""
    add(file, b"x" * shift + "щ🎉".encode() * BATCH_BYTES)
    ((_level, text),) = JobOutput(file).new_messages(final=True)
    assert "\ufffd" not in text
    file.unlink()
    add(file, "строка с буквами\n".encode() * BATCH_BYTES + b"x" * shift)
    ((_level, text),) = JobOutput(file).new_messages(final=True)
    assert set(text.removesuffix("x" * shift).split()) == {"строка", "с", "буквами"}


@given(st.lists(st.text("щ🎉a\n \r", max_size=40), max_size=6), st.integers(0, 6))
def test_nothing_of_a_quiet_script_is_lost(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str], cut: int
) -> None:
    """However its output arrives, the messages together are it, blanks at their ends left out."""
    file = tmp_path_factory.mktemp("log") / "job.log"
    output = JobOutput(file)
    texts = []
    data = "".join(parts).encode()
    for begin in range(0, len(data), cut + 1):
        add(file, data[begin : begin + cut + 1])
        texts += [text for _level, text in output.new_messages()]
    texts += [text for _level, text in output.new_messages(final=True)]
    assert "".join("".join(texts).split()) == "".join("".join(parts).split())


def test_a_traceback_in_two_looks_is_an_error_in_both(file: Path) -> None:
    """From its first line to the exception's, with what led to it; what follows is none."""
    output = JobOutput(file)
    add(file, b"hello\nTraceback (most recent call last):\n  File 'a.py', line 1\n    x()\n")
    assert [level for level, _text in output.new_messages()] == ["Info", "Error"]
    add(file, b"KeyError: 'x'\n\nDuring handling of the above exception, another exception occurred:\n\n")
    add(file, b"Traceback (most recent call last):\n  File 'a.py', line 2\nValueError: y\ngoodbye\n")
    messages = output.new_messages()
    assert [level for level, _text in messages] == ["Error", "Info"]
    assert messages[0][1].endswith("ValueError: y")
    assert messages[1][1] == "goodbye"


def test_a_log_that_is_full_is_cut_between_letters(file: Path) -> None:
    """The log keeps so many bytes of its beginning and its end; half a letter there is not sent."""
    log = OutputLog(file, 1001, Mask(""))
    output = "щ".encode() * (TAIL_BYTES // 2 + 700)
    log._take(memoryview(output))
    log._take(memoryview(b"x" + "щ".encode()))
    log.finish([])
    follower = JobOutput(file)
    with file.open("rb+") as cut:  # the beginning of the log, as one look may find it
        whole = cut.read()
        cut.truncate(2000)
    texts = [text for _level, text in follower.new_messages()]
    add(file, whole[2000:])
    texts += [text for _level, text in follower.new_messages(final=True)]
    assert "left out" in texts[0]
    assert "\ufffd" not in "".join(texts)


def test_traceback_after_traceback_floods_nobody(file: Path) -> None:
    """They go together, as one error."""
    add(file, b"Traceback (most recent call last):\n  File 'a.py', line 1\nValueError: y\nnext\n" * 50)
    ((level, text),) = JobOutput(file).new_messages(final=True)
    assert level == "Error"
    assert text.count("ValueError") == 50
