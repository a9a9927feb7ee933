"""The wire of a simulated night: stands in the place of `app.orchestrator.transport.Transport`."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.base.i18n import N_, Phrase
from app.gateway.published import LAST_TASK
from app.orchestrator.errors import CancelledError, UnreachableError
from app.orchestrator.transport import HttpResponse
from tests.simulation import weather
from tests.simulation.scheduler import Killed, scheduler
from tests.simulation.world import present

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.orchestrator.connections import ConnectionSettings
    from tests.simulation.orchestrator import Orchestrator


@dataclass
class Interval:
    """Bad weather from `start` to `end`, for one call or all of them, in this part of the requests.

    `only`: the GUID of the job about which they are, or nothing; `left`: over after so many of them, if it isn't None.
    """

    start: float
    end: float
    kind: str
    call: str = ""
    share: float = 1.0
    only: str = ""
    left: int | None = None


class Network:
    """Between all robots and all Orchestrators of a night.

    Attributes:
        servers: the Orchestrators; of those at one address each knows another robot.
        intervals: the weather.
        trace: told what happens, line by line.
    """

    def __init__(self) -> None:
        self.servers: list[Orchestrator] = []
        self.intervals: list[Interval] = []
        self.trace: Callable[[str], object] = lambda _text: None

    def fate(self, call: str, method: str, timeout: float, job: str) -> weather.Fate:
        """What becomes of a request that is sent now."""
        now = scheduler()
        for interval in self.intervals:
            if (
                interval.start <= now.now < interval.end
                and interval.call in ("", call)
                and interval.only in ("", job)
                and now.rng.random() < interval.share
            ):
                if interval.left is not None:
                    interval.left -= 1
                    interval.end = interval.end if interval.left else now.now
                return weather.fate(interval.kind, now.rng, timeout, call, method)
        return weather.calm(now.rng)


_network: list[Network] = [Network()]


def network() -> Network:
    """That of the night that is going on."""
    return _network[0]


def begin() -> Network:
    """A new night's."""
    _network[:] = [Network()]
    return _network[0]


class _Flight:
    """One request under way."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.reply: HttpResponse | Exception | None = None
        self.sent = False
        self.given_up = False


CALLS = {
    "/api/robot/heartbeat": "heartbeat",
    "/api/robot/consumeNextJob": "consume",
    "/api/job/update": "update",
    "/api/task/update": "task",
    "/api/asset/update": "task",
    "/api/log/create": "message",
    "/api/task/create": "create",
    LAST_TASK: "next",
}


def _call(path: str) -> str:
    return CALLS[LAST_TASK if path.startswith(LAST_TASK) else path]


class SimTransport:
    """One caller's connection."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self._settings = settings
        self._cancelled = False
        self._waiting: _Flight | None = None

    def request(
        self,
        method: str,
        path: str,
        form: Mapping[str, Any],
        *,
        cancellable: bool = True,
        address_fields: object = None,
    ) -> HttpResponse:
        if cancellable and self._cancelled:
            raise CancelledError("cancelled")
        flight = _Flight()
        if cancellable:
            self._waiting = flight
        fields = {key: str(value) for key, value in form.items()}
        self._send(flight, method, path, fields)
        timeout = self._settings.timeout
        try:
            arrived = flight.event.wait(timeout)
        finally:
            self._waiting = None
            flight.given_up = True
            present().traps.happens(f"{_call(path)} over")
        if not arrived:
            raise UnreachableError(N_("no complete answer within {seconds:g} s"), fate_unknown=True, seconds=timeout)
        if isinstance(flight.reply, CancelledError):
            raise CancelledError("cancelled", fate_unknown=flight.sent)
        if isinstance(flight.reply, Exception):
            raise flight.reply
        assert flight.reply is not None
        return flight.reply

    def cancel(self) -> None:
        self._cancelled = True
        flight = self._waiting
        if flight is not None and flight.reply is None:
            flight.reply = CancelledError("cancelled")
            flight.event.set()

    def close(self) -> None:
        self.cancel()

    def _send(self, flight: _Flight, method: str, path: str, fields: dict[str, str]) -> None:
        now, net = scheduler(), network()
        life = now.current.life
        if life is None or life.dead:
            raise Killed
        call = _call(path)
        here = [each for each in net.servers if each.host == self._settings.host]
        server = next((each for each in here if each.knows(self._settings.authorization)), here[0])
        fate = net.fate(call, method, self._settings.timeout, fields.get("guid", ""))
        flight.sent = fate.connected
        sent = now.now
        own: list[tuple[int, bytes]] = []
        if call == "next":
            fields["queue"] = path.rpartition("/")[2]
        status = fields.get("Status", fields.get("status", ""))
        name = f"{life.name}: {call} {status} {fields.get('guid', fields.get('JobGUID', ''))[:4]}"

        def act() -> None:
            answer = server.carry_out(call, fields, self._settings.authorization, life, sent)
            net.trace(f"{now.now:9.3f} {name} carried out: {answer[1][:70]!r}")
            own.append(answer)

        def answer() -> None:
            net.trace(f"{now.now:9.3f} {name} answered{'' if not flight.given_up else ' (nobody waits)'}")
            if flight.given_up or flight.reply is not None:
                return
            flight.reply = _answer(fate, own)
            if isinstance(flight.reply, HttpResponse) and own and flight.reply.cut_short is None and fate.body is None:
                server.answer_arrives(call, fields, own[-1][1], life)
            if not life.dead:
                inside: Any = flight.event
                inside.happens()

        net.trace(f"{now.now:9.3f} {name} sent: {fate.acts} {fate.answers} {fate.status}")
        world = present()
        world.says(life, call, fields, carried_out=bool(fate.acts))
        world.traps.happens(f"{call} sent")
        for delay in fate.acts:
            now.call_at(now.now + delay, act)
        if fate.answers is not None and (not fate.connected or fate.answers < self._settings.timeout):
            now.call_at(now.now + fate.answers, answer)
        now.maybe_yield()


def _answer(fate: weather.Fate, own: list[tuple[int, bytes]]) -> HttpResponse | Exception:
    if not fate.connected:
        return UnreachableError(N_("connection refused"))
    if fate.status == 0:
        return UnreachableError(N_("the connection was lost"), fate_unknown=True)
    if fate.status is not None:
        return HttpResponse(fate.status, fate.body or b"")
    status, body = own[-1] if own else (503, b"")
    return HttpResponse(status, fate.prefix + body, cut_short=Phrase("cut") if fate.cut else None)
