"""What a job's Task says of itself, for people: its name and its number, nothing of its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.base.plain_text import printable

if TYPE_CHECKING:
    from app.orchestrator.vocabulary import JobOrder

_LIMIT: Final = 200  # characters


def task_field(order: JobOrder, name: str) -> str:
    """What stands under `name`, as one short line; empty if nothing."""
    value = order.task.get(name) if order.task else None
    return printable(str(value), limit=_LIMIT) if isinstance(value, (str, int)) else ""
