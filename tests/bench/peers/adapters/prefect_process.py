"""A Prefect server, a process work pool, `prefect worker start --limit 1`; the script runs in the flow's process.

Process work pools: https://docs.prefect.io/v3/concepts/work-pools and https://docs.prefect.io/v3/concepts/workers (a
worker asks for work every 10 s); deployments from local files: https://docs.prefect.io/v3/how-to-guides/deployments/store-flow-code;
cancelling: https://docs.prefect.io/v3/advanced/cancel-workflows; nothing is sent home:
https://docs.prefect.io/v3/concepts/telemetry
"""

from __future__ import annotations

import os
import runpy
import subprocess
from pathlib import Path
from uuid import UUID

from tests.bench.peers.adapter import FAILED, SUCCESS, Adapter, listens, place, port, program

# Before Prefect is imported, which reads them then; its worker, its server and its runs inherit them.
_ENVIRONMENT = {
    "PREFECT_HOME": str(place() / "prefect"),
    "PREFECT_API_URL": f"http://127.0.0.1:{port()}/api",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "WARNING",
}
os.environ |= _ENVIRONMENT
from prefect import flow  # noqa: E402
from prefect.client.orchestration import get_client  # noqa: E402
from prefect.states import Cancelling  # noqa: E402

POOL = "bench"
_FINAL = {"COMPLETED": SUCCESS, "FAILED": FAILED, "CRASHED": "crashed", "CANCELLED": "cancelled"}


@flow
def job(file: str) -> None:
    """One job."""
    runpy.run_path(file, run_name="__main__")


class Peer(Adapter):
    """See above."""

    title = "Prefect (process worker)"
    beside = "server"
    environment = _ENVIRONMENT
    packages = ("prefect",)
    jobs = 2
    pause = 0.25  # each question is some work for its server

    def servers(self) -> list[list[str]]:
        return [[program("prefect"), "server", "start", "--host", "127.0.0.1", "--port", str(port()), "--no-ui"]]

    def is_up(self) -> bool:
        return listens()

    def settle(self) -> None:
        subprocess.run([program("prefect"), "work-pool", "create", POOL, "--type", "process"], check=True)
        root = os.environ["PYTHONPATH"]
        source = job.from_source(source=root, entrypoint=f"{Path(__file__).relative_to(root)}:job")
        self._deployment = source.deploy("bench", work_pool_name=POOL, build=False, push=False, print_next_steps=False)

    def worker(self) -> list[str]:
        return [program("prefect"), "worker", "start", "--pool", POOL, "--type", "process", "--limit", "1"]

    def ask(self, script: str) -> str:
        with get_client(sync_client=True) as client:
            parameters = {"file": str(self.scripts / f"{script}.py")}
            return str(client.create_flow_run_from_deployment(self._deployment, parameters=parameters).id)

    def outcome(self, job: str) -> str:
        return _FINAL.get(self.state(job), "")

    def state(self, job: str) -> str:
        with get_client(sync_client=True) as client:
            state = client.read_flow_run(UUID(job)).state
            return state.type.value if state else "unknown"

    def cancel(self, job: str) -> None:
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(UUID(job), Cancelling())
