"""huey with its SQLite storage: `huey_consumer`, one worker thread, as its guide begins.

Guide: https://huey.readthedocs.io/en/latest/guide.html (tasks, results); the consumer and its polling (0.1 s, backing
off to 10 s): https://huey.readthedocs.io/en/latest/consumer.html. A task is taken off the queue before it runs, and its
revocation is looked at then: https://huey.readthedocs.io/en/latest/guide.html#canceling-or-pausing-tasks
"""

from __future__ import annotations

from huey import SqliteHuey

from tests.bench.peers.adapter import Adapter, place, program, run_script

huey = SqliteHuey(filename=str(place() / "huey.sqlite3"))


@huey.task()  # type: ignore[untyped-decorator, unused-ignore]
def job(file: str) -> str:
    """One job."""
    return run_script(file)


class Peer(Adapter):
    """See above."""

    title = "huey (SQLite)"
    packages = ("huey",)
    cannot_cancel = "a task is looked at for its revocation before it starts, not while it runs"

    def worker(self) -> list[str]:
        return [program("huey_consumer"), f"{__package__}.huey_sqlite.huey"]

    def ask(self, script: str) -> str:
        return str(job(str(self.scripts / f"{script}.py")).id)

    def outcome(self, job: str) -> str:
        return str(huey.result(job, preserve=True) or "")

    def state(self, job: str) -> str:
        waiting = any(task.id == job for task in huey.pending())
        return self.outcome(job) or ("queued" if waiting else "neither queued nor ended")
