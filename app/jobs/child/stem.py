"""A host that is forked whenever one is to wait for a job: a millisecond or two, where a start takes ten. Linux only.

The fork has nothing of the stem's but what every Python that starts makes anew and alike. So only a *plain* stem is
forked: with one thread, no file, and no module but the standard library's. What a sitecustomize or a .pth file has
imported might know its process by its number, hold a connection or draw from one row of random numbers.

An order is `<number of the robot's process> <control pipe> <output pipe>`, the pipes by the robot's own descriptors.
The fork answers on its own output. A child of a child whose parent ends at once is adopted by the robot, which is its
parent then as it is of every process that it has started.
"""

import os
import sys
from time import monotonic, sleep

ARGUMENT = "--robot-stem"
ORDER = b"fork "
ORDER_HEADER = "fork %010d\n"
BORN = b"robot: born "  # and the number of the process
NO = b"robot: no\n"
_ADOPTED_WITHIN = 2.0  # seconds
_PAUSE = 0.0001
_OWN_FILES = 4  # stdin, stdout, stderr, and the one by which they are counted
# Ourselves, and two that do nothing but find modules.
_HARMLESS = ("__main__", "_distutils_hack", "_virtualenv")


def is_plain() -> bool:
    """Is there nothing in this process that a fork should not share with it?"""
    if len(os.listdir("/proc/self/task")) > 1 or len(os.listdir("/proc/self/fd")) > _OWN_FILES:  # noqa: PTH208
        return False
    library = os.path.dirname(os.__file__) + os.sep  # noqa: PTH120
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__dict__", {}).get("__file__")
        if name.partition(".")[0] in _HARMLESS or not isinstance(file, str):
            continue
        if not file.startswith(library) or "-packages" + os.sep in file:
            return False
    return True


def fork(order: bytes) -> bool:
    """Make a process that the robot adopts; True in it."""
    if sys.platform == "win32":
        return False
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return False
    try:
        if os.fork():
            os._exit(0)
        robot, control, output = map(int, order.split())
        os.setsid()
        _take_over(robot, control, output)
        _wait_for_adoption(robot)
    except (OSError, ValueError):
        os.write(1, NO)
        os._exit(1)
    return True


def _wait_for_adoption(robot: int) -> None:
    deadline = monotonic() + _ADOPTED_WITHIN
    while os.getppid() != robot:
        if monotonic() > deadline:
            raise OSError(robot)
        sleep(_PAUSE)


def have_memory_of_its_own() -> None:
    """Touch every object now, while nobody waits: the first to write to a page that is shared waits 3 µs for it."""
    known = "gc" in sys.modules
    import gc

    gc.get_objects()
    if not known:
        del sys.modules["gc"]


def _take_over(robot: int, control: int, output: int) -> None:
    """Have the pipes that the robot has made for this process in the place of the stem's."""
    folder = "/proc/%d/fd/" % robot  # noqa: UP031
    reader = os.open(folder + str(control), os.O_RDONLY)
    writer = os.open(folder + str(output), os.O_WRONLY)
    os.dup2(reader, 0)
    os.dup2(writer, 1)
    os.dup2(writer, 2)
    os.close(reader)
    os.close(writer)
