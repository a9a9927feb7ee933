"""What this folder's pages are made with: style and script, the policy that allows just these, filters."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.base.pages import environment
from app.base.paths import PACKAGE_DIR
from app.history import texts
from app.history.runs import Outcome
from app.journal.records import Reported

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES: Final = PACKAGE_DIR / "history" / "templates"


@dataclass(frozen=True)
class Asset:
    """Style or script, as it stands in the page."""

    text: Any  # markupsafe.Markup: our own files, written into the page as they are
    digest: str


def asset(*names: str) -> Asset:
    """These files, one after the other."""
    from markupsafe import Markup  # late, with Jinja2: the robot's start doesn't wait for the page

    text = "".join((TEMPLATES / name).read_text("utf-8") for name in names)
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Asset(Markup(text), f"'sha256-{digest}'")  # noqa: S704 - our own files


def policy(style: Asset, script: Asset) -> str:
    """Nothing is loaded, and nothing runs but these two."""
    return (
        f"default-src 'none'; style-src {style.digest}; script-src {script.digest}; base-uri 'none'; form-action 'none'"
    )


def page_environment() -> Environment:
    """The templates, with the filters that they use."""
    return with_words(environment(TEMPLATES))


def with_words(made: Environment) -> Environment:
    """The same templates can be used by a page that has templates of its own, by these filters."""
    made.globals.update(Outcome=Outcome, Reported=Reported, id=id)
    made.filters.update(
        long_date=texts.long_date,
        short_date=texts.short_date,
        weekday=texts.weekday,
        number=texts.number,
        percent=texts.percent,
        duration=texts.duration,
        shortened=texts.shortened,
        file_size=texts.file_size,
    )
    return made
