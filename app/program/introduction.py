"""The first lines of a robot's life in the log: which program, which settings, what is unwise in them."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from app.settings.advice import advice_on
from app.settings.variables import advice_on_variables
from app.system.session import session_facts

if TYPE_CHECKING:
    from app.settings.loading import LoadedSettings

log = logging.getLogger("robot.program")


def introduce(loaded: LoadedSettings) -> None:
    """Say so of these settings."""
    from app import __version__

    settings = loaded.settings
    log.info("Robot %s starts; settings from %s", __version__, ", ".join(map(str, loaded.files)) or "the environment")
    if loaded.policies:
        log.info("Set by group policy: %s", ", ".join(loaded.policies))
    if loaded.passed_over:
        log.warning("Group policy has values that are no settings of this version: %s", ", ".join(loaded.passed_over))
    log.info(
        "Orchestrator %s, scripts in %s, data in %s, when idle: %s",
        settings.host,
        settings.scripts,
        settings.data_dir,
        settings.when_idle,
    )
    facts = session_facts()
    log.log(logging.WARNING if facts.problems() else logging.INFO, "Session: %s", facts)
    for advice in [*advice_on(settings), *advice_on_variables(os.environ)]:
        log.warning("%s", advice.text)
