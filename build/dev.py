#!/usr/bin/env python3
"""One entry for developers: `python build/dev.py COMMAND`. Needs nothing but Python 3.11 or later.

Makes the virtual environment `.venv`, installs the locked requirements into it (only when they changed), and does the
work there. The commands are listed by `python build/dev.py --help`; what follows a command goes to what it starts.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCKS = {"run": ROOT / "build" / "requirements.txt", "develop": ROOT / "build" / "requirements-dev.txt"}
OLDEST_PYTHON = (3, 11)
SOURCES = ("app", "build", "tests", "docs/examples")
INTERRUPTED = 130


def prepare(lock: str) -> None:
    """Bring `.venv` to the state of a lock: `run` for the program alone, `develop` for everything."""
    stamp = VENV / f"{lock}.installed"
    wanted = hashlib.sha256(LOCKS[lock].read_bytes() + sys.version.encode()).hexdigest()
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    if not PYTHON.exists():
        print(f"Making the virtual environment {VENV.name} …", flush=True)
        venv.create(VENV, with_pip=True, clear=True)
    print(f"Installing {LOCKS[lock].relative_to(ROOT)} …", flush=True)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--quiet", "--no-input"]
    subprocess.run([*pip, "install", "--require-hashes", "-r", str(LOCKS[lock])], check=True, cwd=ROOT)
    stamp.write_text(wanted)
    if lock == "develop":  # which contains the other
        (VENV / "run.installed").write_text(
            hashlib.sha256(LOCKS["run"].read_bytes() + sys.version.encode()).hexdigest()
        )


def catalogs() -> None:
    """Compile the translations; Babel is in both locks."""
    run("build/catalogs.py", "compile")


def run(*arguments: str, check: bool = True) -> int:
    """Run the virtual environment's Python in the project's root."""
    done = subprocess.run([str(PYTHON), *arguments], cwd=ROOT, check=False)
    if check and done.returncode:
        raise SystemExit(done.returncode)
    return done.returncode


def run_at_once(commands: Sequence[Sequence[str]], at_once: int) -> None:
    """Run it for each of these, some at the same time; what each says is shown when it has ended, in their order."""

    def one(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        asked = [str(PYTHON), *command]
        return subprocess.run(asked, cwd=ROOT, check=False, stdout=PIPE, stderr=STDOUT, text=True, errors="replace")

    failed = []
    pool = ThreadPoolExecutor(at_once)
    try:
        for command, done in zip(commands, pool.map(one, commands), strict=True):
            print("==>", *command)
            print(done.stdout, end="", flush=True)
            failed += [" ".join(command)] if done.returncode else []
    finally:
        pool.shutdown(cancel_futures=True)  # what runs has had the same Ctrl-C
    if failed:
        print("Failed:", *failed, sep="\n    ", file=sys.stderr)
        raise SystemExit(1)


def robot(rest: list[str]) -> int:
    """The robot itself, from the sources: `run -- check --config robot.toml`."""
    prepare("run")
    catalogs()
    return run("-m", "app", *rest, check=False)


def sandbox(rest: list[str]) -> int:
    """The embedded Orchestrator alone, with its page."""
    return robot(["sandbox", *rest])


def demo(rest: list[str]) -> int:
    """The robot against its embedded Orchestrator."""
    # Without a screen there is no tray to show, and the console tells the same story.
    screen = os.name == "nt" or bool(os.environ.get("DISPLAY"))
    return robot(["demo", *([] if screen or "--headless" in rest else ["--headless"]), *rest])


def fix(_rest: list[str]) -> int:
    """Formatting and what lint can mend by itself; the catalogs brought up to the sources."""
    prepare("develop")
    run("-m", "ruff", "format", *SOURCES)
    lint = run("-m", "ruff", "check", "--fix", *SOURCES, check=False)
    run("-m", "ruff", "format", *SOURCES)  # what was mended isn't formatted yet
    for step in ("extract", "update", "compile"):
        run("build/catalogs.py", step)
    return lint


def check(_rest: list[str]) -> int:
    """Formatting, lint, types, layers, lengths and catalogs."""
    prepare("develop")
    catalogs()
    steps = (
        ("-m", "mypy"),
        ("-m", "mypy", "--platform", "win32", "--cache-dir", ".mypy_cache/win32"),  # one cache is of one platform
        ("-m", "ruff", "format", "--check", *SOURCES),
        ("-m", "ruff", "check", *SOURCES),
        ("-c", "from importlinter.cli import lint_imports_command as lint; lint()"),
        ("build/shape.py",),
        ("build/catalogs.py", "check"),
    )
    run_at_once(steps, at_once=2)
    return 0


def test(rest: list[str]) -> int:
    """Everything that `check` does, then the tests."""
    check([])
    return run("-m", "pytest", *rest, check=False)


def bench(rest: list[str]) -> int:
    """Measurements beside their floors, as a table."""
    prepare("develop")
    catalogs()
    return run("-m", "tests.bench", *rest, check=False)


def simulate(rest: list[str]) -> int:
    """Nights of the robot in virtual time, each from its seed: `--nights 10000`, `--seed 7 --tell`, `--mutants`."""
    prepare("develop")
    return run("-m", "tests.simulation", *rest, check=False)


def fleet(rest: list[str]) -> int:
    """Ten thousand robots on one Orchestrator in virtual time: `fleet`, `fleet --sizes`, `fleet --real`."""
    prepare("develop")
    return run("-m", "tests.fleet", *rest, check=False)


def package(rest: list[str]) -> int:
    """The Windows program, its archive and its installer, in dist/."""
    prepare("develop")
    catalogs()
    return run("build/package.py", *rest, check=False)


def fits(rest: list[str]) -> int:
    """CPython's own tests, run by the Windows program's Python under Wine."""
    prepare("develop")
    return run("build/cpython_tests/run.py", *rest, check=False)


def wheel(_rest: list[str]) -> int:
    """The wheel robot_job for the script author's desk, in dist/."""
    return subprocess.run([sys.executable, "build/kit.py"], cwd=ROOT, check=False).returncode


def lock(_rest: list[str]) -> int:
    """Make the locks anew from pyproject.toml."""
    uv = shutil.which("uv")
    if not uv:
        print("Install uv first: python -m pip install uv", file=sys.stderr)
        return 2
    common = [uv, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"]
    common += ["--no-header", "--no-emit-index-url", "--upgrade", "pyproject.toml"]
    subprocess.run([*common, "--group", "run", "-o", str(LOCKS["run"])], check=True, cwd=ROOT)
    constraint = ["-c", str(LOCKS["run"].relative_to(ROOT))]
    subprocess.run([*common, "--group", "dev", *constraint, "-o", str(LOCKS["develop"])], check=True, cwd=ROOT)
    return 0


COMMANDS = {
    "demo": demo,
    "sandbox": sandbox,
    "run": robot,
    "fix": fix,
    "check": check,
    "test": test,
    "bench": bench,
    "simulate": simulate,
    "fleet": fleet,
    "package": package,
    "fits": fits,
    "wheel": wheel,
    "lock": lock,
}


def main() -> int:
    """Parse the command line and run one command."""
    if sys.version_info < OLDEST_PYTHON:
        print(f"Python 3.11 or later is needed; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(prog="python build/dev.py", description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, function in COMMANDS.items():
        commands.add_parser(name, help=function.__doc__, add_help=False)
    known = parser.parse_args(sys.argv[1:2])
    rest = sys.argv[2:]
    try:
        return COMMANDS[known.command](rest[1:] if rest[:1] == ["--"] else rest)
    except subprocess.CalledProcessError as error:
        print(f"dev.py: {Path(str(error.cmd[0])).name} ended with {error.returncode}; see above.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
