"""A record with something in every place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.orchestrator.identity import machine_name
from app.status.record import Process, Status, StatusJob, StatusLast, StatusProgress

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def status(**changes: Any) -> Status:
    """It, with `changes`."""
    made = Status(
        version="0.1.0",
        written=NOON,
        machine=machine_name(),
        user="robot07",
        process=Process(4711, 1_764_000_000.25),
        orchestrator="https://orchestrator.example.com",
        robot="0123456789abcdef",
        state="working",
        since=NOON,
        heard=NOON,
        connected=True,
        job=StatusJob("5f3c9a17", "счета", NOON, StatusProgress(3, 10, "третий счёт")),
        last=StatusLast("7b00611f", "invoices", 5, NOON, "It failed."),
        waiting=2,
        strangers=1,
        leaving_at=NOON,
        policies=("host", "when_idle"),
    )
    return replace(made, **changes)
