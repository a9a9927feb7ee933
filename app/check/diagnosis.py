"""What support needs to know of a robot, as texts by file name: `robot diagnose` packs them.

Nothing secret is among them: the GUID is masked in every form, a proxy's password is left out; what scripts printed
(and with it what they may have printed of their tasks) and the last lines quoted from that are not taken at all.
"""

from __future__ import annotations

import json
import locale
import os
import platform
import re
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from stat import S_ISDIR
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from app import __version__
from app.base.bundle import FROZEN
from app.base.errors import RobotError, SettingsError
from app.base.i18n import _, set_language
from app.base.missing import is_missing
from app.base.paths import DataPaths
from app.check import report
from app.check.checklist import all_findings
from app.journal.reading import JournalReader
from app.orchestrator.identity import machine_name
from app.settings.loading import data_dir_of, load_settings
from app.settings.model import Settings
from app.settings.values import Secret
from app.status.file import read_status
from app.status.record import as_values
from app.system.session import session_facts

if TYPE_CHECKING:
    from pathlib import Path

    from app.base.redaction import Redactor
    from app.settings.loading import LoadedSettings

_MOST_JOBS: Final = 500
_MOST_LOGS: Final = 8  # today's, and a week
_MOST_BYTES: Final = 5_000_000  # of one log, its end
_QUOTING: Final = "Notification: "  # the one line of the log that quotes a script


def diagnosis(config: Path | None, redactor: Redactor) -> dict[str, str]:
    """All texts, in the language of the settings; `redactor` learns the GUID on the way, and masks it everywhere."""
    findings = all_findings(config, redactor, set_language)
    try:
        loaded: LoadedSettings | None = load_settings(config)
    except SettingsError:
        loaded = None
    paths = DataPaths(loaded.settings.data_dir if loaded else data_dir_of(config))
    found = {
        "README.txt": _("""\
What a robot knows of itself, for support: check, settings, the robot's own logs, the newest jobs with their
outcomes.
Not in it: the robot's GUID, tasks and their parameters, what scripts printed. Look through it before you send it.
"""),
        "check.txt": report.as_text(findings, redactor),
        "check.json": report.as_json(findings, redactor),
        "settings.txt": _settings(loaded) if loaded else _("The settings are wrong; check.txt says in what."),
        "system.json": _json(_system()),
        "status.json": _status(paths.status),
        "files.txt": _files(paths.root),
        "journal.json": _journal(paths.journal),
    }
    logs = sorted(paths.logs.glob("*.log*"), key=_changed_at, reverse=True) if os.path.isdir(paths.logs) else []  # noqa: PTH112 - see `_files`
    for log in logs[:_MOST_LOGS]:
        found[f"logs/{log.name}"] = _log(log)
    return {name: redactor(text) for name, text in found.items()}


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n"


def _settings(loaded: LoadedSettings) -> str:
    """Each setting with what it is and who says so."""
    lines = []
    for key in Settings.keys():
        value = getattr(loaded.settings, key)
        shown = "***" if isinstance(value, Secret) else _without_password(value) if key == "proxy" else value
        lines.append(f"{key} = {shown!s}    # {loaded.sources.get(key, 'default')}")
    lines += [f"# passed over in group policy: {name}" for name in loaded.passed_over]
    return "\n".join(lines) + "\n"


def _without_password(proxy: str | None) -> str | None:
    if proxy is None:
        return None
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    return f"{parts.scheme}://{'***@' if '@' in parts.netloc else ''}{parts.netloc.rpartition('@')[2]}"


def _system() -> dict[str, Any]:
    return {
        "robot": __version__,
        "frozen": FROZEN,
        "program": sys.executable,
        "python": sys.version,
        "system": platform.platform(),
        "machine": machine_name(),
        "locale": ".".join(filter(None, locale.getlocale())),
        "encoding": locale.getpreferredencoding(do_setlocale=False),
        "now": datetime.now().astimezone().isoformat(timespec="seconds"),
        "session": asdict(session_facts()),
    }


def _status(file: Path) -> str:
    try:
        found = read_status(file)
    except RobotError as error:
        return f"{error}\n"
    return _json({"condition": found.condition.value, "status": as_values(found.status) if found.status else None})


def _files(folder: Path) -> str:
    """The data folder with sizes and times; names of scripts are in it, contents aren't."""
    lines = []
    there = os.path.isdir(folder)  # noqa: PTH112 - Path's own raises where it may not look
    for file in sorted(folder.rglob("*")) if there else []:
        try:
            stat = file.stat()
        except OSError:
            continue
        when = datetime.fromtimestamp(stat.st_mtime, UTC).isoformat(timespec="seconds")
        lines.append(f"{stat.st_size:>12} {when} {file.relative_to(folder)}{'/' if S_ISDIR(stat.st_mode) else ''}")
    return "\n".join([str(folder), *lines]) + "\n"


def _journal(file: Path) -> str:
    """The newest jobs and what waits; without what scripts said."""
    if is_missing(file):
        return _json({"jobs": [], "outbox": []})
    try:
        with JournalReader(file) as journal:
            jobs = [
                {
                    "guid": job.guid,
                    "name": job.name,
                    "started": job.started_at,
                    "ended": job.ended_at,
                    "status": job.status and job.status.name,
                    "exit_code": job.exit_code,
                    "reason": job.reason,
                    "reported": job.reported,
                    "origin": asdict(job.origin),
                }
                for job in journal.newest(_MOST_JOBS)
            ]
            return _json({"jobs": jobs, "outbox": [asdict(row) for row in journal.outbox()]})
    except RobotError as error:
        return f"{error}\n"


def _changed_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _log(file: Path) -> str:
    """The end of one of the robot's own logs."""
    try:
        with file.open("rb") as stream:
            stream.seek(max(0, file.stat().st_size - _MOST_BYTES))
            text = stream.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError as error:
        return f"{error}\n"
    return without_quotations(text)


def without_quotations(text: str) -> str:
    """A log without what its lines quote of scripts; lines of both formats."""
    lines: list[str] = []
    quoting = False
    for line in text.splitlines():
        if quoting and line.startswith("    "):
            continue
        quoting = _QUOTING in line
        # In JSON the quotation ends with the text it stands in; what is left stays an object.
        lines.append(re.sub(rf'({_QUOTING})(?:[^"\\]|\\.)*', r"\1***", line) if quoting else line)
    return "\n".join(lines) + "\n"
