"""What the script may know of its job."""

import os

from ._own import own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

_made = {}  # type: dict[int, str] # by process: the folder where there is no robot


def task() -> "dict[str, Any] | None":
    """The Task of this job with its `parameters` parsed; None if the job has none.

    Its keys are in lower case. A task that can't be read as JSON stands as it came under `raw`.

        task = robot_job.task() or {}
        print(task.get("name"))
    """
    path = os.environ.get("ROBOT_TASK_FILE")
    if not path:
        return None
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib is slow to import
        found = own("json").load(file)
    return found if isinstance(found, dict) else None


def parameters() -> "Any":
    """The parameters of this job's Task: `{}` if there are none; a text or a table is handed over as it is.

    month = robot_job.parameters().get("month", "last")
    """
    found = (task() or {}).get("parameters")
    return {} if found is False or found in (None, "", [], {}) else found  # False: a PHP server's nothing


def job_guid() -> str:
    """The GUID of this job; empty without a robot."""
    return os.environ.get("ROBOT_JOB_GUID", "")


def job_name() -> str:
    """The name of this job's process version, by which the script was found; empty without a robot."""
    return os.environ.get("ROBOT_JOB_NAME", "")


def process_version_guid() -> str:
    """The GUID of this job's process version; empty without a robot."""
    return os.environ.get("ROBOT_RUN_PROCESS_VERSION", "")


def folder() -> "Path":
    """A private folder of this run: only this user can read it, and it is gone when the job has ended.

        report = robot_job.folder() / "report.xlsx"

    Without a robot it is a temporary one that is removed at the end of the process.
    """
    run = os.environ.get("ROBOT_RUN_FOLDER")
    if run:
        path = os.path.join(run, "files")  # noqa: PTH118
        os.makedirs(path, mode=0o700, exist_ok=True)  # noqa: PTH103
    else:
        path = _temporary()
    return own("pathlib").Path(path)  # type: ignore[no-any-return]


def _temporary() -> str:
    if os.getpid() not in _made:
        shutil = own("shutil")
        path = own("tempfile").mkdtemp(prefix="robot_job-")
        own("atexit").register(shutil.rmtree, path, ignore_errors=True)
        _made[os.getpid()] = path
    return _made[os.getpid()]
