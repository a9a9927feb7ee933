"""The two ways in which the vendor's pages write the same key: `queue_guid` and `QueueGuid`."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Dialect(StrEnum):
    """How the replies to scripts name their keys."""

    SNAKE = "snake"  # queue_guid
    CAMEL = "camel"  # QueueGuid


def plain(name: str) -> str:
    """A key as both dialects have it in common: `queueguid`."""
    return name.replace("_", "").replace(" ", "").lower()


def in_dialect(value: Any, dialect: Dialect) -> Any:
    """A reply with snake_case keys, in that dialect. What is text (such as a task's parameters) stays as it is."""
    if dialect is Dialect.SNAKE:
        return value
    if isinstance(value, dict):
        return {_camel(key): in_dialect(item, dialect) for key, item in value.items()}
    return [in_dialect(item, dialect) for item in value] if isinstance(value, list) else value


def _camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
