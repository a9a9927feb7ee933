"""A running script's output as messages: whole letters, whole lines where there are any, tracebacks as errors."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Final

from app.base.plain_text import without_escapes
from app.orchestrator.vocabulary import LogLevel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

BATCH_BYTES: Final = 16 * 1024  # of one look; what a script floods beyond that stays in its log file
_MESSAGES: Final = 8  # of one look; Orchestrators limit floods
_CONTINUATION: Final = bytes(range(0x80, 0xC0))  # bytes of UTF-8 that begin no letter
# Also that of an exception group, and those whose cause is told first.
_TRACEBACK: Final = re.compile(r"[\s|+]*(?:Exception Group )?Traceback \(most recent call last\):")
# Where the log itself leaves something out (app/jobs/output.py), it may go through a letter.
_HALF_LETTERS: Final = re.compile(r"\ufffd+(?=\n\[robot\] =====)|(?:(?<= =====\n)|\A)\ufffd+")
_CHAIN: Final = re.compile(r"(?:During handling of the above exception|The above exception was the direct cause)")


class JobOutput:
    """Follows one job's log file from its beginning. For one thread."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._offset = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""  # the beginning of a line whose end hasn't been seen
        self._in_traceback = False

    def new_messages(self, *, final: bool = False) -> list[tuple[LogLevel, str]]:
        """What was written since the last call, at most `BATCH_BYTES` of it, the newest; lines of one level together.

        A line without its end waits for one more call, `final` for none.
        """
        data = self._read()
        text = self._rest + self._decoder.decode(data, final)
        if data and not final and len(text) <= BATCH_BYTES:
            text, _newline, self._rest = text.rpartition("\n")
        else:
            self._rest = ""
        lines = without_escapes(_HALF_LETTERS.sub("", text)).splitlines()  # nobody's Jobs screen is a terminal
        messages = [(level, joined) for level, joined in _together(self._levels(lines)) if joined]
        if len(messages) > _MESSAGES:  # a script that prints traceback after traceback
            return [(LogLevel.ERROR, "\n".join(joined for _level, joined in messages))]
        return messages

    def _read(self) -> bytes:
        try:
            with self._file.open("rb") as file:
                size = file.seek(0, 2)
                begin = max(self._offset, size - BATCH_BYTES)
                file.seek(begin)
                data = file.read(size - begin)
        except OSError:
            return b""
        if begin > self._offset:
            # Something is left out: what was held back belongs to it, and so does the rest of a letter, or of a line.
            self._decoder.reset()
            self._rest, self._in_traceback = "", False
            _line, newline, lines = data.partition(b"\n")
            data = lines if newline and lines else data.lstrip(_CONTINUATION)
        self._offset = size
        return data

    def _levels(self, lines: Iterable[str]) -> Iterator[tuple[LogLevel, str]]:
        for line in lines:
            if _TRACEBACK.match(line):
                self._in_traceback = True
            yield (LogLevel.ERROR if self._in_traceback or _CHAIN.match(line) else LogLevel.INFO), line
            if line and not line[0].isspace() and not _TRACEBACK.match(line):
                self._in_traceback = False  # the line of the exception itself


def _together(lines: Iterable[tuple[LogLevel, str]]) -> Iterator[tuple[LogLevel, str]]:
    """Lines that follow each other at one level as one text; an empty line never begins a text of its own."""
    level, texts = LogLevel.INFO, list[str]()
    for line_level, line in lines:
        if line.strip() and line_level is not level:
            yield level, "\n".join(texts).strip("\n")
            level, texts = line_level, []
        texts.append(line)
    yield level, "\n".join(texts).strip("\n")
