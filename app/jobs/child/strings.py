"""What other programs see of a process of Linux: its variables and its command line, as they are kept in its memory.

https://man7.org/linux/man-pages/man5/proc_pid_environ.5.html
"""

import os
import sys

_ARGUMENTS_START = 45  # of the fields in /proc/self/stat, counted from the state


if sys.platform != "win32":

    def write_over(name: str, begin: bytes, strings: "list[bytes]") -> None:
        """Put `strings` in /proc/self/`name`, in the place of the one that begins with `begin` and all behind it.

        Zero bytes are left behind them.

        Args:
            name: environ or cmdline.
            begin: enough of the string to know it by.
            strings: what is seen there from now on.

        Raises:
            OSError: the system doesn't let us.
            ValueError: there is no such string, or no room.
        """
        with open("/proc/self/stat", "rb") as file:  # noqa: PTH123
            fields = file.read().rpartition(b")")[2].split()
        with open("/proc/self/" + name, "rb") as file:  # noqa: PTH123
            now = file.read()
        start = int(fields[_ARGUMENTS_START + (2 if name == "environ" else 0)])
        offset = (b"\0" + now).index(b"\0" + begin)
        content = b"".join(each + b"\0" for each in strings).ljust(len(now) - offset, b"\0")
        if len(content) > len(now) - offset:
            raise ValueError(name)
        memory = os.open("/proc/self/mem", os.O_RDWR)
        try:
            written = os.pwrite(memory, content, start + offset)
        finally:
            os.close(memory)
        if written != len(content):
            raise OSError(name)
