"""A journal's life is recorded, write by write, and cut off by the power at each of its moments.

The method is that of ALICE and CrashMonkey. `recorded_writes.c` notes what a process does to its files. What a cut
leaves is built from that: of each file, what it held when it was last synced is there; of what was written, cut or
renamed since, anything may be there or not, in any order, and a write may be torn at any sector. A file that was made
is there with its first sync. Then the real journal opens what is left.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).parents[2]
COMPILER: Final = shutil.which("cc")
_SOURCE: Final = Path(__file__).with_name("recorded_writes.c")
_SECTOR: Final = 512  # bytes: what a disk writes whole


@dataclass(frozen=True)
class Event:
    """One thing that was done to a file, or what the process has promised by then.

    Attributes:
        kind: write, truncate, sync, unlink, rename, or promise.
        name: of the file; of a promise: its text.
        at: offset of a write, size of a truncation.
        data: what was written; the new name.
    """

    kind: str
    name: str
    at: int = 0
    data: bytes = b""


def record(program: str, folder: Path, *arguments: str) -> list[Event]:
    """What the Python text `program` does below `folder`, and what it says line by line, in order."""
    assert COMPILER
    library, log = folder.parent / "recorded_writes.so", folder.parent / "record"
    if not library.exists():
        subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-o", str(library), str(_SOURCE), "-ldl"], check=True)
    log.unlink(missing_ok=True)
    environment = {
        **os.environ,
        "LD_PRELOAD": str(library),
        "RECORD_FOLDER": f"{folder}/journal",
        "RECORD_TO": str(log),
    }
    command = [sys.executable, "-c", PROMISES + program, str(folder), *arguments]
    subprocess.run(command, env=environment, cwd=ROOT, check=True)
    return list(_read(log.read_bytes()))


# The record is written by one process, in whole pieces: a promise stands there behind what was done for it.
PROMISES: Final = """
import os, sys
_record = os.open(os.environ["RECORD_TO"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
def promise(text): os.write(_record, f"P {text}\\n".encode())
"""


def _read(log: bytes) -> Iterator[Event]:
    at = 0

    def line() -> str:
        nonlocal at
        end = log.index(b"\n", at)
        text, at = log[at:end].decode(), end + 1
        return text

    while at < len(log):
        kind, _space, rest = line().partition(" ")
        if kind == "W":
            offset, size, path = rest.split(" ", 2)
            yield Event("write", Path(path).name, int(offset), log[at : at + int(size)])
            at += int(size)
        elif kind == "T":
            size, path = rest.split(" ", 1)
            yield Event("truncate", Path(path).name, int(size))
        elif kind == "R":
            yield Event("rename", Path(rest).name, data=Path(line()).name.encode())
        elif kind == "P":
            yield Event("promise", rest)
        else:
            yield Event({"S": "sync", "U": "unlink"}[kind], Path(rest).name)


class Remains:
    """The disk, from one event to the next; `files` were there before."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self._synced: dict[str, bytes] = dict(files or {})
        self._since: dict[str, list[Event]] = defaultdict(list)

    def happens(self, event: Event) -> None:
        """One event more."""
        name = event.name
        if event.kind in ("write", "truncate"):
            self._since[name].append(event)
        elif event.kind == "sync":
            self._synced[name] = _applied(self._synced.get(name, b""), self._since.pop(name, []))
        elif event.kind == "unlink":  # what a folder holds is kept in order by the file systems of today
            self._synced.pop(name, None)
            self._since.pop(name, None)
        elif event.kind == "rename":
            new = event.data.decode()
            for files in (self._synced, self._since):
                if name in files:
                    files[new] = files.pop(name)  # type: ignore[assignment]

    def left(self, how: str, rng: random.Random) -> dict[str, bytes]:
        """The files after a power cut: `all` that was written is there, `nothing` unsynced, `some`, or some `torn`."""
        files = dict(self._synced)
        for name, events in self._since.items():
            kept = {"all": events, "nothing": []}.get(how)
            if kept is None:
                kept = [event for event in events if rng.random() < 0.5]
                rng.shuffle(kept)
                if how == "torn":
                    kept = [_torn(event, rng) for event in kept]
            if kept or name in files:
                files[name] = _applied(files.get(name, b""), kept)
        return files


def _torn(event: Event, rng: random.Random) -> Event:
    if event.kind != "write" or rng.random() < 0.5:
        return event
    # Its first sectors, or its last ones.
    at = rng.randrange(0, len(event.data) + 1, _SECTOR)
    if rng.random() < 0.5:
        return Event("write", event.name, event.at, event.data[:at])
    return Event("write", event.name, event.at + at, event.data[at:])


def _applied(content: bytes, events: list[Event]) -> bytes:
    file = bytearray(content)
    for event in events:
        if event.kind == "truncate":
            del file[event.at :]
            file.extend(bytes(event.at - len(file)))
        else:
            file.extend(bytes(max(0, event.at - len(file))))
            file[event.at : event.at + len(event.data)] = event.data
    return bytes(file)
