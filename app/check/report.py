"""The findings as a table, as plain lines, and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, TextIO

from app import __version__
from app.base.i18n import _
from app.base.plain_text import log_text
from app.check.findings import Level, exit_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.base.redaction import Redactor
    from app.check.findings import Finding

_SIGNS: Final = {Level.OK: "✓", Level.WARNING: "!", Level.ERROR: "✗", Level.SKIPPED: "–"}
_PLAIN_SIGNS: Final = {Level.OK: "+", Level.WARNING: "!", Level.ERROR: "x", Level.SKIPPED: "-"}
_STYLES: Final = {Level.OK: "green", Level.WARNING: "yellow", Level.ERROR: "bold red", Level.SKIPPED: "dim"}


def title(name: str) -> str:
    """What was looked at, in the user's language."""
    return {
        "settings": _("Settings"),
        "proxy": _("Proxy"),
        "dns": _("Name (DNS)"),
        "tcp": _("Connection"),
        "tls": _("Certificate (TLS)"),
        "http": _("Orchestrator (HTTP)"),
        "clock": _("Clock"),
        "guid": _("Robot's GUID"),
        "scripts": _("Scripts"),
        "venv": _("Virtual environment"),
        "manifest": _("Manifest of scripts"),
        "interpreter": _("Interpreter"),
        "environments": _("Environments"),
        "data_dir": _("Data folder"),
        "journal": _("Journal"),
        "session": _("Session"),
        "log_off": _("Log-off"),
        "autostart": _("Autostart"),
        "event_log": _("Event log"),
    }[name]


def summary(findings: Sequence[Finding]) -> str:
    """The last line: can the robot work?"""
    levels = {finding.level for finding in findings}
    if Level.ERROR in levels:
        return _("The robot can't work here yet.")
    if Level.WARNING in levels:
        return _("The robot can work here. Look at the lines with an exclamation mark.")
    return _("The robot can work here.")


def as_text(findings: Sequence[Finding], redactor: Redactor, *, encoding: str = "utf-8") -> str:
    """One line a finding, its remedy below it; in the signs that `encoding` has."""
    signs, arrow = _SIGNS, "→"
    try:
        "".join([*signs.values(), arrow]).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        signs, arrow = _PLAIN_SIGNS, "->"
    lines = []
    for finding in findings:
        first, *rest = finding.message.splitlines() or [""]
        lines.append(f"{signs[finding.level]} {title(finding.name)}: {first}")
        lines += [f"    {line}" for line in rest]
        if finding.remedy:
            lines.append(f"    {arrow} {finding.remedy}")
    return redactor(log_text("\n".join([*lines, summary(findings)])))


def as_json(findings: Sequence[Finding], redactor: Redactor) -> str:
    """An object: `version`, `ok`, `exit_code`, `findings` with `name`, `level`, `message`, `remedy`, `facts`."""
    code = exit_code(findings)
    content = {
        "version": __version__,
        "ok": code == 0,
        "exit_code": int(code),
        "findings": [
            {
                "name": finding.name,
                "level": finding.level.value,
                "message": finding.message,
                "remedy": finding.remedy,
                "facts": dict(finding.facts),
            }
            for finding in findings
        ],
    }
    return redactor(json.dumps(content, indent=2))


def show_table(findings: Sequence[Finding], redactor: Redactor, stream: TextIO) -> None:
    """The table for a person at a terminal."""
    from rich.console import Console  # late: rich is for terminals only
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream, highlight=False)
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        style = _STYLES[finding.level]
        text = Text(log_text(redactor(finding.message)), style="dim" if finding.level is Level.SKIPPED else "")
        if finding.remedy:
            text.append(f"\n→ {log_text(redactor(finding.remedy))}", style="cyan")
        table.add_row(Text(_SIGNS[finding.level], style=style), Text(title(finding.name)), text)
    console.print(table)
    console.print(Text(summary(findings), style="bold"))
