"""The settings, as far as they are right: a wrong one must not hide what else can be checked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.base.errors import SettingsError
from app.base.i18n import _
from app.check.findings import Finding, error, ok, warning
from app.orchestrator.origin import Origin, origin_of
from app.settings.advice import advice_on
from app.settings.loading import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from app.settings.model import Settings
from app.settings.variables import advice_on_variables

_STAND_INS: Final = {"host": "http://127.0.0.1", "robot_guid": "00000000-0000-0000-0000-000000000000"}


@dataclass(frozen=True)
class Known:
    """What is known of the settings.

    Attributes:
        settings: None if more than the host and the GUID is wrong.
        host: whether `settings.host` is the user's own.
        guid: whether `settings.robot_guid` is.
    """

    settings: Settings | None
    host: bool = True
    guid: bool = True

    @property
    def origin(self) -> Origin | None:
        """Whose the robot's reports are by these settings; None if they don't say."""
        if self.settings is None or not (self.host and self.guid):
            return None
        return origin_of(self.settings.host, self.settings.guid)


def check_settings(
    config: Path | None, environ: Mapping[str, str] | None = None, speak: Callable[[str], object] | None = None
) -> tuple[Known, list[Finding]]:
    """Read all layers; `speak` is told their language before anything is said in it."""
    environ = os.environ if environ is None else environ
    try:
        loaded = load_settings(config, environ)
    except SettingsError as problem:
        return known_settings(config, environ), [error("settings", problem.message, problem.hint)]
    if speak:
        speak(loaded.settings.language)
    places = ", ".join(map(str, loaded.files)) or _("the environment alone")
    if loaded.policies:
        places += "\n" + _("Set by group policy: {keys}").format(keys=", ".join(loaded.policies))
    findings = [ok("settings", places, files=[str(file) for file in loaded.files], policies=list(loaded.policies))]
    if loaded.passed_over:
        findings.append(
            warning(
                "settings",
                _("Group policy has values that are no settings of this version: {names}.").format(
                    names=", ".join(loaded.passed_over)
                ),
                _("They do nothing. Upgrade the robot, or take them out of the policy."),
            )
        )
    findings += [
        warning("settings", advice.text.for_people(), advice.remedy.for_people())
        for advice in [*advice_on(loaded.settings), *advice_on_variables(environ)]
    ]
    return Known(loaded.settings), findings


def known_settings(config: Path | None, environ: Mapping[str, str] | None = None) -> Known:
    """The settings, with stand-ins for a missing or wrong host, GUID, or both."""
    environ = os.environ if environ is None else environ
    for keys in ((), ("robot_guid",), ("host",), ("host", "robot_guid")):
        try:
            settings = load_settings(config, environ, {key: _STAND_INS[key] for key in keys}).settings
        except SettingsError:
            continue
        return Known(settings, host="host" not in keys, guid="robot_guid" not in keys)
    return Known(None, host=False, guid=False)
