"""Puts the probes in order: each is made only where the ones before it leave it a chance.

Everything that can be checked is, whatever is wrong: without a GUID the network still is, without a network the
scripts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.i18n import _
from app.base.redaction import Redactor
from app.check import configuration, data, environments, network, orchestrator, report, scripts, tls, windows
from app.check.findings import Finding, Level, skipped
from app.orchestrator.client import client_factory
from app.orchestrator.connections import connection_settings
from app.system.session import session_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from app.settings.model import Settings


def check_as_text(config: Path | None) -> str:
    """The same as text, for a window."""
    redactor = Redactor()
    return report.as_text(all_findings(config, redactor), redactor)


def all_findings(
    config: Path | None, redactor: Redactor, speak: Callable[[str], object] | None = None
) -> list[Finding]:
    """Every probe, in the order of the table; `redactor` learns the GUID.

    `speak` is told the language of the settings: for a process of its own. Where other things are done as well, they
    have a language already.
    """
    return list(each_finding(config, redactor, speak))


def each_finding(
    config: Path | None, redactor: Redactor, speak: Callable[[str], object] | None = None
) -> Iterator[Finding]:
    """The same one by one, as they are found."""
    found, before = configuration.check_settings(config, speak=speak)
    settings = found.settings
    if settings and found.guid:
        redactor.learn(settings.guid)
    yield from before
    on_the_way = []
    for finding in _on_the_way(settings if found.host else None):
        on_the_way.append(finding)
        yield finding
    yield _guid(settings, found, [*before, *on_the_way])
    if settings:
        yield from scripts.check_scripts(settings)
        yield scripts.check_interpreter(settings)
        yield from environments.check_environments(settings)
        yield data.check_data_dir(settings.data_dir)
        yield from data.check_journal(settings.data_dir, found.origin)
    else:
        text = _("The settings must be right first.")
        yield from (skipped(name, text) for name in ("scripts", "interpreter", "data_dir", "journal"))
    facts = session_facts()
    yield windows.check_session(facts)
    yield windows.check_log_off(settings, facts)
    yield windows.check_autostart()
    yield from windows.check_event_log(settings)


def _on_the_way(settings: Settings | None) -> Iterator[Finding]:
    """From here to the Orchestrator; what lies behind a failure is not looked at."""
    steps = ["proxy", "dns", "tcp", "tls", "http", "clock"]
    if settings is None:
        yield from (skipped(name, _("The address of the Orchestrator is not known.")) for name in steps)
        return
    connection = connection_settings(settings)
    route = network.find_route(connection)
    probes: list[Callable[[], Sequence[Finding]]] = [
        lambda: [network.check_proxy(connection, route)],
        lambda: [network.check_dns(route, connection.timeout)],
        lambda: [network.check_tcp(route, connection.timeout)],
        lambda: [tls.check_tls(connection, route)],
        lambda: orchestrator.check_http(connection),
    ]
    findings: list[Finding] = []
    for probe in probes:
        if _failed(findings):
            break
        made = probe()
        findings += made
        yield from made
    yield from (skipped(name, _not_reached()) for name in steps[len(findings) :])


def _not_reached() -> str:
    return _("Not checked, because of the line above.")


def _failed(findings: Sequence[Finding]) -> bool:
    return any(finding.level is Level.ERROR for finding in findings)


def _guid(settings: Settings | None, found: configuration.Known, before: Sequence[Finding]) -> Finding:
    if settings is None or not found.guid:
        return skipped("guid", _("The GUID is not known."))
    if not found.host or _failed([finding for finding in before if finding.name != "settings"]):
        return skipped("guid", _("The Orchestrator can't be asked."))
    return orchestrator.check_guid(settings, client_factory(settings)())
