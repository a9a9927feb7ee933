"""Environments: which of those that the scripts want are missing, and can they be made here?"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

from app.base.bundle import system_dll_directory
from app.base.i18n import _, ngettext
from app.base.paths import DataPaths
from app.check.findings import Finding, error, ok, warning
from app.jobs.environments.store import Environments
from app.jobs.environments.survey import all_scripts, survey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.jobs.environments.builders import Builder
    from app.settings.model import Settings

_NAMED: Final = 5  # of scripts; there may be hundreds
_NO_WINDOW: Final = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows'
_PROBE_SECONDS: Final = 30.0  # a first start may be held up by a virus scanner


def check_environments(settings: Settings) -> list[Finding]:
    """One line if any script wants one; errors for what can't be made here."""
    wanted = survey(Environments(settings, DataPaths(settings.data_dir).environments), all_scripts(settings.scripts))
    findings = [
        error(
            "environments",
            f"{_some(each.scripts)}: {each.problem}",
            _("These scripts can't be started until that is done."),
            scripts=each.scripts,
        )
        for each in wanted
        if each.problem
    ]
    possible = [each for each in wanted if each.wanted]
    missing = [each for each in possible if not each.ready]
    if missing and missing[0].wanted and (problem := _lacks(missing[0].wanted.builder)):
        remedy = _("Install what is missing, or uv (https://docs.astral.sh/uv/).")
        findings.append(error("environments", problem, remedy))
    elif missing:
        findings.append(
            warning(
                "environments",
                _("Not made yet: {scripts}").format(scripts=_some([name for each in missing for name in each.scripts])),
                _("The first job of each waits for it; \u201crobot prepare\u201d makes them now."),
                wanted=len(possible),
                missing=len(missing),
            )
        )
    elif possible:
        count = len(possible)
        text = ngettext("{count}, made", "{count}, all made", count).format(count=count)
        findings.append(ok("environments", text, wanted=count, missing=0))
    return findings


def _some(scripts: Sequence[str]) -> str:
    return ", ".join(scripts[:_NAMED]) + (", …" if len(scripts) > _NAMED else "")


def _lacks(builder: Builder) -> str:
    """What keeps the interpreter from making environments; empty if nothing does. Debian splits Python up."""
    if builder.uv:
        return ""
    try:
        with system_dll_directory():
            probe = subprocess.run(
                [builder.python, "-I", "-c", "import ensurepip, venv"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PROBE_SECONDS,
                check=False,
                creationflags=_NO_WINDOW,
            )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return _("{python} does not start: {reason}").format(python=builder.python, reason=problem)
    if probe.returncode == 0:
        return ""
    return _("{python} can't make environments: its modules venv and ensurepip are not all there.").format(
        python=builder.python
    )
