"""What settings allow but a person should know: for the log (English) and for `robot check` (the user's language)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.base import hosts
from app.base.dataclass import dataclass
from app.base.i18n import N_, Phrase
from app.settings.model import VENDOR_HEARTBEAT_SECONDS

if TYPE_CHECKING:
    from app.settings.model import Settings

# The vendor's own robot is heard that often. Its RDP coordinator ends the session of a robot that was silent for longer
# than its threshold. (Vendor's documentation of the RDP coordinator: "reset hung sessions after".)
LONGEST_SILENCE_SECONDS: Final = 15


@dataclass(frozen=True)
class Advice:
    """One thing that is unwise.

    Attributes:
        text: what it is, and why it is unwise.
        remedy: what to do about it.
        key: the setting that it is about; empty if it is about none.
    """

    text: Phrase
    remedy: Phrase
    key: str = ""


def advice_on(settings: Settings) -> list[Advice]:
    """Everything in `settings` that is allowed but unwise; never a secret."""
    found = []
    if settings.heartbeat_seconds < VENDOR_HEARTBEAT_SECONDS:
        found.append(
            Advice(
                Phrase(
                    N_("heartbeat_seconds = {seconds:g} is more often than the vendor advises."),
                    seconds=settings.heartbeat_seconds,
                ),
                Phrase(N_("Set heartbeat_seconds to {seconds} or more."), seconds=VENDOR_HEARTBEAT_SECONDS),
                "heartbeat_seconds",
            )
        )
    found += [
        _too_silent(key, seconds)
        for key in ("heartbeat_seconds", "poll_seconds")
        if (seconds := getattr(settings, key)) > LONGEST_SILENCE_SECONDS
    ]
    if not settings.verify_tls:
        found.append(
            Advice(
                Phrase(
                    N_(
                        "verify_tls = false: anyone in the network can pose as the Orchestrator and "
                        "read the robot's GUID."
                    )
                ),
                Phrase(N_("Remove verify_tls, and name the company's certificate with ca_file if it is not trusted.")),
                "verify_tls",
            )
        )
    if hosts.is_plain_http_to_elsewhere(settings.host):
        found.append(
            Advice(
                Phrase(N_("Plain http sends the robot's GUID readable through the network.")),
                Phrase(N_("Let the Orchestrator be reached by https, and write https:// in host.")),
                "host",
            )
        )
    return found


def _too_silent(key: str, seconds: float) -> Advice:
    return Advice(
        Phrase(
            N_(
                "{key} = {seconds:g}: the vendor's coordinator ends the Windows session of a robot that isn't heard "
                "for too long; the vendor's own robot is heard every {limit} s."
            ),
            key=key,
            seconds=seconds,
            limit=LONGEST_SILENCE_SECONDS,
        ),
        Phrase(N_("Set {key} to {limit} or less."), key=key, limit=LONGEST_SILENCE_SECONDS),
        key,
    )
