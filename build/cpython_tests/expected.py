"""What expected.toml says: which modules are run, and which tests may fail, each with the reason."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("expected.toml")


@dataclass(frozen=True)
class Exceptions:
    """Tests with something in common.

    Attributes:
        reason: why they fail, or can't be run.
        tests: patterns of `test.test_json.TestFail.test_truncated_input`, in the way of `fnmatch`.
    """

    reason: str
    tests: tuple[str, ...]

    def cover(self, test: str) -> bool:
        """Is `test` one of them?"""
        return any(fnmatchcase(test, pattern) for pattern in self.tests)


@dataclass(frozen=True)
class Expected:
    """The whole of it.

    Attributes:
        quick: modules of the quick half, such as `test_json`.
        slow: the other modules.
        left_out: modules that are not run, without `test_`; the reason for each.
        not_run: tests that are not run, because they hang or end their process.
        may_fail: tests that may fail.
    """

    quick: tuple[str, ...]
    slow: tuple[str, ...]
    left_out: dict[str, tuple[str, ...]]
    not_run: tuple[Exceptions, ...]
    may_fail: tuple[Exceptions, ...]

    @classmethod
    def read(cls) -> Expected:
        """Read the file."""
        said: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))
        quick, slow = (tuple(f"test_{name}" for name in said[key].split()) for key in ("quick", "slow"))
        left_out = {reason: tuple(names.split()) for reason, names in said["left_out"].items()}
        return cls(quick, slow, left_out, _exceptions(said["not_run"]), _exceptions(said["may_fail"]))

    def reason(self, test: str) -> str | None:
        """Why this test may fail; None if it may not."""
        return next((each.reason for each in self.may_fail if each.cover(test)), None)

    def not_to_run(self, module: str) -> list[str]:
        """Patterns of this module's tests that are not run."""
        patterns = [pattern for each in self.not_run for pattern in each.tests]
        return [pattern for pattern in patterns if pattern.startswith((f"test.{module}.", "*"))]


def _exceptions(said: dict[str, str]) -> tuple[Exceptions, ...]:
    return tuple(Exceptions(reason, tuple(tests.split())) for reason, tests in said.items())
