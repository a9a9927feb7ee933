"""The pages' templates. Their texts stand in them as `_("…")`, those that a page's script says as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.i18n import _, ngettext

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2 import Environment


def environment(*folders: Path) -> Environment:
    """Reads the templates in these folders; everything that is filled in is text, never markup, and must be there."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # late: the robot's start doesn't wait for a page

    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(_=_, ngettext=ngettext)
    return made
