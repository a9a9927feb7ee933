"""What is fuzzed, and what must hold for every input."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Final
from unittest import mock

from app.base.errors import SettingsError
from app.jobs.child import control as control_pipe
from app.jobs.child.pipe import ControlPipe
from app.jobs.errors import CannotStartError
from app.jobs.scripts import find_script
from app.orchestrator.bodies import read_body
from app.orchestrator.errors import CallError
from app.orchestrator.messages import read_consume, read_heartbeat
from app.orchestrator.vocabulary import HeartbeatCode
from app.settings.loading import load_settings
from tests.fuzz.channel_targets import answers, calls, requests

if TYPE_CHECKING:
    from collections.abc import Callable

CORPUS: Final = Path(__file__).with_name("corpus")


def replies(data: bytes) -> None:
    """A reply is understood or is a CallError; "no job" must have been said; no text of it can forge a log line."""
    body = read_body(data).value
    with contextlib.suppress(CallError):
        beat = read_heartbeat(body)
        _plain(beat.error_text)
        if beat.code == HeartbeatCode.NO_ERROR and beat.has_new_job is False:
            assert b"hasnewjob" in data.lower() or b"\\u" in data, "no job, out of nothing"
        assert beat.has_new_job is not False or "hasnewjob" in str(body).lower(), "no job, out of nothing"
    with contextlib.suppress(CallError):
        reply = read_consume(body)
        _plain(reply.error_text)
        if reply.order:
            _plain(reply.order.guid)
            _plain(reply.order.process_version_guid)
            assert reply.order.guid
            json.dumps(reply.order.task)


def _plain(text: str) -> None:
    """One line, of bounded length, of characters that can be encoded and control no terminal."""
    assert len(text) <= 1000, "long"
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in text), f"controls in {text!r}"


def settings(data: bytes) -> None:
    """A settings file is right, or a SettingsError says why."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "robot.toml"
        file.write_bytes(data)
        with contextlib.suppress(SettingsError):
            load_settings(file, {})


def names(data: bytes) -> None:
    """A script lies inside the folder, or can't be started."""
    name = data.decode("utf-8", "replace")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "scripts"
        (root / "finance").mkdir(parents=True)
        for file in (root / "invoices.py", root / "finance" / "invoices.py", Path(folder) / "outside.py"):
            file.touch()
        (root / "link").symlink_to(folder)
        with contextlib.suppress(CannotStartError):
            found = find_script(root, name).file
            assert found.resolve().is_relative_to(root.resolve()), f"{found} is outside"


class _HostGoneError(BaseException):
    """Stands for the end of the host's process."""


def control(data: bytes) -> None:
    """The host takes any line without failing, stops for `stop FILE` only, and ends with the pipe."""
    read, write = os.pipe()
    stops: list[str] = []
    with mock.patch("os.register_at_fork"):  # the host of a process that is not this one
        subject = control_pipe.Host()
    setattr(subject, "stop", stops.append)  # noqa: B010 - the type checker knows stop as a method
    subject._pipe = ControlPipe(read)

    def gone(mark: str) -> None:
        raise _HostGoneError

    real, control_pipe._leave_nothing = control_pipe._leave_nothing, gone
    try:
        os.write(write, data[:4000])
        os.close(write)
        with contextlib.suppress(_HostGoneError):
            subject.listen()
    finally:
        subject._pipe.close()
        control_pipe._leave_nothing = real
    assert len(stops) == sum(line.startswith(b"stop ") for line in data[:4000].split(b"\n")[:-1])


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    target.__name__: target for target in (replies, settings, names, control, calls, requests, answers)
}
