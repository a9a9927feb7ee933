"""Why a connection failed, in one line that a person can act on: the innermost reason, without a library's wrapping."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from typing import Final

from app.base.i18n import N_, Phrase
from app.base.os_reasons import describe_os_error
from app.base.plain_text import printable

_TEXT_LIMIT: Final = 300  # characters
# https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
_CERTIFICATE: Final = {
    9: N_("the certificate is not valid yet"),
    10: N_("the certificate has expired"),
    18: N_("the certificate is self-signed and not trusted"),
    19: N_("the certificate comes from an authority that is not trusted"),
    20: N_("the certificate comes from an authority that is not trusted"),
    21: N_("the certificate comes from an authority that is not trusted"),
    62: N_("the certificate is for another name"),
    64: N_("the certificate is for another name"),
}
_BY_KIND: Final[dict[type[Exception], str]] = {
    TimeoutError: N_("timed out"),
    socket.gaierror: N_("the name is not found"),
    http.client.RemoteDisconnected: N_("connection closed without an answer"),
    http.client.IncompleteRead: N_("connection broken off in mid-answer"),
}


def describe_failure(error: BaseException) -> Phrase:
    """The reason of `error` or of what caused it; whether it is the proxy that can't be reached. Never its password."""
    chain = _chain(error)
    reason = _reason(chain[-1])
    if any(_is_of_urllib3(each, "ProxyError") for each in chain):
        return Phrase(N_("the proxy can't be reached: {reason}"), reason=reason)
    return reason


def _reason(error: BaseException) -> Phrase:
    if isinstance(error, ssl.SSLError):
        return _tls(error)
    if _is_of_urllib3(error, "TimeoutError"):
        return Phrase(_BY_KIND[TimeoutError])
    for kind, words in _BY_KIND.items():
        if isinstance(error, kind):
            return Phrase(words)
    if isinstance(error, OSError) and error.strerror:
        return describe_os_error(error)
    return Phrase("{text}", text=_first_line(error))


def _is_of_urllib3(error: BaseException, name: str) -> bool:
    """Asked by name: what isn't loaded (`through_proxy`) has raised nothing."""
    return any((kind.__module__, kind.__name__) == ("urllib3.exceptions", name) for kind in type(error).__mro__)


def _chain(error: BaseException) -> list[BaseException]:
    """`error`, what caused it, what caused that…; the last is the reason."""
    chain = [error]
    while True:
        inner = getattr(error, "reason", None) or error.__cause__ or error.__context__
        if not isinstance(inner, BaseException):
            inner = next((arg for arg in error.args if isinstance(arg, BaseException)), None)
        if inner is None or any(inner is each for each in chain):
            return chain
        chain.append(inner)
        error = inner


def _tls(error: ssl.SSLError) -> Phrase:
    if not isinstance(error, ssl.SSLCertVerificationError):
        return Phrase(N_("TLS failed: {details}"), details=_first_line(error))
    known = _CERTIFICATE.get(getattr(error, "verify_code", 0))
    if known:
        return Phrase(known)
    # Windows' own words, in the system's language.
    details = getattr(error, "verify_message", "") or _first_line(error)
    return Phrase(N_("the certificate is not trusted: {details}"), details=details)


def _first_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    return printable(re.sub(r"//[^/@\s]*@", "//***@", text.splitlines()[0]), limit=_TEXT_LIMIT)
