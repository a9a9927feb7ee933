"""How a call can fail, as the loop distinguishes it. Texts never contain a secret or a reply's body."""

from __future__ import annotations

from app.base.i18n import Phrase


class CallError(Exception):
    """A call to the Orchestrator that did not succeed; as `str` in English, for the log.

    Args:
        template, facts: what happened, as of a `Phrase`.
    """

    def __init__(self, template: str, **facts: object) -> None:
        self._phrase = Phrase(template, **facts)
        super().__init__(str(self._phrase))

    def for_people(self) -> str:
        """What happened, in the user's language."""
        return self._phrase.for_people()


class UnreachableError(CallError):
    """Try again later: no connection, time-out, 5xx, 408, 429.

    Attributes:
        retry_after: seconds that the server asked to wait, or None.
    """

    def __init__(self, template: str, *, retry_after: float | None = None, **facts: object) -> None:
        super().__init__(template, **facts)
        self.retry_after = retry_after


class UnreadableReplyError(CallError):
    """The answer can't be understood (a proxy's page, a redirect, truncated, wrong types): an error to retry."""


class RejectedError(CallError):
    """A permanent refusal of this one request: 4xx other than 401, 403, 408 and 429."""


class CredentialsRejectedError(CallError):
    """The Orchestrator refuses this robot: 401, 403 or code 101. A person is needed."""


class CancelledError(CallError):
    """The caller was told to end and did not wait for the answer."""
