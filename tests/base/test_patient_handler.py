"""A handler that is held up holds nobody up."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from app.base import patient_handler
from app.base.patient_handler import PatientHandler

if TYPE_CHECKING:
    import pytest


class Gate(logging.Handler):
    """Takes a record when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.taken: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.open.wait(20)
        self.taken.append(record.getMessage())


def record(text: str) -> logging.LogRecord:
    """Of a line."""
    return logging.makeLogRecord({"msg": text})


def test_a_line_is_there_when_the_call_returns() -> None:
    """What is printed after a line stands behind it."""
    gate = Gate()
    gate.open.set()
    handler = PatientHandler(gate, 20)
    handler.handle(record("one"))
    assert gate.taken == ["one"]
    handler.handle(record("two"))
    assert gate.taken == ["one", "two"]
    assert handler.finish()


def test_lines_of_a_held_up_console_come_later_and_the_oldest_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits; when it goes on, what is left comes in its order, with a word of how much is missing."""
    monkeypatch.setattr(patient_handler, "MOST_LINES", 3)
    gate = Gate()
    handler = PatientHandler(gate, 0.05)
    for number in range(6):
        handler.handle(record(str(number)))
    assert gate.taken == []
    assert not handler.finish()
    gate.open.set()
    handler._thread.join(20)
    assert gate.taken == ["0", "2 lines could not be written here", "3", "4", "5"]


def test_one_that_goes_on_is_waited_for_again() -> None:
    """After a hold-up the order of lines and prints is kept as before."""
    gate = Gate()
    handler = PatientHandler(gate, 0.05)
    handler.handle(record("one"))
    gate.open.set()
    handler._patience = 20
    with handler._condition:
        assert handler._condition.wait_for(lambda: not handler._held_up, 20)
    handler.handle(record("two"))
    assert gate.taken == ["one", "two"]
    assert handler.finish()
