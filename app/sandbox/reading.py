"""JSON or TOML values read into dataclasses: every mistake at once, each with the place where it stands.

    @dataclass(frozen=True)
    class Order:
        name: Name
        count: Annotated[int, Limits(1)] | None = 1

    read(Order, {"count": 0})   # WrongValuesError: name: is missing; count: must be at least 1

Understood are dataclasses (unknown keys are mistakes), `list[…]`, `dict[str, …]`, `… | None`, enums of texts, `str`,
`int`, `float`, `bool`, `datetime` (as ISO text too; without a zone it is this machine's time), `Any`, and `Annotated`
with Limits or a pattern.
"""

from __future__ import annotations

import difflib
import math
import re
import types
import typing
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

from app.base import hosts
from app.base.i18n import _, plain_number
from app.sandbox.moments import here

if TYPE_CHECKING:
    from collections.abc import Callable

Path = tuple[str | int, ...]  # ("queues", 0, "name")
_Kind = TypeVar("_Kind")


@dataclass(frozen=True)
class Limits:
    """What a number may be, or how long a text."""

    least: float = -math.inf
    most: float = math.inf


Name = Annotated[str, Limits(1, 100_000)]
Guid = Annotated[str, hosts.GUID]


@dataclass(frozen=True)
class Mistake:
    """One wrong value: where it stands, and what is wrong, for people."""

    where: Path
    problem: str

    def __str__(self) -> str:
        return f"{shown(self.where)}: {self.problem}" if self.where else self.problem


class WrongValuesError(ValueError):
    """Everything that is wrong in a value that was read."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("; ".join(map(str, mistakes)))
        self.mistakes = mistakes


def read(kind: type[_Kind], value: object) -> _Kind:
    """The value as `kind`; WrongValuesError names all that is wrong."""
    mistakes: list[Mistake] = []
    found = _Reader(mistakes).read(kind, value, ())
    if mistakes:
        raise WrongValuesError(mistakes)
    return cast("_Kind", found)


def shown(where: Path) -> str:
    """`queues[1].tasks[2].name`; counted from 1, as people do."""
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in where]
    return "".join(parts).removeprefix(".")


class _WrongError(Exception):
    """One value is wrong."""


class _Reader:
    """Reads one value and collects its mistakes."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self._mistakes = mistakes

    def read(self, kind: Any, value: object, where: Path) -> Any:
        try:
            return self._read(kind, value, where)
        except _WrongError as error:
            self._mistakes.append(Mistake(where, str(error)))
            return None

    def _read(self, kind: Any, value: object, where: Path) -> Any:
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin is Annotated:
            return _checked(self._read(arguments[0], value, where), arguments[1:])
        if origin in (typing.Union, types.UnionType):  # only with None
            return None if value is None else self._read(arguments[0], value, where)
        if origin is list:
            items = _of(list, value, _("must be a list"))
            return [self.read(arguments[0], item, (*where, index)) for index, item in enumerate(items)]
        if origin is dict:
            pairs = _of(dict, value, _("must be a table"))
            return {name: self.read(arguments[1], item, (*where, name)) for name, item in pairs.items()}
        if is_dataclass(kind):
            return self._record(kind, _of(dict, value, _("must be a table")), where)
        return _plain(kind, value)

    def _record(self, kind: Any, value: dict[str, Any], where: Path) -> Any:
        hints, before = _hints(kind), len(self._mistakes)
        for name in value.keys() - hints.keys():
            near = difflib.get_close_matches(name, hints, n=1)
            problem = _("is not known here")
            hint = _("did you mean {key}?").format(key=near[0]) if near else ""
            self._mistakes.append(Mistake((*where, name), f"{problem}; {hint}" if hint else problem))
        found = {}
        for field in fields(kind):
            if field.name in value:
                found[field.name] = self.read(hints[field.name], value[field.name], (*where, field.name))
            elif field.default is MISSING and field.default_factory is MISSING:
                self._mistakes.append(Mistake((*where, field.name), _("is missing")))
        return kind(**found) if len(self._mistakes) == before else None


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind, include_extras=True)


def _of(kind: type[_Kind], value: object, problem: str) -> _Kind:
    if not isinstance(value, kind):
        raise _WrongError(problem)
    return value


def _plain(kind: Any, value: object) -> Any:
    if kind is Any:
        return value
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        if value not in set(kind):
            raise _WrongError(_("must be one of: {values}").format(values=", ".join(kind)))
        return kind(str(value))
    return _SIMPLE[kind](value)


def _text(value: object) -> str:
    text = _of(str, value, _("must be a text"))
    if not is_whole(text):
        raise _WrongError(_("must be a text"))
    return text


def is_whole(text: str) -> bool:
    """Whether it can be written as UTF-8: it holds no half of a letter (a lone surrogate), as JSON's escapes may."""
    return text.isascii() or text.encode("utf-8", "ignore").decode() == text


def _switch(value: object) -> bool:
    return _of(bool, value, _("must be true or false"))


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _WrongError(_("must be a whole number"))
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _WrongError(_("must be a number"))
    return float(value)


def _moment(value: object) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(_text(value))
        local = here(moment)
    except ValueError:
        raise _WrongError(_("must be a date with a time, such as 2026-11-25 17:30:00")) from None
    return local if moment.tzinfo is None else moment


_SIMPLE: dict[Any, Callable[[object], Any]] = {
    str: _text,
    bool: _switch,
    int: _whole,
    float: _number,
    datetime: _moment,
}


def _checked(value: Any, conditions: tuple[object, ...]) -> Any:
    for condition in conditions:
        if isinstance(condition, re.Pattern):
            if not condition.fullmatch(value):
                raise _WrongError(_("is not a GUID"))
        elif isinstance(condition, Limits) and value is not None:
            _within(value, condition)
    return value


def _within(value: float | str, limits: Limits) -> None:
    if isinstance(value, str):
        if not limits.least <= len(value) <= limits.most:
            raise _WrongError(_("must not be empty") if not value else _("is too long"))
    elif value < limits.least:
        raise _WrongError(_("must be at least {limit}").format(limit=plain_number(limits.least)))
    elif value > limits.most:
        raise _WrongError(_("must be at most {limit}").format(limit=plain_number(limits.most)))
