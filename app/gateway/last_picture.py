"""What the screen showed when a run failed or was killed, and before: taken at once, kept at leisure.

What is recorded lies in memory, scaled and as JPEG, until the run ends: kept as one file that browsers play if it went
wrong, thrown away otherwise.
"""

from __future__ import annotations

import io
import math
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from app.base.i18n import _
from app.gateway.errors import GatewayError
from app.gateway.evidence import Evidence, grab_screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

    from app.gateway.records import GatewayParts
    from app.orchestrator.vocabulary import JobOrder

MOST_BYTES: Final = 32 * 1024 * 1024  # of one recording, in memory
_PIXELS: Final = 1_000_000  # of one of its pictures
_QUALITY: Final = 70
_SHOWN: Final = 1000  # milliseconds of each


class ScriptCamera:
    """One run's; see `app.jobs.channel.Camera`. For one thread.

    Args:
        still: keep the last picture as it is.
        seconds: record so many before it, and the last one.
    """

    def __init__(self, parts: GatewayParts, order: JobOrder, *, still: bool, seconds: int) -> None:
        self._parts = parts
        self._order = order
        self._still = still
        self._recorded = Recording(seconds) if seconds else None

    def look(self) -> None:
        """See the protocol."""
        if self._recorded is not None:
            self._recorded.add(grab_screen(quiet=True))

    def take(self) -> Callable[[], list[str]]:
        """See the protocol."""
        picture = grab_screen()
        if picture is not None and picture.getbbox() is None:  # Windows hands out black where nobody may look
            picture = None
        return lambda: self._keep(picture)

    def _keep(self, picture: Image | None) -> list[str]:
        evidence = Evidence(self._parts.evidence, self._order.guid)
        said = []
        if picture is None:
            said.append(_("No picture of the screen: there is none, or its session is locked or disconnected."))
        try:
            if picture is not None and self._still:
                name = time.strftime("screen-at-end-%H%M%S")
                said.append(_("The screen at that moment: {file}").format(file=evidence.keep(picture, name)))
            if self._recorded is not None:
                self._recorded.add(picture)
                pictures = self._recorded.pictures()
                if pictures:
                    name = time.strftime("recording-%H%M%S")
                    said.append(_("The screen before that: {file}").format(file=_film(evidence, pictures, name)))
        except GatewayError as error:
            said.append(_("No picture of the screen: {reason}").format(reason=error))
        if names := evidence.names():
            self._parts.notes.kept(self._order, names)
        return said


class Recording:
    """The last pictures, in little memory.

    Args:
        seconds: how many, besides the last one.
    """

    def __init__(self, seconds: int) -> None:
        self._frames: deque[bytes] = deque(maxlen=seconds + 1)

    def add(self, picture: Image | None) -> None:
        """One more, the oldest ones go; nothing if there is nothing to be seen."""
        if picture is None or picture.getbbox() is None:
            return
        scale = min(1.0, math.sqrt(_PIXELS / (picture.width * picture.height)))
        size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        data = io.BytesIO()
        picture.convert("RGB").resize(size).save(data, "JPEG", quality=_QUALITY)
        self._frames.append(data.getvalue())
        while sum(map(len, self._frames)) > MOST_BYTES:
            self._frames.popleft()

    def pictures(self) -> list[Image]:
        """All of them, of one size, oldest first."""
        from PIL import Image

        found = [Image.open(io.BytesIO(frame)) for frame in self._frames]
        return [picture if picture.size == found[-1].size else picture.resize(found[-1].size) for picture in found]


def _film(evidence: Evidence, pictures: list[Image], name: str) -> str:
    first, *others = pictures
    options = {"save_all": True, "append_images": others, "duration": _SHOWN, "quality": _QUALITY, "method": 0}
    return evidence.keep(first, name, ".webp", options)
