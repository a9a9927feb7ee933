"""TLS: whose certificate the Orchestrator shows, until when, and why it isn't trusted if it isn't."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from app.base.i18n import _, ngettext
from app.check.certificate import Certificate, read_certificate
from app.check.findings import Finding, ok, skipped, unreachable, warning
from app.orchestrator.connections import proxy_headers, tls_context
from app.orchestrator.errors import UnreachableError
from app.orchestrator.reasons import describe_failure

if TYPE_CHECKING:
    from app.check.network import Route
    from app.orchestrator.connections import ConnectionSettings

SOON_DAYS: Final = 30
# https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/: HOSTNAME_MISMATCH, IP_ADDRESS_MISMATCH
_OTHER_NAME: Final = {62, 64}


def check_tls(connection: ConnectionSettings, route: Route, now: datetime | None = None) -> Finding:
    """Two handshakes: the first takes any certificate, to look at it; the second is the robot's own."""
    if not route.tls:
        return skipped("tls", _("The connection is plain http."))
    if route.proxy and route.proxy.scheme == "https":
        return skipped("tls", _("The proxy itself is reached by https; the certificate behind it is not looked at."))
    now = now or datetime.now(UTC)
    certificate = None
    try:
        certificate = _look(connection, route)
        if connection.verify_tls:
            _handshake(connection, route)
    except UnreachableError as error:
        return unreachable("tls", error.for_people(), _("Correct that file, or the setting that names it."))
    except (OSError, ValueError, http.client.HTTPException) as error:  # ValueError: a name that can't be one
        return _failed(error, certificate, route, now)
    if connection.verify_tls:
        return _trusted(certificate, now)
    return warning(
        "tls",
        _("Not verified: {certificate}.").format(certificate=_shown(certificate)),
        _("Remove verify_tls = false from the settings."),
        **_facts(certificate, now),
    )


def _look(connection: ConnectionSettings, route: Route) -> Certificate:
    """The server's certificate, whatever it is worth."""
    try:
        return read_certificate(_handshake(replace(connection, verify_tls=False), route))
    except ValueError as error:
        raise ssl.SSLError(str(error)) from None


def _handshake(connection: ConnectionSettings, route: Route) -> bytes:
    """The server's certificate; through the proxy if there is one."""
    context = tls_context(connection)
    host, port = route.next_hop
    client = http.client.HTTPSConnection(host, port, timeout=connection.timeout, context=context)
    if route.proxy:
        name = route.host if route.host.isascii() else route.host.encode("idna").decode("ascii")
        client.set_tunnel(name, route.port, proxy_headers(route.proxy))
    try:
        client.connect()
        sock = client.sock
        return (sock.getpeercert(binary_form=True) if isinstance(sock, ssl.SSLSocket) else None) or b""
    finally:
        client.close()


def _failed(error: Exception, certificate: Certificate | None, route: Route, now: datetime) -> Finding:
    """No handshake at all (no `certificate` was seen), or none that trusts it."""
    if certificate is None:
        return unreachable(
            "tls",
            _("No TLS connection could be made: {reason}").format(reason=describe_failure(error).for_people()),
            _("Check that https is spoken at that port; if it is plain http, write http:// in host."),
        )
    return unreachable(
        "tls",
        _("The certificate is not trusted: {certificate}. Reason: {reason}.").format(
            certificate=_shown(certificate), reason=describe_failure(error).for_people()
        ),
        _remedy(error, certificate, route, now),
        **_facts(certificate, now),
    )


def _trusted(certificate: Certificate, now: datetime) -> Finding:
    text = _("trusted: {certificate}").format(certificate=_shown(certificate))
    days = (certificate.not_after - now).days
    left = ngettext("{days} day left", "{days} days left", days).format(days=days)
    if days < SOON_DAYS:
        return warning(
            "tls",
            f"{text}; {left}",
            _("Have the Orchestrator's certificate renewed: the robot stops working when it expires."),
            **_facts(certificate, now),
        )
    return ok("tls", f"{text}; {left}", **_facts(certificate, now))


def _shown(certificate: Certificate) -> str:
    return _("{subject}, issued by {issuer}, valid until {date:%Y-%m-%d}").format(
        subject=certificate.subject or ", ".join(certificate.names[:1]) or "?",
        issuer=_("itself") if certificate.self_signed else certificate.issuer or "?",
        date=certificate.not_after,
    )


def _facts(certificate: Certificate, now: datetime) -> dict[str, object]:
    return {
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "names": list(certificate.names),
        "expires": certificate.not_after.isoformat(),
        "days_left": (certificate.not_after - now).days,
    }


def _remedy(error: Exception, certificate: Certificate, route: Route, now: datetime) -> str:
    if certificate.not_after < now:
        return _("Have the Orchestrator's certificate renewed, and check the clock of this machine.")
    if certificate.not_before > now:
        return _("The certificate is not valid yet: check the clock of this machine.")
    if getattr(error, "verify_code", None) in _OTHER_NAME:
        return _("The certificate is not for {host}. Write one of its names in host: {names}").format(
            host=route.host, names=", ".join(certificate.names) or certificate.subject
        )
    return _(
        "Put the certificate of {issuer} into the system's trust store, or name its file: ca_file = 'company-ca.pem'"
    ).format(issuer=certificate.issuer or "?")
