"""The encoding of what the program says into a pipe or a file: what its reader on this machine expects.

The program itself is in UTF-8 mode. On Windows a pipe's other end (`more`, `findstr`, PowerShell, `type` of a file)
takes text for the console's code page, 866 on a Russian machine: so that is what is written there, as Windows' own
tools do. Python's usual variables choose otherwise: `PYTHONUTF8=1`, or `PYTHONIOENCODING=utf-8`. A console needs
neither, it is written to in Unicode; other systems say their encoding by the locale.

https://learn.microsoft.com/windows/console/getconsoleoutputcp
https://docs.python.org/3/using/cmdline.html#envvar-PYTHONIOENCODING
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

UTF8: Final = "utf-8"


def set_up_streams(language: str) -> None:
    """Give stdout and stderr their encoding. Better a question mark for one letter than no output at all."""
    if sys.platform != "win32":
        _reopen_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # None in a windowed program
            if sys.platform == "win32" and not stream.isatty():
                speak(stream, encoding_for_a_pipe(os.environ, console_code_page(), language))
            else:
                stream.reconfigure(errors="replace")


def _reopen_closed() -> None:
    """Descriptors that whoever started the program has closed (`>&-`) lead into nothing, so that no file gets them."""
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free: this one
            if getattr(sys, name) is None:
                setattr(sys, name, os.fdopen(descriptor, "w" if descriptor else "r", encoding=UTF8, closefd=False))


def speak_utf8_to(stream: TextIO) -> None:
    """JSON is UTF-8 whatever the console has, because programs read it. Nothing may have been written yet."""
    if isinstance(stream, io.TextIOWrapper):
        speak(stream, UTF8)


def takes_utf8(stream: TextIO | None) -> bool:
    """Whether it is written to in UTF-8; if not, JSON had better be plain ASCII, which is the same everywhere."""
    try:
        return codecs.lookup(getattr(stream, "encoding", None) or "").name == UTF8
    except LookupError:
        return False


def speak(stream: io.TextIOWrapper, encoding: str) -> None:
    """Change the encoding; what it hasn't got becomes a question mark."""
    stream.reconfigure(encoding=encoding, errors="replace")  # together: an encoding alone makes errors strict


def encoding_for_a_pipe(environ: Mapping[str, str], code_page: int, language: str) -> str:
    """A codec's name: the one that the variables choose, else the code page's.

    UTF-8 for one that Python lacks, or that hasn't the letters of `language`: Russian on a machine whose console is
    Western would be nothing but question marks. The program that PyInstaller made doesn't look at Python's variables,
    so they are read here.
    """
    chosen = environ.get("PYTHONIOENCODING", "").partition(":")[0]
    if not chosen and environ.get("PYTHONUTF8") == "1":
        chosen = UTF8
    try:
        name = codecs.lookup(chosen or f"cp{code_page}").name
        if not chosen and language == "ru":
            "я".encode(name)
    except (LookupError, UnicodeEncodeError):
        return UTF8
    return name


if sys.platform == "win32":
    import ctypes

    def console_code_page() -> int:
        """The code page of this process's console; without one, what a new console would have."""
        kernel32 = ctypes.windll.kernel32
        return int(kernel32.GetConsoleOutputCP() or kernel32.GetOEMCP())
