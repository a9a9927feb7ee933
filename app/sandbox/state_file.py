"""`--load` and `--save`: a whole sandbox as a file, TOML or JSON by its name. The format: docs/sandbox.md."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import tempfile
import tomllib
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.base.errors import UsageError
from app.base.i18n import _
from app.base.os_reasons import describe_os_error
from app.base.private_files import make_private
from app.sandbox import state_lines, toml_text
from app.sandbox.orders import AssetOrder, FaultOrder, Options, ScriptOrder
from app.sandbox.reading import WrongValuesError, read, shown
from app.sandbox.state import (
    JobWord,
    SavedFault,
    SavedFile,
    SavedFolder,
    SavedJob,
    SavedMessage,
    SavedQueue,
    SavedReport,
    SavedRobot,
    SavedTask,
    State,
)
from app.sandbox.state_apply import apply_state
from app.sandbox.stored import PriorityWord, StatusWord
from app.settings.toml_mistakes import toml_mistake

if TYPE_CHECKING:
    from app.sandbox.engine import Sandbox
    from app.sandbox.records import SandboxJob
    from app.sandbox.stored import QueueTask, StoredFile

__all__ = ["FORMATS", "State", "apply_state", "load_state", "save_state", "state_text"]

FORMATS: Final = ("toml", "json")


def load_state(sandbox: Sandbox, path: Path) -> None:
    """Put what the file says into the sandbox. UsageError names every mistake with its line; then nothing changed."""
    kind = _format(path)
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise UsageError(
            _("{file} can't be read: {error}").format(file=path, error=describe_os_error(error).for_people())
        ) from None
    except UnicodeDecodeError:
        raise UsageError(_("{file} is not UTF-8.").format(file=path)) from None
    value = _parsed(kind, text, path)
    try:
        apply_state(sandbox, read(State, value))
    except WrongValuesError as error:
        lines = state_lines.of_toml(text) if kind == "toml" else state_lines.of_json(text)
        found = [(state_lines.line_of(lines, one.where), shown(one.where), one.problem) for one in error.mistakes]
        told = [_("line {line}: {key}: {problem}").format(line=line, key=key, problem=why) for line, key, why in found]
        head = _("The state in {file} can't be loaded:").format(file=path)
        raise UsageError("\n  ".join([head, *told])) from None


def save_state(sandbox: Sandbox, path: Path) -> None:
    """Write the sandbox into the file, replaced in one step, readable by this user only. UsageError if it can't be."""
    text = state_text(sandbox, _format(path))
    try:
        _replace(path, text)
    except OSError as error:
        raise UsageError(
            _("{file} can't be written: {error}").format(file=path, error=describe_os_error(error).for_people())
        ) from None


def check_name(path: Path) -> None:
    """UsageError unless the name says which format it is."""
    _format(path)


def state_text(sandbox: Sandbox, kind: str) -> str:
    """The sandbox as the text of a state file; it loads to the same world."""
    with sandbox.changed:
        values = _values(_state(sandbox), for_toml=kind == "toml")
    if kind == "json":
        return json.dumps(values, ensure_ascii=False, indent=2) + "\n"
    return toml_text.dumps(values)


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(suffix=".tmp", prefix=path.name, dir=path.parent)
    try:
        with contextlib.suppress(OSError):  # a file system without rights
            make_private(Path(name))  # passwords are in it
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _format(path: Path) -> str:
    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise UsageError(_("{file}: a state file ends in .toml or .json.").format(file=path), _("Give it such a name."))
    return kind


def _parsed(kind: str, text: str, path: Path) -> Any:
    head = _("The state in {file} can't be loaded:").format(file=path)
    try:
        return tomllib.loads(text) if kind == "toml" else json.loads(text)
    except json.JSONDecodeError as error:
        place = _("line {line}, column {column}: {problem}").format(
            line=error.lineno, column=error.colno, problem=_("this is not JSON")
        )
        raise UsageError(f"{head}\n  {place}") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        mistake = toml_mistake(error, text)
        raise UsageError(f"{head}\n  {mistake.problem}", mistake.hint) from None


def _state(sandbox: Sandbox) -> State:
    tasks = sandbox.tasks.all()
    faults = sandbox.faults.active()
    return State(
        settings=Options(sandbox.dialect, sandbox.strict),
        robots=[
            SavedRobot(one.guid, one.name, one.status, one.machine, one.ip, one.mac, one.job_guid, one.seen_at)
            for one in sandbox.robots.values()
        ],
        scripts=[ScriptOrder(name) for name in sandbox.book.scripts],
        queues=[
            SavedQueue(
                **{field.name: getattr(queue, field.name) for field in fields(SavedQueue) if field.name != "tasks"},
                tasks=[_task(task) for task in tasks if task.queue == queue.name],
            )
            for queue in sandbox.tasks.queues()
        ],
        assets=[
            AssetOrder(**{field.name: getattr(asset, field.name) for field in fields(AssetOrder)})
            for asset in sandbox.assets.all()
        ],
        folders=[
            SavedFolder(**{field.name: getattr(folder, field.name) for field in fields(SavedFolder)})
            for folder in sandbox.files.folders()
        ],
        files=[_file(file) for file in sandbox.files.files()],
        jobs=[_job(job) for job in sandbox.jobs],
        job_tasks=[_task(task) for task in tasks if not task.queue],
        faults=[
            SavedFault(
                **{field.name: getattr(fault, field.name) for field in fields(FaultOrder)},
                until_off=fault.count is None,
            )
            for fault in faults
        ],
    )


def _task(task: QueueTask) -> SavedTask:
    value = json.loads(task.parameters)
    is_same = (
        value is not None and toml_text.can_hold(value) and json.dumps(value, ensure_ascii=False) == task.parameters
    )
    return SavedTask(
        name=task.name,
        parameters=value if is_same else None,
        parameters_json=None if is_same else task.parameters,
        guid=task.guid,
        status=StatusWord[task.status.name],
        priority=PriorityWord[task.priority.name],
        description=task.description,
        comment=task.comment,
        postponed=task.postponed,
        deadline=task.deadline,
        tags=task.tags,
        retries=task.retries,
        created=task.created,
        started=task.started,
        updated=task.updated,
        job=task.job_guid,
        parent=task.parent_task,
    )


def _job(job: SandboxJob) -> SavedJob:
    fits = toml_text.can_hold(job.task)
    return SavedJob(
        name=job.name,
        task=job.task if fits else None,
        task_json=None if fits or job.task is None else json.dumps(job.task),
        robot=job.robot_guid or "",
        guid=job.guid,
        priority=job.priority,
        status=JobWord[job.status.name],
        queued=job.queued_at,
        stop_at=job.stop_after,
        abort_at=job.abort_after,
        taken=job.consumed_at,
        taken_by=job.consumed_by or "",
        times_taken=job.times_consumed,
        on_offer=job.on_offer,
        repeats=job.repeats,
        history=[SavedReport(time, JobWord[status.name]) for time, status in job.history],
        log=[SavedMessage(entry.time, entry.level, entry.message) for entry in job.log],
    )


def _file(file: StoredFile) -> SavedFile:
    content = base64.b64encode(file.content).decode()
    return SavedFile(
        name=file.name,
        base64=content,
        folder=file.folder_guid,
        guid=file.guid,
        created=file.created,
        updated=file.updated,
    )


def _values(record: Any, *, for_toml: bool) -> Any:
    """Plain values; what has its default is left out."""
    if is_dataclass(record):
        pairs = {field.name: getattr(record, field.name) for field in fields(record) if not _is_default(field, record)}
        return {name: _values(value, for_toml=for_toml) for name, value in pairs.items()}
    if isinstance(record, dict):
        return {name: _values(value, for_toml=for_toml) for name, value in record.items()}
    if isinstance(record, list):
        return [_values(item, for_toml=for_toml) for item in record]
    if isinstance(record, datetime):
        return record if for_toml else record.isoformat()
    return str(record) if isinstance(record, StrEnum) else record


def _is_default(field: Any, record: Any) -> bool:
    value = getattr(record, field.name)
    return value is None or (value == field.default if field.default is not MISSING else value in ([], {}))
