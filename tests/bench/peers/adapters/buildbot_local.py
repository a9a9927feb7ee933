"""A Buildbot master and a Buildbot worker on this machine; a build is one `ShellCommand`, forced through the REST API.

Workers: https://docs.buildbot.net/latest/manual/configuration/workers.html; the step:
https://docs.buildbot.net/latest/manual/configuration/steps/shell_command.html; forcing and stopping:
https://docs.buildbot.net/latest/developer/rest.html; a worker in the foreground:
https://docs.buildbot.net/latest/manual/cmdline.html
"""

from __future__ import annotations

import json
import socket
import subprocess
import urllib.request
from typing import Any

from tests.bench.peers.adapter import FAILED, SUCCESS, Adapter, listens, port, program, script_python

_RESULTS = {0: SUCCESS, 1: "warnings", 2: FAILED, 3: "skipped", 4: "exception", 5: "retry", 6: "cancelled"}
_MASTER = """
from buildbot.plugins import schedulers, steps, util, worker

factory = util.BuildFactory([steps.ShellCommand(command=[{python!r}, util.Property("script")])])
BuildmasterConfig = {{
    "workers": [worker.Worker("bench", "secret", max_builds=1)],
    "protocols": {{"pb": {{"port": "tcp:{pb}:interface=127.0.0.1"}}}},
    "builders": [util.BuilderConfig(name="script", workernames=["bench"], factory=factory, collapseRequests=False)],
    "schedulers": [
        schedulers.ForceScheduler(
            name="force", builderNames=["script"], properties=[util.StringParameter(name="script")]
        )
    ],
    "www": {{"port": "tcp:{www}:interface=127.0.0.1", "plugins": {{}}}},
    "db": {{"db_url": "sqlite:///state.sqlite"}},
    "buildbotNetUsageData": None,
}}
"""


class Peer(Adapter):
    """See above."""

    title = "Buildbot (worker)"
    beside = "master"
    packages = ("buildbot", "buildbot-worker")
    jobs = 10
    pause = 0.01

    def prepare(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            pb = listener.getsockname()[1]
        master = self.place / "master"
        subprocess.run([program("buildbot"), "create-master", "--quiet", str(master)], check=True)
        (master / "master.cfg").write_text(_MASTER.format(python=script_python(), pb=pb, www=port()), "utf-8")
        create = [program("buildbot-worker"), "create-worker", "--quiet", str(self.place / "worker")]
        subprocess.run([*create, f"127.0.0.1:{pb}", "bench", "secret"], check=True)

    def servers(self) -> list[list[str]]:
        return [[program("buildbot"), "start", "--nodaemon", str(self.place / "master")]]

    def is_up(self) -> bool:
        return listens()

    def worker(self) -> list[str]:
        return [program("buildbot-worker"), "start", "--nodaemon", str(self.place / "worker")]

    def ask(self, script: str) -> str:
        values = {"script": str(self.scripts / f"{script}.py"), "builderid": "1"}
        _buildset, requests = self._call("forceschedulers/force", "force", values)["result"]
        return str(next(iter(requests.values())))

    def outcome(self, job: str) -> str:
        [request] = self._call(f"buildrequests/{job}")["buildrequests"]
        return _RESULTS.get(request["results"], "ended") if request["complete"] else ""

    def state(self, job: str) -> str:
        [request] = self._call(f"buildrequests/{job}")["buildrequests"]
        return self.outcome(job) or ("claimed" if request["claimed"] else "queued")

    def cancel(self, job: str) -> None:
        builds = self._call(f"builds?buildrequestid={job}&complete=false")["builds"]
        for build in builds:
            self._call(f"builds/{build['buildid']}", "stop", {"reason": "bench"})

    def _call(self, path: str, method: str = "", values: dict[str, str] | None = None) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": values or {}}
        request = urllib.request.Request(
            f"http://127.0.0.1:{port()}/api/v2/{path}",
            json.dumps(body).encode() if method else None,
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
