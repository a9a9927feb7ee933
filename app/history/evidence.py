"""What one run has kept, for a page that shows it: names, kinds, and the files themselves by their names alone."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO, Final

from app.base.paths import safe_file_name
from app.base.plain_files import is_plain_folder, open_plain, plain_entries
from app.base.plain_text import printable

if TYPE_CHECKING:
    from pathlib import Path

_AT_THE_END: Final = re.compile(r"screen-at-end-\d{6}(-\d+)?\.png")
_FILM: Final = re.compile(r"recording-\d{6}(-\d+)?\.webp")
# What a browser may know a download as; nothing that it would carry out.
_TYPES: Final = {
    ".csv": "text/csv",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".log": "text/plain",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".txt": "text/plain",
    ".webp": "image/webp",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}
_ANY: Final = "application/octet-stream"
_SHOWN: Final = ("image/gif", "image/jpeg", "image/png", "image/webp")


@dataclass(frozen=True)
class KeptFile:
    """One file.

    Attributes:
        name: on the disk.
        shown: the same, harmless for a page.
        size: bytes.
    """

    name: str
    shown: str
    size: int

    @property
    def is_last_picture(self) -> bool:
        """The screen at the moment of the failure."""
        return _AT_THE_END.fullmatch(self.name) is not None

    @property
    def is_film(self) -> bool:
        """The seconds before it."""
        return _FILM.fullmatch(self.name) is not None

    @property
    def is_picture(self) -> bool:
        """A browser can show it."""
        return media_type(self.name) in _SHOWN


def kept_files(folder: Path, guid: str) -> list[KeptFile]:
    """What the run of a job has kept and still is there, oldest first.

    Args:
        folder: of all runs' evidence.
        guid: of the job.
    """
    own = folder / safe_file_name(guid)
    if not is_plain_folder(own):
        return []
    files = [(facts.st_mtime_ns, name, facts) for name, facts in plain_entries(own) if stat.S_ISREG(facts.st_mode)]
    return [KeptFile(name, printable(name), facts.st_size) for _moment, name, facts in sorted(files)]


def says_where_a_picture_is(note: str) -> bool:
    """Whether a note of the robot's in a run's log, of any language, ends with the path of one of its own pictures.

    By its name alone: the data folder may have been moved since.
    """
    name = re.split(r"[/\\]", note)[-1]
    return name != note and (_AT_THE_END.fullmatch(name) or _FILM.fullmatch(name)) is not None


def open_kept(folder: Path, guid: str, name: str) -> BinaryIO:
    """Open one of them.

    Raises:
        OSError: there is none of this name, or it can't be read.
    """
    own = folder / safe_file_name(guid)
    if not is_plain_folder(own):
        raise FileNotFoundError(name)
    return open_plain(own, name)


def media_type(name: str) -> str:
    """As what a file is sent: never as something that a browser carries out."""
    return _TYPES.get(PurePath(name).suffix.lower(), _ANY)
