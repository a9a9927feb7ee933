"""How a call can fail, as those who call distinguish it. Texts never contain a secret or a reply's body.

CallError                  the next answer may be better: again
├── UnreachableError       no answer, or one that says: later
├── UnreadableReplyError   an answer that isn't understood
│   └── ErrorNamedError    one that names an error
├── UnknownCodeError       an error code that the specification doesn't know
├── BlockedByPageError     401 or 403 with a page of somebody who stands before the Orchestrator
├── CredentialsRejectedError   401, 403 or code 101: a person is needed
├── RejectedError          this one report or message is refused
└── CancelledError         the caller was told to end
"""

from __future__ import annotations

from app.base.i18n import Phrase


class CallError(Exception):
    """A call to the Orchestrator that did not succeed; as `str` in English, for the log.

    Args:
        template, facts: what happened, as of a `Phrase`.

    Attributes:
        http_status: of the answer; None without one.
        fate_unknown: the request may have reached the Orchestrator, and may still be carried out.
    """

    def __init__(
        self, template: str, *, http_status: int | None = None, fate_unknown: bool = False, **facts: object
    ) -> None:
        self._phrase = Phrase(template, **facts)
        super().__init__(str(self._phrase))
        self.http_status = http_status
        self.fate_unknown = fate_unknown

    def for_people(self) -> str:
        """What happened, in the user's language."""
        return self._phrase.for_people()


class UnreachableError(CallError):
    """Try again later: no connection, time-out, half an answer, 5xx, 408, 429, any other status that settles nothing.

    Attributes:
        retry_after: seconds that the server asked to wait, or None.
    """

    def __init__(
        self,
        template: str,
        *,
        retry_after: float | None = None,
        http_status: int | None = None,
        fate_unknown: bool = False,
        **facts: object,
    ) -> None:
        super().__init__(template, http_status=http_status, fate_unknown=fate_unknown, **facts)
        self.retry_after = retry_after


class UnreadableReplyError(CallError):
    """The answer can't be understood (a proxy's page, a redirect, wrong types) or names an error: to be tried again."""


class ErrorNamedError(UnreadableReplyError):
    """An answer that would be a good one, but names an error: to be tried again."""


class UnknownCodeError(CallError):
    """The Orchestrator answered with an error code that the specification doesn't know: shown and tried again."""


class BlockedByPageError(CallError):
    """401 or 403 with an HTML page: perhaps a gateway's and over in a moment, perhaps a refusal. The caller decides."""


class CredentialsRejectedError(CallError):
    """The Orchestrator refuses this robot: code 101, or 401 or 403 without a page. A person is needed."""


class RejectedError(CallError):
    """This one report (400, 404, 409, 410, 422 with JSON or nothing) or message (`log/create`) is refused."""


class CancelledError(CallError):
    """The caller was told to end and did not wait for the answer."""
