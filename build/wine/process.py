"""Running a program under Wine to its own end, and no longer.

The first program in a prefix starts Wine's services, which inherit its standard output and outlive it by minutes:
whoever reads a pipe to its end waits for them.
"""

from __future__ import annotations

import os
import subprocess
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LAST_OUTPUT_SECONDS: Final = 0.5  # what the program has written is in the pipe when it ends


def run_to_end(
    command: Sequence[str], environment: Mapping[str, str], timeout: float | None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; both of its output streams are in `stdout`.

    Raises:
        subprocess.TimeoutExpired: it took longer than `timeout` seconds and was killed.
    """
    reader, writer = os.pipe()
    try:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.STDOUT
        )
    except BaseException:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    said = bytearray()
    thread = threading.Thread(target=_read, args=(reader, said), daemon=True)
    thread.start()
    try:
        code = process.wait(timeout)
    except BaseException:
        process.kill()
        process.wait()
        raise
    thread.join(_LAST_OUTPUT_SECONDS)
    text = bytes(said).decode("utf-8", "replace").replace("\r\n", "\n")
    return subprocess.CompletedProcess(command, code, text)


def _read(source: int, into: bytearray) -> None:
    with os.fdopen(source, "rb", buffering=0) as stream:
        while data := stream.read(65536):
            into += data
