"""Faults: what can go wrong between a robot and its Orchestrator, switched on one by one.

This module only chooses which fault hits a request; `app.sandbox.spoil` carries it out.
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class FaultKind(StrEnum):
    """The ways to spoil an answer."""

    DELAY = "delay"  # the true answer, `seconds` late
    DROP = "drop"  # the connection is closed without an answer
    RESET = "reset"  # the connection is reset in the middle of the body
    DRIP = "drip"  # the true answer, one byte every `seconds`
    STATUS = "status"  # HTTP `status`, with Retry-After if `retry_after` is given
    HTML = "html"  # 200 with a login page
    TRUNCATED = "truncated"  # 200 with half of the JSON
    WRONG_TYPES = "wrong_types"  # 200 with every value of a type that doesn't belong there
    NOTICE = "notice"  # 200 with the true answer between a PHP notice and a PHP warning
    HUGE = "huge"  # 200 with a body of `size` bytes
    GZIP_BOMB = "gzip_bomb"  # 200 with a small compressed body that unpacks to `size` bytes
    REDIRECT = "redirect"  # 307 to `location`
    NO_JOB = "no_job"  # consumeNextJob answers 102 although a job waits
    BODY = "body"  # 200 with `body` as it stands


class When(StrEnum):
    """Whether the request takes effect before its answer is spoiled."""

    BEFORE = "before"  # it never takes effect
    AFTER = "after"  # it takes effect and its answer is lost


# These bend the true answer, so there has to be one.
_ALWAYS_AFTER = frozenset({FaultKind.DRIP, FaultKind.WRONG_TYPES, FaultKind.NOTICE})
_ALWAYS_BEFORE = frozenset({FaultKind.NO_JOB})


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        kind: what happens.
        path: the request's path, such as `/api/robot/heartbeat`; with a slash at its end every path that begins so;
            `*` = every path below `/api/`.
        form: only requests whose parameters have these values, such as `{"Status": "3"}`.
        when: before or after the request takes effect (DELAY: the pause comes before or after).
        skip: so many matching requests are left alone first.
        count: so many requests are hit; None = until it is removed.
        seconds: length of DELAY, pause between the bytes of DRIP.
        status: of STATUS.
        retry_after: seconds, the header of STATUS.
        location: of REDIRECT.
        size: bytes, of HUGE and GZIP_BOMB.
        body: of BODY, and of STATUS, which is a page without it.
    """

    kind: FaultKind
    path: str = "*"
    form: Mapping[str, str] = field(default_factory=dict)
    when: When = When.BEFORE
    skip: int = 0
    count: int | None = 1
    seconds: float = 1.0
    status: int = 503
    retry_after: int | None = None
    location: str = "http://elsewhere.invalid/"
    size: int = 8 * 1024 * 1024
    body: str = ""
    id: int = 0  # given by Faults.add

    @property
    def takes_effect(self) -> bool:
        """Whether the request that it hits changes the sandbox's state."""
        if self.kind in _ALWAYS_AFTER or self.kind is FaultKind.DELAY:
            return True
        return self.when is When.AFTER and self.kind not in _ALWAYS_BEFORE

    def matches(self, path: str, form: Mapping[str, str]) -> bool:
        """Whether a request with this path and these parameters is meant."""
        if self.path not in ("*", path) and not (self.path.endswith("/") and path.startswith(self.path)):
            return False
        return all(form.get(name) == value for name, value in self.form.items())


class Faults:
    """The faults that are switched on; the oldest that matches a request hits it. Thread-safe."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._ids = itertools.count(1)

    def add(self, fault: Fault) -> Fault:
        """Switch `fault` on; returns it with its number."""
        with self._lock:
            fault = replace(fault, id=next(self._ids))
            self._faults.append(fault)
        self._changed()
        return fault

    def remove(self, number: int) -> bool:
        """Switch the fault of that number off; False if there is none."""
        with self._lock:
            left = [fault for fault in self._faults if fault.id != number]
            found = len(left) < len(self._faults)
            self._faults = left
        self._changed()
        return found

    def clear(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._faults.clear()
        self._changed()

    def active(self) -> list[Fault]:
        """The faults that are on, with what is left of their counts."""
        with self._lock:
            return list(self._faults)

    def take(self, path: str, form: Mapping[str, str]) -> Fault | None:
        """The fault that hits this request, counted down, or None."""
        with self._lock:
            before = list(self._faults)
            fault = self._take(path, form)
            counted = before != self._faults
        if counted:
            self._changed()
        return fault

    def _take(self, path: str, form: Mapping[str, str]) -> Fault | None:
        for index, fault in enumerate(self._faults):
            if not fault.matches(path, form):
                continue
            if fault.skip:
                self._faults[index] = replace(fault, skip=fault.skip - 1)
                continue
            if fault.count is not None:
                left = replace(fault, count=fault.count - 1)
                self._faults[index : index + 1] = [left] if left.count else []
            return fault
        return None
