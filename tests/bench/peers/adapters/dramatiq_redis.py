"""dramatiq with Redis: `dramatiq`, one process with one thread; results kept in the same Redis.

Guide: https://dramatiq.io/guide.html; results: https://dramatiq.io/reference.html#results; what becomes of the message
of a killed worker: https://redis.io/docs/latest/integrate/dramatiq/. There is no call that ends a running actor; a time
limit is the only interrupt: https://dramatiq.io/guide.html#message-time-limits
"""

from __future__ import annotations

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.results import ResultMissing, Results
from dramatiq.results.backends import RedisBackend

from tests.bench.peers.adapter import Adapter, listens, port, program, redis_server, run_script

_URL = f"redis://127.0.0.1:{port()}"
broker = RedisBroker(url=_URL)
broker.add_middleware(Results(backend=RedisBackend(url=_URL)))
dramatiq.set_broker(broker)


@dramatiq.actor(store_results=True)
def job(file: str) -> str:
    """One job."""
    return run_script(file)


class Peer(Adapter):
    """See above."""

    title = "dramatiq (Redis)"
    beside = "Redis"
    packages = ("dramatiq", "redis")
    cannot_cancel = "it has no call for it (dramatiq-abort is a package of somebody else)"

    def __init__(self) -> None:
        super().__init__()
        self._sent: dict[str, dramatiq.Message[str]] = {}

    def servers(self) -> list[list[str]]:
        return [redis_server()]

    def is_up(self) -> bool:
        return listens()

    def worker(self) -> list[str]:
        module = f"{__package__}.dramatiq_redis"
        return [program("dramatiq"), module, "--processes", "1", "--threads", "1"]

    def ask(self, script: str) -> str:
        message = job.send(str(self.scripts / f"{script}.py"))
        self._sent[message.message_id] = message
        return str(message.message_id)

    def outcome(self, job: str) -> str:
        try:
            return str(self._sent[job].get_result())
        except ResultMissing:
            return ""

    def state(self, job: str) -> str:
        return self.outcome(job) or "no result"
