"""Runs CPython's own tests under Wine: `python build/dev.py fits`.

The Windows Python's binaries and library come from different places and patch levels. This says whether they fit: every
test passes, or is named in expected.toml with the reason why it may fail.

--quick         the half that CI runs: what the library and its extension modules do together
--write         write docs/cpython-tests.md from this run (of the whole suite)
MODULE …        these modules alone, such as test_json; what failed is shown
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))

from wine import library, toolchain  # noqa: E402
from wine.errors import ToolchainError  # noqa: E402
from wine.prefix import Prefix  # noqa: E402
from wine.process import run_to_end  # noqa: E402

from cpython_tests.expected import Expected  # noqa: E402 - the path has to be set first

DOCUMENT: Final = ROOT / "docs" / "cpython-tests.md"
MODULE_SECONDS: Final = 150


@dataclass(frozen=True)
class Result:
    """What came of one module.

    Attributes:
        failed: its failed tests.
        broken: how it ended before its end, if it did.
        output: what it wrote.
    """

    module: str
    passed: int
    skipped: int
    failed: tuple[str, ...]
    broken: str
    output: str
    seconds: float


class Suite:
    """A copy of the toolchain's Python with CPython's tests in it, and a Wine prefix to run them in."""

    def __init__(self, tools: toolchain.Toolchain, expected: Expected) -> None:
        folder = tools.folder / "cpython-tests"
        self._python = folder / "python"
        self._reports = folder / "reports"
        self._expected = expected
        self.prefix = Prefix(folder / "prefix")
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            (folder / "package").mkdir(parents=True)
            source = library.unpack((*library.LIBRARY, *library.TESTS), folder / "package")
            shutil.copytree(tools.python.parent, self._python, copy_function=os.link)
            shutil.copytree(source / "test", self._python / "Lib" / "test")
            self._reports.mkdir()
            (folder / "complete").touch()
        self.prefix.create()

    def run(self, modules: list[str]) -> list[Result]:
        """Run modules, as many at once as there are processors."""
        self.prefix.run("wineboot", timeout=MODULE_SECONDS)  # two programs that start Wine at once hinder each other
        try:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                return list(pool.map(self._run, modules))
        finally:
            self.prefix.kill()

    def _run(self, module: str) -> Result:
        report = self._reports / f"{module}.txt"
        report.unlink(missing_ok=True)
        files = [self.prefix.windows_path(file) for file in (HERE / "driver.py", report)]
        command = ["wine", str(self._python / "python.exe"), "-X", "utf8", files[0], f"test.{module}", files[1]]
        command += self._expected.not_to_run(module)
        begun = time.monotonic()
        output, ended = "", f"was not done after {MODULE_SECONDS} s"
        try:
            done = run_to_end(command, self.prefix.environment(), MODULE_SECONDS)
            output, ended = done.stdout, f"ended with {done.returncode}"
        except subprocess.TimeoutExpired:
            pass
        lines = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
        outcome = {test: word for word, _space, test in (line.partition(" ") for line in lines) if test}
        count = Counter(outcome.values())
        failed = tuple(test for test, word in outcome.items() if word == "failed")
        broken = "" if "complete" in lines else f"{ended}, at {lines[-1] if lines else 'its start'}"
        result = Result(module, count["passed"], count["skipped"], failed, broken, output, time.monotonic() - begun)
        say(result, self._expected)
        return result


def say(result: Result, expected: Expected) -> None:
    """One line for a module, more for what was not expected."""
    parts = [f"{result.passed} passed", f"{result.skipped} skipped" * bool(result.skipped)]
    known = [test for test in result.failed if expected.reason(test)]
    parts += [f"{len(known)} failed as listed" * bool(known), result.broken]
    print(f"{result.module:<32} {result.seconds:5.0f} s  {', '.join(part for part in parts if part)}", flush=True)
    if unknown := unexpected(result, expected):
        print(result.output, *(f"    NOT EXPECTED: {each}" for each in unknown), sep="\n", flush=True)


def unexpected(result: Result, expected: Expected) -> list[str]:
    """What must not be."""
    found = [test for test in result.failed if not expected.reason(test)]
    return [*found, *([f"test.{result.module}: {result.broken}"] if result.broken else [])]


def document(results: list[Result], expected: Expected) -> str:
    """docs/cpython-tests.md."""
    passed, skipped = sum(each.passed for each in results), sum(each.skipped for each in results)
    failed = [test for each in results for test in each.failed]
    reasons = Counter(expected.reason(test) for test in failed)
    lines = [
        "# CPython's own tests, run by the Windows Python under Wine",
        "",
        "The bundled interpreter's binaries (3.13.11) and its library (3.13.5 with Debian's security fixes) come",
        "from different places, see [building.md](building.md). Whether they fit is asked of CPython's own tests:",
        "`python build/dev.py fits` runs them, CI the half of them that `--quick` means.",
        "",
        "Written by `python build/dev.py fits --write`.",
        "",
        f"{len(results)} modules: {passed:,} tests passed, {skipped:,} skipped themselves, {len(failed)} failed.",
        "",
        "## What failed, and why it may",
        "",
        "| tests | reason |",
        "|---|---|",
        *(f"| {number} | {reason} |" for reason, number in sorted(reasons.items(), key=lambda item: -item[1])),
        "",
        "Each is named in `build/cpython_tests/expected.toml`; any other failure fails the command.",
        "",
        "## What was not run",
        "",
        *(f"- {each.reason}: {', '.join(f'`{test}`' for test in each.tests)}" for each in expected.not_run),
        *(f"- {reason}: the modules {', '.join(names)}" for reason, names in expected.left_out.items()),
        "- modules that test the language alone, CPython's own tools, other systems, the network.",
        "",
        "## Passed, by module",
        "",
        ", ".join(f"{each.module.removeprefix('test_')} {each.passed:,}" for each in results if each.passed) + ".",
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python build/dev.py fits", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the half that CI runs")
    parser.add_argument("--write", action="store_true", help="write docs/cpython-tests.md")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="such as test_json")
    options = parser.parse_args()
    expected = Expected.read()
    begun = time.monotonic()
    try:
        suite = Suite(toolchain.ensure(), expected)
        modules = options.modules or [*expected.quick, *(() if options.quick else expected.slow)]
        results = suite.run(modules)
        if again := [result.module for result in results if unexpected(result, expected)]:
            print("Once more, because Wine itself fails now and then:", *again, flush=True)
            second = {result.module: result for result in suite.run(again)}
            results = [second.get(result.module, result) for result in results]
    except ToolchainError as error:
        print(f"fits: {error}", file=sys.stderr)
        return 1
    wrong = [each for result in results for each in unexpected(result, expected)]
    passed = sum(result.passed for result in results)
    print(f"{len(results)} modules, {passed} tests passed, {time.monotonic() - begun:.0f} s")
    if options.write:
        DOCUMENT.write_text(document(results, expected), encoding="utf-8")
    if wrong:
        print("Not expected:", *wrong, sep="\n  ")
        return 1
    print("Binaries and library fit.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
