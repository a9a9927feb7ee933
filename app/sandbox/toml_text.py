"""Writing TOML, which the standard library only reads: tables, arrays of tables, and what stands in one line."""

from __future__ import annotations

import json
import math
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from app.sandbox.reading import is_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_LARGEST: Final = 2**63 - 1


def dumps(values: Mapping[str, Any]) -> str:
    """The values as TOML; lists of tables become `[[…]]`, tables at the top `[…]`, all else stands behind its key."""
    return "\n".join(_table((), values)).strip() + "\n"


def can_hold(value: Any) -> bool:
    """Whether TOML can say this JSON value: it has no null and no larger whole numbers than 64 bits hold."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and can_hold(key) and can_hold(item) for key, item in value.items())
    if isinstance(value, list):
        return all(can_hold(item) for item in value)
    if isinstance(value, str):
        return is_whole(value)
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, bool) or (isinstance(value, int) and -_LARGEST <= value <= _LARGEST)


def _table(path: tuple[str, ...], values: Mapping[str, Any]) -> Iterator[str]:
    parts = {key: value for key, value in values.items() if _is_part(path, value)}
    for key, value in values.items():
        if key not in parts:
            yield f"{_key(key)} = {_inline(value)}"
    for key, value in parts.items():
        name = ".".join(map(_key, (*path, key)))
        for item in value if isinstance(value, list) else [value]:
            yield ""
            yield f"[[{name}]]" if isinstance(value, list) else f"[{name}]"
            yield from _table((*path, key), item)


def _is_part(path: tuple[str, ...], value: Any) -> bool:
    """Whether it gets a header of its own: what the shape of a state has as tables, not a task's parameters."""
    if isinstance(value, dict):
        return not path
    return bool(path in _PLACES and isinstance(value, list) and value and all(isinstance(item, dict) for item in value))


_PLACES: Final = ((), ("queues",), ("jobs",))  # where lists of tables stand; a task's parameters hold any list


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return json.dumps(value)  # numbers, true, false


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _quoted(key)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
