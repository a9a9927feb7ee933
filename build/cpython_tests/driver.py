"""Run by the Windows Python: one module of CPython's tests.

    python.exe driver.py MODULE REPORT [PATTERN …]

REPORT gets a line when a test begins (`begin`) and when it has ended (`passed`, `skipped`, `failed`), each with the
test's name: after a crash or a hang it says which one it was. Tests that a PATTERN covers are not run.
"""

from __future__ import annotations

import fnmatch
import importlib
import os
import sys
import tempfile
import unittest
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TextIO

FOR_CPYTHON_ALONE = "No module named '_test"  # extension modules for CPython's own tests, which nobody ships


class Reporter(unittest.TextTestResult):
    """Writes the report, and on stderr what unittest writes."""

    report: TextIO

    def note(self, outcome: str, test: Any) -> None:
        """Write a line."""
        print(outcome, test.id(), file=self.report, flush=True)

    def startTest(self, test: Any) -> None:  # noqa: N802 - unittest's name, as those below
        """The test begins."""
        super().startTest(test)
        self.note("begin", test)

    def addSuccess(self, test: Any) -> None:  # noqa: N802
        """It has passed."""
        super().addSuccess(test)
        self.note("passed", test)

    def addExpectedFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        """It has failed as it should."""
        super().addExpectedFailure(test, err)
        self.note("passed", test)

    def addSkip(self, test: Any, reason: str) -> None:  # noqa: N802
        """It is not for this system."""
        super().addSkip(test, reason)
        self.note("skipped", test)

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        """It has failed."""
        super().addFailure(test, err)
        self.note("failed", test)

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802
        """It could not go on; `test` may stand for a class or a module that could not be set up."""
        super().addError(test, err)
        self.note("skipped" if FOR_CPYTHON_ALONE in str(err[1]) else "failed", test)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
        """A part of it has ended."""
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.note("failed", test)

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802
        """It should have failed."""
        super().addUnexpectedSuccess(test)
        self.note("failed", test)


def without(tests: unittest.TestSuite, patterns: list[str]) -> unittest.TestSuite:
    """The same tests without those that a pattern covers."""
    kept = unittest.TestSuite()
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            kept.addTest(without(test, patterns))
        elif not any(fnmatch.fnmatchcase(test.id(), pattern) for pattern in patterns):
            kept.addTest(test)
    return kept


def main() -> None:
    """Run the module's tests."""
    name, report, *patterns = sys.argv[1:]
    _winapi: Any = importlib.import_module("_winapi")
    del _winapi.CopyFile2  # Wine 8 ends who calls it; `shutil` has its own way for a Windows without it
    os_helper: Any = importlib.import_module("test.support.os_helper")
    os_helper._can_symlink = False  # noqa: SLF001 - Wine makes links that it can't follow
    sys.argv[1:] = []
    with (
        Path(report).open("w", encoding="utf-8") as Reporter.report,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
    ):
        os.chdir(folder)
        try:
            tests = unittest.defaultTestLoader.loadTestsFromName(name)
        except unittest.SkipTest as reason:
            print("skipped", name, file=Reporter.report)
            print(reason, file=sys.stderr)
        else:
            runner: Any = unittest.TextTestRunner
            runner(resultclass=Reporter, verbosity=0, buffer=True).run(without(tests, patterns))
        os.chdir(Path(folder).parent)
        print("complete", file=Reporter.report)
    sys.stderr.flush()
    os._exit(0)  # threads that a test has left behind


if __name__ == "__main__":
    main()
