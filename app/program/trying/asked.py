"""What a tried script asks of the Orchestrator and of its robot: carried out at once, and told at the end."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote

from app.base.i18n import _
from app.base.paths import safe_file_name
from app.base.plain_text import printable
from app.gateway.answers import normal_value
from app.gateway.published import LAST_TASK, LOG_CREATE, TASK_UPDATE, complete_fields, find_call, method_of
from app.orchestrator.errors import CallError
from app.sandbox import status_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from app.gateway.records import Progress
    from app.orchestrator.client import OrchestratorClient, PublishedAnswer
    from app.orchestrator.vocabulary import JobOrder

_ASSETS: Final = "/api/asset/"
_MESSAGES: Final = 20  # that are shown
_SHOWN: Final = 200  # characters of each
_CREATE_TASK: Final = "/api/task/create"


class Asked:
    """Everything that was asked, told by `lines`. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()  # by queue
        self._added: Counter[str] = Counter()
        self._names: dict[str, str] = {}  # of tasks, by GUID
        self._statuses: dict[str, list[str]] = {}  # of tasks, by GUID
        self._assets: Counter[tuple[str, str]] = Counter()  # what was done, the asset's name
        self._messages: list[tuple[str, str]] = []  # level and text
        self._others: Counter[str] = Counter()  # by path
        self._problems: list[str] = []
        self._progress: Progress | None = None
        self._result = ""
        self._kept: list[str] = []

    def answered(self, path: str, fields: Mapping[str, str], answer: PublishedAnswer | None, problem: str = "") -> None:
        """A call was made, with this answer or this problem."""
        call, _path = find_call(path)
        rest = unquote(path.removeprefix(call.path).strip("/"))
        value = normal_value(answer.body, call.gives) if answer else None
        with self._lock:
            if problem:
                self._problems.append(f"{path}: {problem}")
            elif call.path == LAST_TASK:
                self._taken[rest] += self._learn(value)
            elif call.path == _CREATE_TASK:
                self._added[fields.get("queue_guid", "?")] += 1
            elif call.path == TASK_UPDATE:
                self._update(fields)
            elif call.path.startswith(_ASSETS):
                read = call.path.endswith("read")
                self._assets[_("read") if read else _("changed"), rest or fields.get("name") or fields["guid"]] += 1
            elif call.path == LOG_CREATE:
                self._messages.append((fields.get("level", "Info"), fields.get("message", "")))
            else:
                self._learn(value)
                self._others[call.path] += 1

    def progress(self, progress: Progress) -> None:
        """The script has said how far it is."""
        self._progress = progress

    def result(self, text: str) -> None:
        """It has given its result."""
        self._result = text

    def kept(self, files: list[str]) -> None:
        """These files are its evidence."""
        self._kept = files

    def lines(self) -> list[str]:
        """One line each thing; none if nothing was asked."""
        with self._lock:
            lines = [_("tasks taken from {queue}: {count}").format(queue=q, count=n) for q, n in self._taken.items()]
            lines += [_("tasks added to {queue}: {count}").format(queue=q, count=n) for q, n in self._added.items()]
            for guid, statuses in self._statuses.items():
                name = self._names.get(guid, guid)
                lines.append(_("task {name}: {statuses}").format(name=name, statuses=" → ".join(statuses)))
            lines += [_("asset {name} {done}").format(name=name, done=done) for done, name in self._assets]
            lines += [
                _("message ({level}): {text}").format(level=level, text=printable(text, limit=_SHOWN))
                for level, text in self._messages[:_MESSAGES]
            ]
            if len(self._messages) > _MESSAGES:
                lines.append(_("and {count} more messages").format(count=len(self._messages) - _MESSAGES))
            lines += [f"{path}: {count}" for path, count in self._others.items()]
            if self._progress:
                lines.append(_("progress: {progress}").format(progress=_shown(self._progress)))
            if self._result:
                lines.append(_("result: {result}").format(result=self._result))
            lines += [_("kept: {file}").format(file=name) for name in self._kept]
            return lines + [_("failed: {problem}").format(problem=problem) for problem in self._problems]

    def _learn(self, value: Any) -> int:
        """Remember the names of tasks in an answer; how many there are."""
        if isinstance(value, list):
            return sum(map(self._learn, value))
        if not isinstance(value, dict) or not value.get("guid"):
            return 0
        self._names[str(value["guid"])] = str(value.get("name") or value["guid"])
        return 1

    def _update(self, fields: Mapping[str, str]) -> None:
        status, comment = fields.get("status", ""), fields.get("comment", "")
        known = status_names.of_tasks()
        said = known.get(int(status), status) if status.isdecimal() else status
        self._statuses.setdefault(fields.get("guid", "?"), []).append(f"{said} ({comment})" if comment else said)


def _shown(progress: Progress) -> str:
    of = "" if progress.total is None else f" / {progress.total:g}"
    return f"{progress.done:g}{of} {progress.text}".rstrip()


class WatchedClient:
    """A client whose calls for a script are remembered."""

    def __init__(self, client: OrchestratorClient, asked: Asked) -> None:
        self._client = client
        self._asked = asked
        self.cancel = client.cancel
        self.close = client.close

    def ask(self, method: str, path: str, form: Mapping[str, str], **more: bool) -> PublishedAnswer:
        """See `OrchestratorClient.ask`."""
        try:
            answer = self._client.ask(method, path, form, **more)
        except CallError as error:
            self._asked.answered(path, form, None, error.for_people())
            raise
        self._asked.answered(path, form, answer)
        return answer


class AtOnce:
    """Changes are made at once: there is no journal where nothing was handed out. See `gateway.records.Changes`.

    Args:
        order: whose they are; one without a GUID that the Orchestrator knows names none.
        known: whether the Orchestrator knows the job.
    """

    def __init__(
        self, new_client: Callable[[], OrchestratorClient], robot_guid: str, order: JobOrder, *, known: bool
    ) -> None:
        self._client = new_client()
        self._robot_guid = robot_guid
        self._job = (order.process_version_guid, order.guid) if known else ("", "")
        self._lock = threading.Lock()

    def put(self, _job_guid: str, path: str, fields: Mapping[str, str]) -> None:
        """Make the change; what keeps it from being made is told at the end, as a job's script hears of none either."""
        form = complete_fields(path, fields, self._robot_guid, *self._job)
        form = {key: value for key, value in form.items() if value or key in fields}
        with self._lock, contextlib.suppress(CallError):  # the watched client has told
            self._client.ask(method_of(path), path, form, change=True)

    def waits(self, _job_guid: str, _beginning: str) -> bool:
        """Nothing does."""
        return False

    def wait_for_news(self, _seconds: float) -> None:
        """There is none."""

    def close(self) -> None:
        """After the last change."""
        self._client.close()


class Told:
    """What the script says of itself, and the folder of the evidence that it keeps. See `gateway.records.Notes`."""

    def __init__(self, asked: Asked, evidence: Path) -> None:
        self._asked = asked
        self._evidence = evidence

    def progress(self, _order: JobOrder, progress: Progress) -> None:
        """See the protocol."""
        self._asked.progress(progress)

    def result(self, _order: JobOrder, text: str) -> None:
        """See the protocol."""
        self._asked.result(text)

    def kept(self, order: JobOrder, names: list[str]) -> None:
        """See the protocol."""
        self._asked.kept([str(self._evidence / safe_file_name(order.guid) / name) for name in names])

    def over(self, _order: JobOrder, *, asked: bool) -> None:
        """See the protocol."""


def watched(new_client: Callable[[], OrchestratorClient], asked: Asked) -> Callable[[], OrchestratorClient]:
    """The same clients, watched."""
    return lambda: cast("OrchestratorClient", WatchedClient(new_client(), asked))
