"""Whether what the settings' files say is in force."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.base.errors import SettingsError, UnfilledError
from app.base.i18n import _
from app.settings.loading import load_settings

if TYPE_CHECKING:
    from app.page.context import PageContext
    from app.settings.model import Settings


def settings_state(context: PageContext) -> dict[str, str]:
    """A word for it (`kind`), and a text for people."""
    in_force = context.loaded()
    try:
        said = load_settings(context.config).settings
    except UnfilledError as error:
        return _state("unfilled", error.kindly)
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
        since = snapshot.settings_since
        text = _("In force since {time}.").format(time=since.astimezone().strftime("%H:%M:%S")) if since else ""
        return _state("in_force", text or _("In force."))
    if snapshot.job is not None:
        text = _("The changes take effect after the running job, {name}.").format(name=snapshot.job.name)
        return _state("after_job", text)
    if snapshot.undelivered and replace(said, data_dir=in_force.data_dir) == in_force:
        text = _("Postponed: reports wait in the old data folder, {folder}. It changes when they are delivered.")
        return _state("postponed", text.format(folder=in_force.data_dir))
    return _state("soon", _("The robot takes the changes now."))


def _state(kind: str, text: str) -> dict[str, str]:
    return {"kind": kind, "text": text}
