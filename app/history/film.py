"""The last seconds before a failure, picture by picture: read once from the run's film, small ones and whole ones."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from PIL.Image import Image

MOST_PICTURES: Final = 61  # `recorder_seconds` and the last one
MOST_BYTES: Final = 12 * 1024 * 1024  # of all that is held of a film; the oldest pictures go first
_MOST_PIXELS: Final = 4_000_000  # of a picture: the recorder's have a quarter of that
_SMALL: Final = (192, 144)
_LAST_MILLISECONDS: Final = 1000  # of the last picture, which is of the moment itself


class NoFilmError(Exception):
    """The file is none of the recorder's."""


@dataclass(frozen=True)
class Picture:
    """One picture, as JPEG.

    Attributes:
        seconds: before the failure; 0 is its moment.
        small, whole: JPEG.
    """

    seconds: int
    small: bytes
    whole: bytes


def read_film(file: BinaryIO) -> list[Picture]:
    """The pictures, oldest first. What didn't change for seconds is one picture.

    Raises:
        NoFilmError: it is none.
    """
    from PIL import Image  # late: hardly anybody looks at one

    try:
        with Image.open(file, formats=("WEBP",)) as film:
            count = getattr(film, "n_frames", 1)
            if film.width * film.height > _MOST_PIXELS or count > MOST_PICTURES:
                raise NoFilmError
            shown = []
            for number in range(count):
                film.seek(number)
                film.load()
                shown.append((film.info.get("timestamp", 0), *_pictures(film)))
            end = shown[-1][0] + film.info.get("duration", _LAST_MILLISECONDS)
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise NoFilmError from error
    found = [
        Picture(max(0, round((end - _LAST_MILLISECONDS - moment) / 1000)), small, whole)
        for moment, small, whole in shown
    ]
    while len(found) > 1 and sum(len(each.small) + len(each.whole) for each in found) > MOST_BYTES:
        found.pop(0)
    return found


def _pictures(frame: Image) -> tuple[bytes, bytes]:
    whole = frame.convert("RGB")
    small = whole.copy()
    small.thumbnail(_SMALL)
    return _jpeg(small, 65), _jpeg(whole, 75)


def _jpeg(picture: Image, quality: int) -> bytes:
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=quality)
    return data.getvalue()


class LastFilm:
    """Holds the film that was looked at last. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: Hashable = None
        self._pictures: list[Picture] = []

    def pictures(self, key: Hashable, opened: Callable[[], BinaryIO]) -> list[Picture]:
        """See `read_film`.

        Args:
            key: another one for another film.
            opened: opens it; it is closed here.

        Raises:
            NoFilmError: it is none.
            OSError: from `opened`.
        """
        with self._lock:
            if key != self._key:
                self._key, self._pictures = None, []
                with opened() as file:
                    self._pictures = read_film(file)
                self._key = key
            return self._pictures
