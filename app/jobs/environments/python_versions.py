"""Does a version of Python fit `requires-python`? As far as such texts go: numbers, joined by commas.

https://packaging.python.org/specifications/version-specifiers/
"""

from __future__ import annotations

import re
from typing import Final

_CLAUSE: Final = re.compile(r"(===|==|!=|~=|<=|>=|<|>)\s*v?(\d+(?:\.\d+)*)(\.\*)?(?:\s*(?:a|b|rc|\.dev|\.post).*)?")


def fits(version: str, wanted: str) -> bool:
    """Is `version` (`3.11.7`) one of `wanted` (`>=3.11,<4`)? What can't be understood excludes nothing."""
    ours = _numbers(version)
    return all(
        _fits_one(ours, match[1], _numbers(match[2]), prefix=bool(match[3]))
        for clause in wanted.split(",")
        if (match := _CLAUSE.fullmatch(clause.strip()))
    )


def _fits_one(ours: list[int], operator: str, theirs: list[int], *, prefix: bool) -> bool:
    if operator == "~=":
        return _compare(ours, theirs) >= 0 and ours[: len(theirs) - 1] == theirs[:-1]
    equal = ours[: len(theirs)] == theirs if prefix else _compare(ours, theirs) == 0
    if operator in {"==", "==="}:
        return equal
    if operator == "!=":
        return not equal
    difference = _compare(ours, theirs)
    return {"<": difference < 0, "<=": difference <= 0, ">": difference > 0, ">=": difference >= 0}[operator]


def _compare(ours: list[int], theirs: list[int]) -> int:
    length = max(len(ours), len(theirs))
    left, right = ([*numbers, *[0] * (length - len(numbers))] for numbers in (ours, theirs))
    return (left > right) - (left < right)


def _numbers(version: str) -> list[int]:
    match = re.match(r"\d+(?:\.\d+)*", version)
    return [int(part) for part in match[0].split(".")] if match else []
