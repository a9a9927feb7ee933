"""rq with Redis: `rq worker`, which forks a work horse for every job.

Jobs and results: https://python-rq.org/docs/ and https://python-rq.org/docs/results/; the worker:
https://python-rq.org/docs/workers/; a running job is stopped with `send_stop_job_command`:
https://python-rq.org/docs/workers/#stopping-currently-executing-jobs
"""

from __future__ import annotations

from redis import Redis
from rq import Queue
from rq.command import send_stop_job_command
from rq.job import Job

from tests.bench.peers.adapter import FAILED, SUCCESS, Adapter, listens, port, program, redis_server, run_script

_FINAL = {"finished": SUCCESS, "failed": FAILED, "stopped": "stopped", "canceled": "canceled"}


def job(file: str) -> None:
    """One job."""
    if run_script(file) != SUCCESS:
        raise RuntimeError(file)


class Peer(Adapter):
    """See above."""

    title = "rq (Redis)"
    beside = "Redis"
    packages = ("rq", "redis")

    def __init__(self) -> None:
        super().__init__()
        self._redis = Redis(port=port())
        self._queue = Queue(connection=self._redis)

    def servers(self) -> list[list[str]]:
        return [redis_server()]

    def is_up(self) -> bool:
        return listens()

    def worker(self) -> list[str]:
        return [program("rq"), "worker", "--quiet", "--url", f"redis://127.0.0.1:{port()}"]

    def ask(self, script: str) -> str:
        return str(self._queue.enqueue(job, str(self.scripts / f"{script}.py")).id)

    def outcome(self, job: str) -> str:
        return _FINAL.get(self.state(job), "")

    def state(self, job: str) -> str:
        return str(Job.fetch(job, connection=self._redis).get_status().value)

    def cancel(self, job: str) -> None:
        send_stop_job_command(self._redis, job)
