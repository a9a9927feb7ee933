"""What the screen showed when a run failed or was killed, and before: taken at once, kept at leisure.

What is recorded lies in memory, scaled and as JPEG, until the run ends: kept as one file that browsers play if it went
wrong, thrown away otherwise.
"""

from __future__ import annotations

import io
import math
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

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
_SHOWN: Final = 1000  # milliseconds of the last one
_SLACK: Final = 0.5  # seconds; pictures come a little late


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
                if self._recorded.pictures():
                    name = time.strftime("recording-%H%M%S")
                    film = self._recorded.keep(evidence, name)
                    said.append(_("The screen before that: {file}").format(file=film))
        except GatewayError as error:
            said.append(_("No picture of the screen: {reason}").format(reason=error))
        if names := evidence.names():
            self._parts.notes.kept(self._order, names)
        return said


class Recording:
    """The last pictures, in little memory.

    Args:
        seconds: how many of them, besides the last picture.
        now: a clock, in seconds.
    """

    def __init__(self, seconds: int, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._frames: deque[tuple[float, bytes]] = deque(maxlen=seconds + 1)
        self._end = 0.0  # when somebody last looked, whatever there was to be seen

    def add(self, picture: Image | None) -> None:
        """One more, the oldest ones go; those alone if there is nothing to be seen (a locked session)."""
        self._end = self._now()
        while self._frames and self._end - self._frames[0][0] > self._seconds + _SLACK:
            self._frames.popleft()
        if picture is None or picture.getbbox() is None:
            return
        scale = min(1.0, math.sqrt(_PIXELS / (picture.width * picture.height)))
        size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        data = io.BytesIO()
        picture.convert("RGB").resize(size).save(data, "JPEG", quality=_QUALITY)
        self._frames.append((self._end, data.getvalue()))
        while sum(len(frame) for _moment, frame in self._frames) > MOST_BYTES:
            self._frames.popleft()

    def pictures(self) -> list[Image]:
        """All of them, of one size, oldest first."""
        from PIL import Image

        found = [Image.open(io.BytesIO(frame)) for _moment, frame in self._frames]
        return [picture if picture.size == found[-1].size else picture.resize(found[-1].size) for picture in found]

    def keep(self, evidence: Evidence, name: str) -> str:
        """Keep them as a film; its path. Each is shown as long as it was the newest, the last one for a second more."""
        first, *others = self.pictures()
        moments = [moment for moment, _frame in self._frames]
        ends = [*moments[1:], self._end + _SHOWN / 1000]
        lengths = [max(1, round((end - moment) * 1000)) for moment, end in zip(moments, ends, strict=True)]
        options: dict[str, Any] = {"quality": _QUALITY, "method": 0}
        if others:
            options |= {"save_all": True, "append_images": others, "duration": lengths}
        return evidence.keep(first, name, ".webp", options)
