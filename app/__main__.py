"""The program's entry: `python -m app`, robot.exe, robot-cli.exe."""

from __future__ import annotations

import gc
import os
import sys

OLDEST_PYTHON = (3, 11)


def main() -> int:
    """Run a script for a robot (the bundled interpreter does), or a command of the robot itself."""
    from app.jobs.child.host import FROZEN, HOST_ARGUMENT

    if len(sys.argv) > 1 and sys.argv[1] == HOST_ARGUMENT:
        # First of all, so that a script's start doesn't wait for anything that only the robot needs.
        from app.jobs.child import host

        host.main(sys.argv[2:])  # raises what ends the process as the script ended
        return 0
    if FROZEN:
        from app.jobs.child import within_a_run

        if within_a_run.is_meant(sys.argv[1:]):
            from app.jobs.child import bundled_python

            bundled_python.main(sys.argv[1:])
            return 0
    if sys.version_info[:2] < OLDEST_PYTHON:
        return _say_how_to_start(f"Python {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or later is needed")
    _speak_utf8()
    gc.disable()  # of what is imported nothing is garbage: to look for some is a twentieth of the start
    from app.base import module_archive

    module_archive.keep_open()
    try:
        from app import cli

        code = cli.main()
    except ModuleNotFoundError as error:
        if FROZEN or not error.name or error.name.partition(".")[0] == "app":
            raise
        return _say_how_to_start(f"the package {error.name} isn't installed")
    from app.base import logs

    logs.end_if_nobody_reads(code)
    return code


def _say_how_to_start(problem: str) -> int:
    """From a clone, with a Python that can't run the robot. In English: there are no catalogs yet."""
    command = " ".join(["python build/dev.py run", *(["--", *sys.argv[1:]] if sys.argv[1:] else [])])
    sys.stderr.write(
        f"robot: {problem}; this is Python {sys.version.split()[0]}, {sys.executable}\n"
        "In a clone of the sources this makes .venv, installs everything there and runs the robot in it:\n"
        f"    {command}\n"
    )
    return 2


def _speak_utf8() -> None:
    """Begin anew in UTF-8 mode where the locale has another encoding: job and file names know no borders.

    The terminal still gets its own encoding. https://docs.python.org/3/library/os.html#utf8-mode
    """
    if sys.platform == "win32" or sys.getfilesystemencoding() == "utf-8" or not sys.executable:
        return
    if sys.stdout:
        os.environ.setdefault("PYTHONIOENCODING", f"{sys.stdout.encoding}:backslashreplace")
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606 - the same program


if __name__ == "__main__":
    sys.exit(main())
