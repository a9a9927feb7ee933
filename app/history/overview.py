"""What stands above the list of runs: sums, charts, scripts, and what the Orchestrator has not been told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.base.plain_text import printable
from app.history import charts
from app.history.summary import summarize
from app.journal.records import Reported
from app.journal.wording import describe_origin, describe_report, describe_state

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from app.history.summary import HistorySource
    from app.journal.records import Undelivered
    from app.orchestrator.origin import Origin

MAX_REPORTS: Final = 100
NAME_LIMIT: Final = 120


def overview(
    source: HistorySource, *, now: datetime, zone: tzinfo | None = None, ours: Origin | None = None
) -> dict[str, Any]:
    """The values for `overview.html`; see `app.history.page.write_history`."""
    summary = summarize(source, zone, now)
    untold = source.untold()
    outbox = source.outbox()
    return {
        "made_at": now.astimezone(zone),
        "first_day": summary.first,
        "days": summary.days,
        "totals": summary.totals,
        "scripts": summary.scripts,
        "waiting": untold.get(Reported.WAITING, 0),
        "refused": untold.get(Reported.REFUSED, 0),
        "reports": [shown_report(row, zone, ours) for row in outbox[:MAX_REPORTS]],
        "hidden_reports": max(0, len(outbox) - MAX_REPORTS),
        "lanes": charts.timeline(summary.days, summary.marks),
        "columns": charts.rates(summary.days, summary.first),
        "charts": charts,
        "name_limit": NAME_LIMIT,
    }


@dataclass(frozen=True)
class ShownReport:
    """One report that was not taken yet, in words."""

    script: str
    status: str
    state: str
    since: datetime
    attempts: int
    owner: str
    error: str


def shown_report(row: Undelivered, zone: tzinfo | None, ours: Origin | None) -> ShownReport:
    """`zone`, `ours`: as above."""
    return ShownReport(
        script=row.job_name,
        status=describe_report(row),
        state=describe_state(row),
        since=(row.refused_at or row.created_at).astimezone(zone),
        attempts=row.attempts,
        owner=describe_origin(row.origin, ours),
        error=printable(row.last_error),
    )
