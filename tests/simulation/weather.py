"""What may happen to a request between the robot and the Orchestrator, as the seed draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random

PAGE: Final = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body>Please come back later</body></html>"
NOTICE: Final = b"<br />\n<b>Warning</b>:  Undefined array key in <b>/var/www/x.php</b> on line <b>7</b><br />\n"
# Seconds after it was given up within which a request is still carried out; docs/design.md, "In doubt". And as long as
# one and a half times the seconds for which the server held it.
LATEST: Final = 4.5

# The server does nothing, and the robot knows that it didn't.
REFUSED: Final = "no connection"
STATUS: Final = {"500": 500, "503": 503, "429": 429, "404 page": 404, "403 page": 403, "302": 302}
ERROR_CODE: Final = "an ErrorCode in 200"
NO_PUT: Final = "405 to PUT"
# Nobody knows.
SILENT: Final = "never carried out, never answered"
LOST: Final = "carried out, never answered"
LATE: Final = "carried out after the time-out"
RESET: Final = "connection lost after sending"
GATEWAY: Final = {"502": 502, "504": 504}
HALF: Final = "half an answer"
# All is well, only different.
SLOW: Final = "slow"
TWICE: Final = "carried out twice"
NOTICED: Final = "a notice of PHP before the answer"

KINDS: Final = (
    REFUSED, *STATUS, ERROR_CODE, NO_PUT, SILENT, LOST, LATE, RESET, *GATEWAY, HALF, SLOW, TWICE, NOTICED,
)  # fmt: skip
MIXED: Final = "each request another"
TIRED: Final = "503 or slow"
REFUSES: Final = "404 and nothing else: it is meant"
HARMLESS: Final = (SLOW, TWICE, NOTICED, NO_PUT)  # the Orchestrator hears, and its answer arrives


@dataclass(frozen=True)
class Fate:
    """What becomes of one request.

    Attributes:
        acts: seconds from sending after which the server carries it out; more than one: more than once.
        answers: seconds from sending after which an answer arrives, and which one; None: no answer.
        status: of HTTP, if it isn't the server's own.
        body: likewise.
        connected: whether it was sent at all.
        cut: whether the answer is cut short.
    """

    acts: tuple[float, ...] = ()
    answers: float | None = None
    status: int | None = None
    body: bytes | None = None
    connected: bool = True
    cut: bool = False
    prefix: bytes = b""


def calm(rng: random.Random) -> Fate:
    """A good day: some milliseconds, now and then a slow one."""
    act = rng.uniform(0.001, 0.02) if rng.random() < 0.95 else rng.uniform(0.1, 2.0)
    return Fate((act,), act + rng.uniform(0.001, 0.02))


def fate(  # noqa: C901, PLR0911, PLR0912 - a table
    kind: str, rng: random.Random, timeout: float, call: str, method: str
) -> Fate:
    """What becomes of a request in this kind of weather."""
    if kind == MIXED:
        kind = rng.choice(KINDS)
    elif kind == TIRED:
        kind = rng.choice(("503", SLOW))
    soon = rng.uniform(0.001, 0.3)
    if kind == REFUSED:
        return Fate((), soon, connected=False)
    if kind in STATUS:
        return Fate((), soon, STATUS[kind], PAGE if "page" in kind or kind == "302" else b"")
    if kind == ERROR_CODE and call != "update":
        return Fate((), soon, 503, b"")
    if kind == ERROR_CODE:
        return Fate((), soon, 200, b'{"ErrorCode": 500, "ErrorText": "deadlock found"}')
    if kind == REFUSES:
        return Fate((), soon, 404, b"") if call == "update" else calm(rng)
    if kind == NO_PUT:
        return Fate((), soon, 405, b"") if method == "PUT" else calm(rng)
    if kind == SILENT:
        return Fate()
    if kind == LOST:
        return Fate((soon,))
    if kind == LATE:
        return Fate((timeout + rng.uniform(0.0, max(LATEST, 1.4 * timeout)),))
    if kind == RESET:
        acts = (soon + rng.uniform(0.0, LATEST),) if rng.random() < 0.6 else ()
        return Fate(acts, soon, connected=True, cut=True, status=0)
    if kind in GATEWAY:
        acts = (soon + rng.uniform(0.0, LATEST),) if rng.random() < 0.6 else ()
        return Fate(acts, soon, GATEWAY[kind], PAGE)
    if kind == HALF:
        return Fate((soon,), soon + 0.01, cut=True)
    if kind == SLOW:
        act = rng.uniform(0.0, 0.9 * timeout)
        return Fate((act,), min(0.95 * timeout, act + soon))
    if kind == TWICE:
        return Fate((soon, soon + rng.uniform(0.0, 0.5)), soon + 0.6)
    assert kind == NOTICED, kind
    return Fate((soon,), soon + 0.01, prefix=NOTICE)
