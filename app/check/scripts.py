"""Scripts: is their folder there, and does their interpreter really start?"""

from __future__ import annotations

import os
import secrets
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.base.i18n import _, ngettext, plain_number
from app.base.os_reasons import describe_os_error
from app.check.findings import Finding, error, ok, warning
from app.jobs.errors import CannotStartError
from app.jobs.interpreter import bundled_interpreter, find_interpreter
from app.jobs.manifest import Manifest
from app.jobs.outcome import EndingKind
from app.jobs.runner import JobRunner
from app.jobs.scripts import Script
from app.orchestrator.vocabulary import JobOrder

if TYPE_CHECKING:
    from app.settings.model import Settings

_NAMED: Final = 5  # of changed scripts; there may be hundreds
START_SECONDS: Final = 30.0  # a first start may be held up by a virus scanner
_PROBE: Final = "import platform, sys; print(platform.python_version(), sys.executable, sep='|')\n"


def check_scripts(settings: Settings) -> list[Finding]:
    """The folder, how many scripts lie directly in it, and virtual environments that have lost their interpreter."""
    folder = settings.scripts
    try:
        entries = sorted(folder.iterdir())
        os.stat(os.path.join(folder, os.curdir))  # noqa: PTH116, PTH118 - listed is not entered; Path drops the dot
    except (FileNotFoundError, NotADirectoryError):
        return [
            error(
                "scripts",
                _("There is no folder {folder}.").format(folder=folder),
                _("Make it and put the scripts there, or set scripts to the folder that they are in."),
            )
        ]
    except OSError as problem:
        return [
            error(
                "scripts",
                _("The folder {folder} can't be read: {reason}.").format(
                    folder=folder, reason=describe_os_error(problem).for_people()
                ),
                _("Give this user the right to read it."),
            )
        ]
    count = sum(_is_script(entry) for entry in entries)
    if not count:
        text = _("No script lies directly in {folder}.").format(folder=folder)
        found = warning("scripts", text, _("That is fine if all of them are in sub-folders."), scripts=0)
    else:
        text = ngettext("{folder}: {count} script", "{folder}: {count} scripts", count)
        found = ok("scripts", text.format(folder=folder, count=count), scripts=count)
    return [found, *_broken_environments(settings, [folder, *entries]), *_manifest(settings)]


def _is_script(entry: Path) -> bool:
    if os.path.isdir(entry):  # noqa: PTH112 - Path's own raises where it may not look
        return any(os.path.isfile(entry / name) for name in ("main.py", "__main__.py"))  # noqa: PTH113
    return entry.suffix.lower() == ".py"


def _broken_environments(settings: Settings, folders: list[Path]) -> list[Finding]:
    broken = []
    for folder in folders:
        if os.path.isdir(folder / ".venv"):  # noqa: PTH112 - Path's own raises where it may not look
            try:
                find_interpreter(Script(folder / "main.py", settings.scripts), settings.python)
            except CannotStartError as problem:
                broken.append(error("venv", str(problem), _("Scripts there can't be started until that is done.")))
    return broken


def _manifest(settings: Settings) -> list[Finding]:
    """Whether the manifest, if there is one, can be read, and which scripts are no longer those that it approves."""
    if settings.script_manifest is None:
        return []
    try:
        manifest = Manifest.read(settings.script_manifest)
    except CannotStartError as problem:
        return [error("manifest", str(problem), _("No script can be started until that is mended."))]
    changed = []
    for path, _sum in manifest.scripts.values():
        try:
            manifest.approve(Script(settings.scripts / path, settings.scripts))
        except (CannotStartError, OSError, ValueError):  # ValueError: an absolute path, which no script has
            changed.append(path)
    count = len(manifest.scripts)
    if changed:
        return [
            warning(
                "manifest",
                _("Missing, or not as approved: {scripts}").format(scripts=", ".join(changed[:_NAMED])),
                _("Approve them anew, or put the approved files back: they are not started as they are."),
                approved=count,
                changed=len(changed),
            )
        ]
    text = ngettext("{file}: {count} approved script", "{file}: {count} approved scripts", count)
    return [ok("manifest", text.format(file=manifest.file, count=count), approved=count, changed=0)]


def check_interpreter(settings: Settings) -> Finding:
    """Run a script of one line as the robot would run any other, with the interpreter of scripts without a `.venv`."""
    with tempfile.TemporaryDirectory(prefix="robot-check-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "probe.py").write_text(_PROBE, "utf-8")
        probing = replace(
            settings,
            scripts=folder,
            script_argument="none",
            stop_timeout=0,
            share_credentials=False,
            script_manifest=None,
        )
        log_file = folder / "probe.log"
        running = JobRunner(probing, folder / "runs").start(JobOrder("check", "probe"), log_file, secrets.token_hex(16))
        ending = running.wait(START_SECONDS)
        if ending is None:
            running.abort()
            running.wait(START_SECONDS)
    python = settings.python or bundled_interpreter().python
    if ending and ending.kind is EndingKind.EXITED and ending.exit_code == 0 and "|" in ending.last_line:
        version, _separator, executable = ending.last_line.partition("|")
        return ok("interpreter", f"Python {version}, {executable}", version=version)
    reason = (
        ending.message
        if ending
        else _("It did not end within {seconds} s.").format(seconds=plain_number(START_SECONDS))
    )
    return error(
        "interpreter",
        _("{python} does not run scripts: {reason}").format(python=python, reason=reason),
        _("Set python to an interpreter that works, or remove it to use the robot's own."),
    )
