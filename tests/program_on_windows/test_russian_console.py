"""robot-cli on a Russian Windows, whose console has code page 866: files and pipes are readable there."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.program_on_windows.conftest import ROOT
from tests.program_on_windows.machine import ON_WINDOWS, SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wine.prefix import Prefix

pytestmark = pytest.mark.skipif(ON_WINDOWS, reason="the language of this Windows is not ours to choose")
LOCALE = "ru_RU.UTF-8"
SAID = "Ничего не ждёт: Оркестратор знает обо всех работах."


@pytest.fixture(scope="module")
def russian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prefix]:
    """A machine whose language is Russian: that of the Linux user who starts Wine."""
    from wine.prefix import Prefix

    folder = tmp_path_factory.mktemp("russian")
    made = subprocess.run(["localedef", "-i", "ru_RU", "-f", "UTF-8", str(folder / LOCALE)], check=False)
    if made.returncode:
        pytest.skip("needs the sources of the locales: apt-get install locales")
    prefix = Prefix(folder / "prefix", {"LC_ALL": LOCALE, "LANG": LOCALE, "LOCPATH": str(folder)})
    prefix.create()
    yield prefix
    prefix.kill()
    shutil.rmtree(prefix.folder, ignore_errors=True)


def printed(prefix: Prefix, command: str, **variables: str) -> bytes:
    """What a command of cmd writes into its own output, which is a pipe."""
    done = subprocess.run(
        ["wine", "cmd", "/c", command],
        env=prefix.environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=SECONDS,
        check=True,
    )
    return done.stdout


def cli(prefix: Prefix) -> str:
    """The program as Windows calls it."""
    return prefix.windows_path(ROOT / "dist" / "Robot" / "robot-cli.exe")


def test_a_pipe_and_a_file_are_readable(russian: Prefix) -> None:
    """`| more` and `> file`, as `type` shows it: in the console's code page, without being asked."""
    assert SAID in printed(russian, f"{cli(russian)} outbox | more").decode("cp866")
    printed(russian, f"{cli(russian)} outbox > C:\\said.txt")
    said: Path = russian.drive_c / "said.txt"
    assert said.read_bytes().decode("cp866").strip() == SAID


def test_utf8_by_choice(russian: Prefix) -> None:
    """PYTHONUTF8=1 or PYTHONIOENCODING."""
    for choice in ({"PYTHONUTF8": "1"}, {"PYTHONIOENCODING": "utf-8"}):
        assert printed(russian, f"{cli(russian)} outbox", **choice).decode("utf-8").strip() == SAID
