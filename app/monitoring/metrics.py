"""`metrics_file`: the robot for Prometheus, as text for windows_exporter's or node_exporter's textfile collector.

https://prometheus.io/docs/instrumenting/exposition_formats/. Runs are counted from the journal, so that counters go on
over starts of the robot: one that logs off after each job would else begin at 0 again and again.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily

from app.base.replacing import replace_file
from app.journal.errors import JournalError
from app.journal.reading import JournalReader
from app.orchestrator.vocabulary import JobStatus
from app.robot.state import RobotState
from app.status.record import ENDED, PAUSED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prometheus_client.core import Metric

    from app.robot.state import Snapshot
    from app.status.record import Status

STATES: Final = (*(state.value for state in RobotState), PAUSED, ENDED)
OUTCOMES: Final = {
    JobStatus.SUCCESS: "success",
    JobStatus.FAILED: "failed",
    JobStatus.STOPPED: "stopped",
    JobStatus.ABORTED: "aborted",
}
BUCKETS: Final = (1, 5, 15, 60, 300, 900, 3600, 14_400)  # seconds; a job takes anything from a moment to a night


class Runs:
    """All runs of a journal that have ended, counted as they end."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._counted_to = -1  # every run up to this row is counted; below 0: nothing was read yet
        self._counted_beyond: set[int] = set()  # and these, behind one that still runs
        self.by_outcome: Counter[str] = Counter()
        self.by_bucket: dict[str, Counter[float]] = {outcome: Counter() for outcome in OUTCOMES.values()}
        self.microseconds: Counter[str] = Counter()  # whole ones: a counter that is less by a hair has been reset

    def look(self) -> None:
        """Count what has ended since the last look; what can't be read now is counted another time."""
        try:
            with JournalReader(self._journal) as journal:
                if self._counted_to < 0:
                    self._count_all(journal)
                gap = False
                for row, status, started, ended in journal.endings(self._counted_to):
                    if ended is not None and row not in self._counted_beyond:
                        self._count(status, started, ended)
                        self._counted_beyond.add(row)
                    gap = gap or ended is None
                    if not gap:
                        self._counted_to = row
                        self._counted_beyond.discard(row)
        except JournalError:  # there is none yet, or another program holds it
            pass

    def _count_all(self, journal: JournalReader) -> None:
        """The runs of all the years before: too many to be looked at one by one at each start."""
        last, sums = journal.sums(BUCKETS)
        for status, bucket, count, length in sums:
            if status in OUTCOMES:
                outcome = OUTCOMES[JobStatus(status)]
                self.by_outcome[outcome] += count
                self.microseconds[outcome] += length
                self.by_bucket[outcome][bucket] += count
        self._counted_to = last

    def _count(self, status: int | None, started: str, ended: str) -> None:
        outcome = OUTCOMES.get(JobStatus(status)) if status in OUTCOMES else None
        if outcome is None:
            return
        length = max(0, (datetime.fromisoformat(ended) - datetime.fromisoformat(started)) // timedelta(microseconds=1))
        self.by_outcome[outcome] += 1
        self.microseconds[outcome] += length
        reached = (bucket for bucket in BUCKETS if length <= bucket * 1_000_000)
        self.by_bucket[outcome][next(reached, float("inf"))] += 1


class Metrics:
    """Writes the file. A `Listener` of the monitor."""

    def __init__(self, file: Path, journal: Path) -> None:
        self._file = file
        self._runs = Runs(journal)
        self._registry = CollectorRegistry(auto_describe=False)
        self._status: Status | None = None
        self._last: object = None
        self._unread = True
        self._registry.register(self)

    def see(self, snapshot: Snapshot) -> None:
        """A job that has ended stands in the journal."""
        if snapshot.last != self._last:
            self._last, self._unread = snapshot.last, True

    def tell(self, status: Status) -> None:
        """Write it anew.

        Raises:
            OSError: it can't be written.
        """
        if self._unread:
            self._runs.look()
            self._unread = False
        self._status = status
        replace_file(self._file, generate_latest(self._registry).decode(), private=False)

    def collect(self) -> Iterator[Metric]:
        """Every metric; called by the library."""
        if self._status is None:
            return
        yield from _of_status(self._status)
        yield from _of_runs(self._runs)


def _of_status(status: Status) -> Iterator[Metric]:
    yield InfoMetricFamily(
        "robot",
        "Which robot this is; robot: a fingerprint of its GUID.",
        {
            "version": status.version,
            "machine": status.machine,
            "user": status.user,
            "orchestrator": status.orchestrator,
            "robot": status.robot,
        },
    )
    state = GaugeMetricFamily(
        "robot_state", "What the robot does: 1 for that state, 0 for the others.", labels=["state"]
    )
    for name in STATES:
        state.add_metric([name], float(name == status.state))
    yield state
    yield _gauge("robot_state_since_timestamp_seconds", "When that began.", status.since.timestamp())
    job = GaugeMetricFamily("robot_job_started_timestamp_seconds", "When the running job began.", labels=["script"])
    if status.job:
        job.add_metric([status.job.name], status.job.started.timestamp())
    yield job
    yield _gauge("robot_reports_waiting", "Reports that wait for this Orchestrator.", status.waiting)
    yield _gauge("robot_reports_of_others_waiting", "Reports that wait for another Orchestrator.", status.strangers)
    if status.heard:
        yield _gauge("robot_heard_timestamp_seconds", "The Orchestrator's last good answer.", status.heard.timestamp())
        seconds = max(0.0, (status.written - status.heard).total_seconds())
        yield _gauge("robot_seconds_since_heard", "How long ago that was when this was written.", seconds)


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, value)


def _of_runs(runs: Runs) -> Iterator[Metric]:
    total = CounterMetricFamily(
        "robot_runs", "Jobs by how they ended, of all that the journal has.", labels=["outcome"]
    )
    length = HistogramMetricFamily("robot_run_duration_seconds", "How long jobs took.", labels=["outcome"])
    for outcome in OUTCOMES.values():
        total.add_metric([outcome], runs.by_outcome[outcome])
        counts, buckets = 0, []
        for bucket in (*BUCKETS, float("inf")):
            counts += runs.by_bucket[outcome][bucket]
            buckets.append(("+Inf" if bucket == float("inf") else str(float(bucket)), float(counts)))
        length.add_metric([outcome], buckets, sum_value=runs.microseconds[outcome] / 1e6)
    yield total
    yield length
