"""Known bugs, put back one at a time: the simulation must find each of them, or it proves nothing.

A mutant is a piece of the robot's source and what stood in its place; it is put back while the module is imported.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Mutant:
    """A bug: what the file says today, and what it said with the bug; which point of the durability rule it breaks."""

    point: str
    about: str
    file: str
    today: str
    then: str
    also: tuple[tuple[str, str], ...] = ()

    @property
    def module(self) -> str:
        """Its dotted name."""
        return self.file.removesuffix(".py").replace("/", ".")

    def source(self) -> str:
        """The file with the bug in it.

        Raises:
            LookupError: the file doesn't say that any more; the mutant has to be written anew.
        """
        text = (ROOT / self.file).read_text("utf-8")
        for today, then in ((self.today, self.then), *self.also):
            if text.count(today) != 1:
                raise LookupError(f"{self.file} has this {text.count(today)} times: {today}")
            text = text.replace(today, then)
        return text


def put_back(mutant: Mutant) -> None:
    """Let the module of this mutant be imported with its bug; before the robot is imported."""
    source = mutant.source()

    class Loader(importlib.machinery.SourceFileLoader):
        def get_code(self, fullname: str) -> object:  # type: ignore[override]
            return compile(source, self.path, "exec", dont_inherit=True)

    class Finder:
        @staticmethod
        def find_spec(
            fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
        ) -> ModuleSpec | None:
            if fullname != mutant.module:
                return None
            file = str(ROOT / mutant.file)
            return importlib.util.spec_from_file_location(fullname, file, loader=Loader(fullname, file))

    sys.meta_path.insert(0, Finder)
