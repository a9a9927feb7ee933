"""Whether what the settings' files say is in force."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.base.errors import SettingsError, UnfilledError
from app.base.i18n import _
from app.settings.loading import load_settings

if TYPE_CHECKING:
    from datetime import datetime

    from app.page.context import PageContext
    from app.settings.model import Settings


def settings_state(context: PageContext) -> dict[str, str]:
    """A word for it (`kind`), and a text for people."""
    in_force = context.loaded()
    try:
        said = load_settings(context.config).settings
    except UnfilledError as error:
        keys = ", ".join(error.keys)
        text = _("Still to be filled in: {keys}. The robot begins as soon as that is saved.").format(keys=keys)
        return _state("unfilled", text)
    except SettingsError as error:
        before = _("The settings of before stay in force, because those in the file are wrong.") + "\n"
        return _state("wrong", (before if in_force else "") + str(error))
    problem = context.board.snapshot.settings_problem
    if in_force is None or (problem and in_force.settings != said):
        return _state("wrong", problem or context.board.snapshot.problem)
    return _taken(context, said, in_force.settings)


def _taken(context: PageContext, said: Settings, in_force: Settings) -> dict[str, str]:
    snapshot = context.board.snapshot
    if said == in_force:
        return _state("in_force", _since(snapshot.settings_since, context.clock.now()))
    if snapshot.job is not None:
        text = _("The changes take effect after the running job, {name}.").format(name=snapshot.job.name)
        return _state("after_job", text)
    if snapshot.undelivered and replace(said, data_dir=in_force.data_dir) == in_force:
        text = _("Postponed: reports wait in the old data folder, {folder}. It changes when they are delivered.")
        return _state("postponed", text.format(folder=in_force.data_dir))
    return _state("soon", _("The robot takes the changes now."))


def _since(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return _("In force.")
    local = moment.astimezone()
    form = "%H:%M:%S" if local.date() == now.astimezone().date() else "%Y-%m-%d %H:%M:%S"
    return _("In force since {time}.").format(time=local.strftime(form))


def _state(kind: str, text: str) -> dict[str, str]:
    return {"kind": kind, "text": text}
