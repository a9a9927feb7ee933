"""The way to the Orchestrator, step by step: proxy, name, port."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from app.base import hosts
from app.base.i18n import _, plain_number
from app.check.findings import Finding, ok, unreachable
from app.orchestrator.connections import proxy_for
from app.orchestrator.reasons import describe_failure

if TYPE_CHECKING:
    from app.orchestrator.connections import ConnectionSettings


@dataclass(frozen=True)
class Route:
    """Where connections go.

    Attributes:
        host, port: the Orchestrator's.
        proxy: what is between, or None.
    """

    host: str
    port: int
    tls: bool
    proxy: SplitResult | None

    @property
    def next_hop(self) -> tuple[str, int]:
        """The host and port that this machine itself connects to."""
        if self.proxy:
            return self.proxy.hostname or "", hosts.port_of(self.proxy)
        return self.host, self.port


def find_route(connection: ConnectionSettings) -> Route:
    """The route that requests with these settings take."""
    target = urlsplit(connection.host)
    proxy = proxy_for(connection)
    return Route(
        host=target.hostname or "",
        port=hosts.port_of(target),
        tls=target.scheme == "https",
        proxy=_parts_of_proxy(proxy) if proxy else None,
    )


def _parts_of_proxy(proxy: str) -> SplitResult:
    """The system takes any text for a proxy: one that can't be one has no parts, and `check_proxy` says so."""
    try:
        return hosts.split_proxy(hosts.read_proxy(proxy))
    except hosts.WrongAddressError:
        return urlsplit("")


def check_proxy(connection: ConnectionSettings, route: Route) -> Finding:
    """Which proxy is used, and who says so; a password in its address is not shown."""
    if route.proxy is None:
        return ok("proxy", _("none: the connection is direct"))
    if not route.proxy.hostname:
        return unreachable(
            "proxy",
            _("The robot can't use the system's proxy: its address is not of the form http://name:port."),
            _("Name an http proxy in the settings: proxy = 'http://proxy:3128'"),
        )
    name, port = route.next_hop
    shown = f"{route.proxy.scheme}://{name}:{port}"
    by = _("from the settings") if connection.proxy else _("from the system")
    return ok("proxy", f"{shown} ({by})", proxy=shown)


def check_dns(route: Route, timeout: float) -> Finding:
    """The addresses of the next hop.

    A look-up can't be given a time limit nor be ended, so it has a thread that nobody waits for longer than `timeout`.
    """
    name, port = route.next_hop
    found: list[str] = []
    problem: list[BaseException] = []

    def look_up() -> None:
        try:
            infos = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        except (OSError, ValueError) as error:  # UnicodeError, for names that can't be one, is a ValueError
            problem.append(error)
        else:
            found.extend(dict.fromkeys(str(info[4][0]) for info in infos))

    thread = threading.Thread(target=look_up, name="robot-check-dns", daemon=True)
    thread.start()
    thread.join(timeout)
    if found:
        text = name if found == [name] else f"{name} → {', '.join(found)}"
        return ok("dns", text, addresses=found)
    reason = (
        describe_failure(problem[0]).for_people()
        if problem
        else _("no answer within {seconds} s").format(seconds=plain_number(timeout))
    )
    if route.proxy:
        what = _("The name of the proxy can't be found: {name} ({reason}).")
    else:
        what = _("The name of the Orchestrator can't be found: {name} ({reason}).")
    if route.proxy:
        remedy = _("Correct the proxy in the settings or in the system, or check the name server of this machine.")
    else:
        remedy = _("Check the name in the settings, the name server of this machine, and the VPN if one is needed.")
    return unreachable("dns", what.format(name=name, reason=reason), remedy)


def check_tcp(route: Route, timeout: float) -> Finding:
    """Whether something listens at the next hop."""
    name, port = route.next_hop
    start = time.monotonic()
    try:
        socket.create_connection((name, port), timeout).close()
    except OSError as error:
        if route.proxy and isinstance(error, ConnectionRefusedError):
            remedy = _("No proxy listens there. Correct the proxy in the settings or in the system, or start it.")
        elif route.proxy:
            remedy = _("Check the firewalls on the way to the proxy, and that the proxy is running.")
        elif isinstance(error, ConnectionRefusedError):
            remedy = _("Nothing listens there. Check the port in the settings, and that the server is running.")
        else:
            remedy = _("Check the firewalls on the way, and that the server is running.")
        what = _("Proxy {name}, port {port}: {reason}") if route.proxy else _("{name}, port {port}: {reason}")
        reason = describe_failure(error).for_people()
        return unreachable("tcp", what.format(name=name, port=port, reason=reason), remedy)
    milliseconds = round((time.monotonic() - start) * 1000)
    text = _("{name}, port {port}: connected in {milliseconds} ms")
    return ok("tcp", text.format(name=name, port=port, milliseconds=milliseconds), milliseconds=milliseconds)
