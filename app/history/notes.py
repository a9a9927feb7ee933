"""What a script said of its run, in lines for the page: its task, how far it came, what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.i18n import _
from app.base.plain_text import printable

if TYPE_CHECKING:
    from app.journal.records import RunNotes


def note_lines(notes: RunNotes) -> list[str]:
    """A line of each that there is."""
    done = "" if notes.done is None else f"{notes.done:g}"
    if done and notes.total is not None:
        done = _("{done} of {total}").format(done=done, total=f"{notes.total:g}")
    said = (
        (_("Task: {text}"), notes.task_name),
        (_("Progress: {text}"), ", ".join(filter(None, (done, notes.progress)))),
        (_("Result: {text}"), notes.result),
    )
    return [words.format(text=printable(text)) for words, text in said if text]
