"""From what was asked and how the script ended to the job's final status: the table of the docs, nothing else."""

from __future__ import annotations

import signal
from enum import StrEnum
from typing import Final

from app.base.dataclass import dataclass
from app.base.i18n import _
from app.orchestrator.vocabulary import JobStatus


class Asked(StrEnum):
    """What was asked of the running job: the strongest wish counts."""

    NOTHING = "nothing"
    STOP = "stop"
    ABORT = "abort"
    QUIT = "quit"  # the robot was told to quit now, or Windows ends the session

    @property
    def strength(self) -> int:
        """A stronger wish replaces a weaker one, never the other way round."""
        return (Asked.NOTHING, Asked.STOP, Asked.QUIT, Asked.ABORT).index(self)


class EndingKind(StrEnum):
    """How the script came to its end."""

    EXITED = "exited"  # by itself, whatever the exit code
    STOPPED_ITSELF = "stopped"  # on account of a soft stop
    KILLED_BY_ABORT = "aborted"
    KILLED_BY_STOP_TIMEOUT = "stop timeout"
    NOT_STARTED = "not started"


@dataclass(frozen=True)
class Ending:
    """The end of a script.

    Attributes:
        kind: how it came to its end.
        exit_code: of the script's process (negative: the signal that ended it); None if it never started.
        message: one sentence for people, in the user's language.
        last_line: the last non-empty line of output, redacted, at most 500 characters.
    """

    kind: EndingKind
    exit_code: int | None
    message: str
    last_line: str = ""


_KILLED: Final = (EndingKind.KILLED_BY_ABORT, EndingKind.KILLED_BY_STOP_TIMEOUT)
_NTSTATUS: Final = 0xC0000000  # exit codes from here on are Windows' own, which people know in hexadecimal
_ENDED_BY_INTERRUPT: Final = (-signal.SIGINT, 0xC000013A)  # SIGINT's default action; the second one: Windows'
_SAYS_SO: Final = (
    128 + signal.SIGINT
)  # by custom, also of a script that ends with `os._exit`, of which Python hears nothing


def stopped_itself(exit_code: int | None, said: str) -> bool:
    """After a stop: did the script end on account of it?

    Args:
        exit_code: of the script's process; None if nobody knows.
        said: the host's last word, see `app.jobs.child.control.Host.note`; empty if it heard of no stop, because
            another program has taken its place (`os.execv`), which was interrupted by a signal then.
    """
    if exit_code == 0 or said == "stopped":
        return True
    if exit_code == _SAYS_SO and said == "interrupted":
        return True
    return exit_code in _ENDED_BY_INTERRUPT and said in ("", "interrupted")


def final_status(asked: Asked, ending: Ending) -> JobStatus:
    """The status that the Orchestrator is told.

    A script that came to its own end before the robot's quitting could kill it is reported by that end: its work is
    done or failed, whatever the robot does next.
    """
    if asked is Asked.ABORT or ending.kind in _KILLED:
        return JobStatus.ABORTED
    if ending.kind is EndingKind.NOT_STARTED:
        return JobStatus.FAILED
    if ending.kind is EndingKind.STOPPED_ITSELF:
        return JobStatus.STOPPED
    if ending.exit_code != 0:
        return JobStatus.FAILED
    return JobStatus.STOPPED if asked is Asked.STOP else JobStatus.SUCCESS


def exited_message(code: int) -> str:
    """One sentence about a script that came to its own end with `code` (negative: the signal)."""
    if code == 0:
        return _("The script ended normally.")
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        return _("The script was ended by the signal {name}.").format(name=name)
    if code >= _NTSTATUS:
        return _("The script ended with exit code {code} (0x{code:08X}).").format(code=code)
    return _("The script ended with exit code {code}.").format(code=code)
