"""A host that was started before its job: it waits, and then is what it would have been, had it been started for it.

Imported only where the robot asks for it. Nothing of an author's is loaded while it waits, and it knows nothing of any
job. Control pipe, from the robot, in pieces of known length:

    fork <digits>      so many bytes follow: have a fork wait for the job, see stem.py
    job <digits>       so many bytes follow: the folder, the number of arguments, the script and the arguments, then the
                       variables, each field with a zero byte behind it
    go                 only now the run begins; until then the robot may kill this process and start another

Answers, on stdout, where the robot listens itself until it has said go:

    yes                this process is now what that run's would be; nothing of the run has begun
    no                 it can't be: something has changed since its start, or there is no room for its variables
    end of file        likewise

The variables stand in /proc/self/environ as well, and the script in /proc/self/cmdline, where other programs look for
it: both are written over what was put there to keep their places.
"""

import os
import sys
import time

from . import stem

if sys.platform != "win32":
    from .strings import write_over

TYPE_CHECKING = False  # importing the real one takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable

ARGUMENT = "--robot-spare"
# The first one keeps the place of the run's variables. They are written over it and what stands behind it.
_OF_THE_SPARE = ("ROBOT_RUN_SPARE", "ROBOT_RUN_MARK", "ROBOT_RUN_NUMBER")
ARGUMENTS_BYTES = 2048
VARIABLES_BYTES = 8192
LONGEST_JOB = 16384  # bytes: what a pipe takes at once, also if nobody reads
HEADER = "job %011d\n"
HEADER_BYTES = 16
GO = b"go\n"
YES = b"robot: yes\n"
NO = stem.NO
ANSWER_BYTES = 64  # more than an answer has
_ALSO_AT_START = ("sitecustomize.py", "usercustomize.py")


def wait_for_job() -> "list[str]":
    """Wait for a job and become its process, up to the script's first line; its script and arguments."""
    before = _facts(_looked_at())
    header = _read(HEADER_BYTES)
    if header.startswith(stem.ORDER):
        header = _with_forks(header)
    job = _read(int(header[4:]))
    try:
        argv = _become(job, before)
    except (OSError, ValueError):
        argv = []
    os.write(1, YES if argv else NO)
    _read(len(GO))  # after a no it doesn't come: the robot ends us
    return argv


def _with_forks(header: bytes) -> bytes:
    """Fork as often as the robot wishes; what it sends to the fork, or here if there can be none, after `header`."""
    plain = stem.is_plain()
    while header.startswith(stem.ORDER):
        order = _read(int(header[len(stem.ORDER) :]))
        if not plain:
            _call_it_a_spare()
            os.write(1, NO)
        elif stem.fork(order):
            _call_it_a_spare()
            os.write(1, stem.BORN + b"%d\n" % os.getpid())
            stem.have_memory_of_its_own()
        header = _read(HEADER_BYTES)
    return header


def _call_it_a_spare() -> None:
    """For whoever looks at the processes."""
    if sys.platform != "win32":
        try:  # noqa: SIM105 - contextlib is slow to import
            write_over("cmdline", stem.ARGUMENT.encode() + b"\0", [ARGUMENT.encode()])
        except (OSError, ValueError):
            pass


def _read(count: int) -> bytes:
    """So many bytes of the control pipe, and not one more: the next ones are for `control`."""
    received = b""
    while len(received) < count:
        part = os.read(0, count - len(received))
        if not part:
            os._exit(0)  # the robot has gone, or doesn't want us any more
        received += part
    return received


def _become(job: bytes, before: "dict[str, object]") -> "list[str]":
    """Be what the robot would have started for this job; an empty list if that isn't possible.

    Raises:
        OSError, ValueError: likewise.
    """
    if _facts(before) != before:
        return []
    folder, count, *rest = job.split(b"\0")[:-1]
    arguments, variables = rest[: int(count)], rest[int(count) :]
    for name in _OF_THE_SPARE:
        os.environ.pop(name, None)
    if sys.platform != "win32":
        write_over("environ", _OF_THE_SPARE[0].encode() + b"=", variables)
        write_over("cmdline", ARGUMENT.encode() + b"\0", arguments)
        time.tzset()
    for each in variables:
        name, _equals, value = _text(each).partition("=")
        os.environ[name] = value
    os.chdir(_text(folder))
    _forget_folders()
    return [_text(each) for each in arguments]


def _forget_folders() -> None:
    """What was found where, so that new files are seen; `importlib` itself would import a lot for that."""
    for path, finder in list(sys.path_importer_cache.items()):
        forget = getattr(finder, "invalidate_caches", None)
        if forget is not None:
            forget()
        elif path in sys.path and os.path.exists(path):  # noqa: PTH110
            del sys.path_importer_cache[path]


def _text(value: bytes) -> str:
    """What Python makes of it in UTF-8 mode."""
    return value.decode("utf-8", "surrogatepass" if sys.platform == "win32" else "surrogateescape")


def _looked_at() -> "list[str]":
    """Files and folders that Python has read at its start, or would read if they were there."""
    found = [sys.executable, os.path.realpath(sys.executable)]
    found += [os.path.join(each, "pyvenv.cfg") for each in (sys.prefix, os.path.dirname(found[0]))]  # noqa: PTH118, PTH120
    packages = {folder for folder in sys.path if folder.endswith("-packages")}
    packages.add(getattr(sys.modules.get("site"), "USER_SITE", None) or sys.prefix)
    for folder in packages:
        found.append(folder)
        found += [os.path.join(folder, name) for name in _names(folder) if name.endswith(".pth")]  # noqa: PTH118
    for folder in sys.path:
        found += [os.path.join(folder, name) for name in _ALSO_AT_START]  # noqa: PTH118
    if not getattr(sys, "frozen", False):
        for module in list(sys.modules.values()):
            file = getattr(module, "__dict__", {}).get("__file__")
            if isinstance(file, str):
                found.append(file)
    return found


def _names(folder: str) -> "list[str]":
    try:
        return os.listdir(folder)  # noqa: PTH208
    except OSError:
        return []


def _facts(paths: "Iterable[str]") -> "dict[str, object]":
    """What tells whether a file, or what lies in a folder, has changed."""
    facts = {}  # type: dict[str, object]
    for path in paths:
        try:
            stat = os.stat(path)  # noqa: PTH116
        except (OSError, ValueError):
            facts[path] = None
        else:
            facts[path] = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    return facts
