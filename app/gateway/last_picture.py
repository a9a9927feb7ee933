"""The last picture of a run that fails or is killed: taken at once, kept at leisure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.i18n import _
from app.gateway.errors import GatewayError
from app.gateway.evidence import Evidence, grab_screen
from app.jobs.running import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

    from app.gateway.records import GatewayParts
    from app.jobs.output import OutputLog
    from app.orchestrator.vocabulary import JobOrder


def picture_now(parts: GatewayParts, order: JobOrder, log: OutputLog) -> Callable[[], None]:
    """See `app.jobs.channel.RunChannel.picture`."""
    picture = grab_screen()
    return lambda: log.line(f"[robot] {now()}  {_kept(parts, order, picture)}")


def _kept(parts: GatewayParts, order: JobOrder, picture: Image | None) -> str:
    """Keep it, if there is anything to be seen on it; in words what has become of it."""
    if picture is None or picture.getbbox() is None:  # Windows hands out black where nobody may look
        return _("No picture of the screen: there is none, or its session is locked or disconnected.")
    evidence = Evidence(parts.evidence, order.guid)
    try:
        path = evidence.keep(picture, "")
    except GatewayError as error:
        return _("No picture of the screen: {reason}").format(reason=error)
    parts.notes.kept(order, evidence.names())
    return _("The screen at that moment: {file}").format(file=path)
