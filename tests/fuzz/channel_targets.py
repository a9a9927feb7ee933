"""Fuzzed as well: what a script sends through its channel."""

from __future__ import annotations

import atexit
import functools
import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from app.base.redaction import Mask
from app.gateway.answers import normal_value
from app.gateway.errors import UsageError
from app.gateway.published import Gives, find_call
from app.gateway.records import GatewayParts
from app.gateway.session import Session
from app.jobs.output import OutputLog
from app.orchestrator.bodies import read_body
from app.orchestrator.vocabulary import JobOrder

KEY: Final = "k" * 32
_KINDS: Final = {"denied", "usage", "unreachable", "refused", "closed", "failed", "busy"}


def calls(data: bytes) -> None:
    """A path is none of the published calls, or stays below its call however often it is decoded."""
    try:
        call, path = find_call(data.decode("utf-8", "replace"))
    except UsageError:
        return
    assert path == call.path or path.startswith(f"{call.path}/"), path
    assert re.fullmatch(r"[A-Za-z0-9/%._~-]+", path), path
    decoded = path
    for _ in range(10):
        assert not {".", ".."} & set(re.split(r"[/\\]", decoded)), path
        assert not re.search(r"[\x00-\x1f\x7f]", decoded), path
        decoded = unquote(decoded)


def requests(data: bytes) -> None:
    """Every line is answered by a line of JSON: a value, or an error of a known kind; nothing is sent for it."""
    answer, _ends = _session()._answer(data.replace(b"\n", b" "))
    assert answer.endswith(b"\n")
    said = json.loads(answer)
    assert set(said) in ({"value"}, {"error"})
    assert "value" in said or said["error"]["kind"] in _KINDS


def answers(data: bytes) -> None:
    """Whatever a server answers: a script gets something that JSON can hold."""
    for gives in Gives:
        json.dumps(normal_value(read_body(data), gives)).encode("ascii")


class _Nobody:
    """Takes everything, and asks nobody."""

    def put(self, _job_guid: str, _path: str, fields: dict[str, str]) -> None:
        json.dumps(fields, ensure_ascii=False).encode()

    def waits(self, _job_guid: str, _beginning: str) -> bool:
        return False

    def progress(self, *_: Any) -> None:
        pass

    result = kept = progress


@functools.cache
def _session() -> Session:
    nobody: Any = _Nobody()
    folder = Path(tempfile.mkdtemp(prefix="robot-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    order = JobOrder("7b00611f-c3ef-4d80-88f8-943536cfcaab", "script", "", None)
    parts = GatewayParts(_no_client, nobody, nobody, folder / "evidence", "", share_credentials=True)
    return Session(parts, order, OutputLog(folder / "log", 1000, Mask()), KEY)


def _no_client() -> Any:
    raise UsageError("nobody is asked here")
