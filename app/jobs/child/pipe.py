"""The control pipe's end in the script's process.

The pipe is not the script's. Code that closes what it didn't open (daemons do) hits it all the same; the robot's end of
it then leads to it again, and whether the robot lives is seen from the parent's number. On Windows a handle without a
descriptor is out of its reach.
"""

import os
import sys

_BYTES = 4096
_FAR = 900  # descriptors from here on are out of the way of closerange(3, 256)


if sys.platform == "win32":
    import _winapi
    import msvcrt

    class ControlPipe:
        """Takes the descriptor `control` over: its handle without it, for itself alone."""

        def __init__(self, control: int) -> None:
            own = _winapi.GetCurrentProcess()
            handle = msvcrt.get_osfhandle(control)
            self._handle = _winapi.DuplicateHandle(own, handle, own, 0, False, _winapi.DUPLICATE_SAME_ACCESS)
            os.close(control)

        def read(self) -> "bytes | None":
            """What the pipe holds, b"" at its end, None if it can't be read now."""
            try:
                return _winapi.ReadFile(self._handle, _BYTES)[0]
            except BrokenPipeError:
                return b""
            except OSError:
                return None

        def wake_reader(self) -> None:
            """Nobody forks here."""

        def close(self) -> None:
            """Let go of it."""
            _winapi.CloseHandle(self._handle)

else:

    class ControlPipe:
        """Takes the descriptor `control` over, moves it out of the way, and reads from it whatever the script does."""

        def __init__(self, control: int) -> None:
            self._parent = os.getppid()
            self._adopt(control)
            stat = os.fstat(self._descriptor)
            self._identity = (stat.st_dev, stat.st_ino)

        def read(self) -> "bytes | None":
            """What the pipe holds, b"" at its end, None if it can't be read now."""
            if not self._is_open() and not self._reopen():
                return b"" if os.getppid() != self._parent else None
            try:
                return os.read(self._descriptor, _BYTES)
            except OSError:
                return None

        def wake_reader(self) -> None:
            """Write an empty line into it."""
            if self._is_open():
                try:
                    end = os.open("/proc/self/fd/%d" % self._descriptor, os.O_WRONLY | os.O_NONBLOCK)  # noqa: UP031
                    os.write(end, b"\n")
                    os.close(end)
                except OSError:
                    pass

        def close(self) -> None:
            """Let go of it."""
            os.close(self._descriptor)

        def _adopt(self, control: int) -> None:
            try:
                self._descriptor = os.dup2(control, _FAR, inheritable=False)
                os.close(control)
            except OSError:  # so many are not allowed here
                self._descriptor = control

        def _is_open(self) -> bool:
            """Is the descriptor still the pipe's? A script may have closed it, and opened something else."""
            try:
                stat = os.fstat(self._descriptor)
            except OSError:
                return False
            return (stat.st_dev, stat.st_ino) == self._identity

        def _reopen(self) -> bool:
            """Open the pipe once more through the robot's own end of it."""
            name = "pipe:[%d]" % self._identity[1]  # noqa: UP031
            folder = "/proc/%d/fd/" % self._parent  # noqa: UP031
            try:
                for each in os.listdir(folder):  # noqa: PTH208
                    if os.readlink(folder + each) == name:  # noqa: PTH115
                        control = os.open(folder + each, os.O_RDONLY | os.O_NONBLOCK)  # waits for nobody
                        os.set_blocking(control, True)
                        self._adopt(control)
                        return True
            except OSError:
                pass
            return False
