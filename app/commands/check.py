"""`robot check`: says whether this machine is ready, and what to do where it isn't."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from app.base.i18n import _, set_language
from app.base.redaction import Redactor
from app.check import report
from app.check.checklist import all_findings
from app.check.findings import exit_code
from app.commands.arguments import add_config

if TYPE_CHECKING:
    import argparse

    from app.base.errors import ExitCode


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Settings file, and the form of the answer."""
    add_config(parser)
    parser.add_argument("--json", action="store_true", help=_("for programs: the same as JSON"))


def run(options: argparse.Namespace) -> ExitCode:
    """Check, print, and return the exit code: 0 (warnings allowed), 2 something here, 3 refused, 4 unreachable.

    With `--json` everything is in English, so that a fleet's tools see the same on every windows.
    """
    redactor = Redactor()
    if options.json:
        set_language("en")
        findings = all_findings(options.config, redactor)
        print(report.as_json(findings, redactor))  # noqa: T201 - the command's result
        return exit_code(findings)
    stream = sys.stdout
    findings = all_findings(options.config, redactor, set_language)
    if stream is not None and stream.isatty():
        report.show_table(findings, redactor, stream)
    else:
        encoding = getattr(stream, "encoding", None) or "utf-8"
        text = report.as_text(findings, redactor, encoding=encoding)
        print(text.encode(encoding, "replace").decode(encoding))  # noqa: T201 - the command's result
    return exit_code(findings)
