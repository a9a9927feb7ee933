"""Which script a name means, and which names mean none: nothing outside the scripts folder ever runs."""

from __future__ import annotations

import os
import sys
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.jobs.errors import CannotStartError
from app.jobs.scripts import find_script, script_parts

DEVICES = ["con", "CON", "prn", "aux", "nul", "NUL.py", "com0", "com1", "COM9", "com\u00b9", "lpt0", "lpt1", "LPT9"]
DEVICES += ["lpt\u00b3", "clock$", "CONIN$", "conout$", "con.txt", "nul.tar.gz", "aux .txt", "con .py", "sub/con"]
DEVICES += ["con/sub", "sub\\nul.py", "Com1.2.py"]
TRAVERSAL = ["..", "../x", "..\\x", "a/../x", "a\\..\\x", "a/../../x", "a/..", "...", "....", ".../x", "./x", "a/./x"]
TRAVERSAL += [".", "a/.", "../../../../etc/passwd", "..\\..\\Windows\\System32\\cmd", "a/..\\../x", ".. /x", "..  \\x"]
TRAVERSAL += ["..\u00a0/x", "..py", ".. .py", "x/...py"]
ABSOLUTE = ["/", "\\", "/x", "\\x", "//server/share/x", "\\\\server\\share\\x", "\\\\?\\C:\\x", "\\\\.\\pipe\\x"]
ABSOLUTE += ["C:x", "C:\\x", "c:/x", "C:", "C:..\\x", "\\??\\C:\\x", "/etc/passwd", "file:///x", "http://h/x", "a//b"]
ABSOLUTE += ["a\\\\b", "a/", "a\\", "/dev/stdin", "\\Device\\Null", "\\\\localhost\\c$\\x", "~:x"]
STREAMS = ["a:b", "a.py:b", "a.py::$DATA", ":b", "a:$i30:$INDEX_ALLOCATION", "a::$INDEX_ALLOCATION/b"]
ENDINGS = [
    "a.",
    "a..",
    "a ",
    "a. ",
    "a .",
    "a\u00a0",
    "a./b",
    "a /b",
    " a",
    " a/b",
    "a/ b",
    " ",
    "   ",
    "a .py",
    "a..py",
]
CONTROLS = [
    "a\0",
    "a\0.py",
    "\0",
    "a\nb",
    "a\rb",
    "a\tb",
    "a\x1bb",
    "a\x7fb",
    "a\x85b",
    "a\u2028b",
    "a\u202exe",
    "a\u200bb",
]
CONTROLS += ["\ufeffa", "a\ud800", "a\udfff/b"]
WILDCARDS = ["*", "a*", "a?", "?", "a<b", "a>b", 'a"b', "a|b", "<", "*.py", "a/*/b", "%s|calc"]
LONG = ["a" * 50_000, "a" * 253, "a/" * 600 + "a", "я" * 253, "../" * 20_000, "." * 300]
EMPTY = ["", ".py", "a/.py", "/.py"]
HOSTILE = DEVICES + TRAVERSAL + ABSOLUTE + STREAMS + ENDINGS + CONTROLS + WILDCARDS + LONG + EMPTY

GOOD = {
    "invoices": ("invoices",),
    "invoices.py": ("invoices",),
    "invoices.PY": ("invoices",),
    "finance\\invoices": ("finance", "invoices"),
    "finance/2026/invoices": ("finance", "2026", "invoices"),
    "Счета за март": ("Счета за март",),
    "отчёты\\Счета.py": ("отчёты", "Счета"),
    "a.b": ("a.b",),
    "console": ("console",),
    "com10": ("com10",),
    "nulls/con-1": ("nulls", "con-1"),
    "a.py.py": ("a.py",),
    ".hidden": (".hidden",),
    "..a": ("..a",),
    "$(reboot)": ("$(reboot)",),
    "a;b&c": ("a;b&c",),
}


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A scripts folder with something beside it that must not run."""
    folder = tmp_path / "scripts"
    folder.mkdir()
    (tmp_path / "outside.py").write_text("")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "main.py").write_text("")
    return folder


def put(scripts: Path, *names: str) -> None:
    """Make empty scripts."""
    for name in names:
        (scripts / name).parent.mkdir(parents=True, exist_ok=True)
        (scripts / name).write_text("")


def test_there_are_enough_of_them():
    """The table of hostile names stays a long one."""
    assert len(set(HOSTILE)) >= 80


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:30]))
def test_hostile_names_are_refused_before_any_file_is_looked_at(name):
    """A name that is not a plain path below the folder is refused on every system, in one printable sentence."""
    with pytest.raises(CannotStartError) as caught:
        script_parts(name)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 300


@pytest.mark.parametrize(("name", "parts"), GOOD.items(), ids=map(ascii, GOOD))
def test_ordinary_names(name, parts):
    """Sub-folders with either slash, Cyrillic, spaces and `.py` are all fine."""
    assert script_parts(name) == parts


@given(st.text(max_size=200) | st.from_regex(r"([a-zA-Zя.: /\\*-]{0,4}[/\\]?){0,8}", fullmatch=True))
@example("..\\x")
def test_no_name_at_all_leads_outside(name):
    """Whatever the name, the path that it makes stays below the folder, read as Windows and as POSIX read it."""
    try:
        parts = script_parts(name)
    except CannotStartError:
        return
    for kind, root in ((PurePosixPath, "/scripts"), (PureWindowsPath, "C:\\scripts")):
        path = kind(root, *parts)
        assert path.is_relative_to(root)
        assert path != kind(root)
        assert ".." not in path.parts


def test_the_first_of_three_candidates_wins(scripts):
    """NAME.py, else NAME/main.py, else NAME/__main__.py."""
    put(scripts, "a.py", "a/main.py", "a/__main__.py", "b/main.py", "b/__main__.py", "c/__main__.py")
    found = [find_script(scripts, name).file.relative_to(scripts).as_posix() for name in "abc"]
    assert found == ["a.py", "b/main.py", "c/__main__.py"]


def test_a_name_without_a_script_is_said(scripts):
    """The message names the script and the folder in which it was looked for."""
    with pytest.raises(CannotStartError, match=r"no script “nothing” in .*scripts"):
        find_script(scripts, "nothing")


def test_a_name_without_a_script_lists_what_was_looked_for(scripts):
    """Each file, so that a person sees at once which of them to put there."""
    with pytest.raises(CannotStartError) as caught:
        find_script(scripts, "finance\\отчёт.py")
    for file in ("отчёт.py", "отчёт/main.py", "отчёт/__main__.py"):
        assert str(Path("finance", file)) in str(caught.value)


@pytest.mark.parametrize(
    "name",
    ["Счета 25.11.2026 12:30", "Invoices 2026-11-25 12:30:59", "Invoices_2026-11-25_12-30", "A 11/25/2026 1:30:00 PM"],
)
def test_a_name_that_the_orchestrator_proposed_is_recognised(scripts, name):
    """It names no script, and the message says what to do about it."""
    with pytest.raises(CannotStartError, match="proposes by default"):
        find_script(scripts, name)


@pytest.mark.parametrize("name", ["отчёт 2026", "2026-11-25", "report 12:30"])
def test_a_date_alone_is_a_name_like_others(scripts, name):
    """Only date and time at the end are the Orchestrator's."""
    with pytest.raises(CannotStartError) as caught:
        find_script(scripts, name)
    assert "proposes" not in str(caught.value)


@pytest.mark.parametrize("named", ["NFC", "NFD"])
@pytest.mark.parametrize("folder", ["NFC", "NFD"])
@pytest.mark.parametrize("file", ["NFC", "NFD"])
def test_letters_in_one_character_or_in_two(scripts, named, folder, file):
    """What looks alike is alike, whatever the Orchestrator and the disk have."""
    name, on_disk = (
        unicodedata.normalize(named, "отчёты/мой"),
        unicodedata.normalize(folder, "отчёты") + "/" + unicodedata.normalize(file, "мой") + ".py",
    )
    put(scripts, on_disk)
    assert find_script(scripts, name).file == scripts / on_disk


def test_the_spelling_of_the_name_itself_comes_first(scripts):
    """Two files that look alike are two files."""
    put(scripts, unicodedata.normalize("NFC", "й.py"), unicodedata.normalize("NFD", "й.py"))
    for form in ("NFC", "NFD"):
        name = unicodedata.normalize(form, "й")
        assert find_script(scripts, name).file.name == name + ".py"


def test_a_name_of_512_characters(scripts):
    """The longest one that the Orchestrator has."""
    name = "/".join(["ж" * 100] * 5) + "/" + "ж" * 7
    assert len(name) == 512
    put(scripts, name + ".py")
    assert find_script(scripts, name).file == scripts / (name + ".py")


@pytest.mark.skipif(sys.platform == "win32", reason="Linux counts bytes")
def test_a_path_over_the_systems_limits_is_said(scripts):
    """Which limit it is: of a part, or of the whole path."""
    with pytest.raises(
        CannotStartError, match=r"a part of it takes 503 bytes as a file name, and this system allows 2"
    ):
        find_script(scripts, "ж" * 250)
    folder = scripts
    while len(bytes(folder)) < 3600:
        folder /= "d" * 200
    here = Path.cwd()
    try:
        os.chdir(scripts)
        for part in folder.relative_to(scripts).parts:
            Path(part).mkdir()
            os.chdir(part)
    finally:
        os.chdir(here)
    with pytest.raises(CannotStartError, match=r"its path takes .* bytes, and this system allows 4095"):
        find_script(folder, "ж" * 120 + "/" + "ж" * 120)


def test_a_folder_is_not_a_script(scripts):
    """A folder called like a script does not run."""
    (scripts / "a.py").mkdir()
    with pytest.raises(CannotStartError, match="no script"):
        find_script(scripts, "a")


def test_a_missing_scripts_folder_is_said(tmp_path):
    """The setting to correct is named."""
    with pytest.raises(CannotStartError, match="Set “scripts”"):
        find_script(tmp_path / "missing", "a")


def _link(link: Path, target: Path) -> None:
    if sys.platform == "win32" and target.is_dir():
        import _winapi

        _winapi.CreateJunction(str(target), str(link))  # needs no privilege, a symbolic link does
    else:
        link.symlink_to(target)


@pytest.mark.parametrize("name", ["linked/x", "linked"])
def test_a_linked_folder_that_leads_out_is_refused(scripts, name):
    """Links and junctions are followed before the decision."""
    (scripts.parent / "outside" / "x.py").write_text("")
    _link(scripts / "linked", scripts.parent / "outside")
    with pytest.raises(CannotStartError, match="leads out of the scripts folder"):
        find_script(scripts, name)


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links to files need a privilege on Windows")
def test_a_linked_file_that_leads_out_is_refused(scripts):
    """A script that is a link to a file elsewhere does not run."""
    _link(scripts / "x.py", scripts.parent / "outside.py")
    with pytest.raises(CannotStartError, match="leads out of the scripts folder"):
        find_script(scripts, "x")


def test_a_linked_folder_inside_runs_under_its_real_name(scripts):
    """What runs is the file that was checked, not the link, which could be changed meanwhile."""
    put(scripts, "real/x.py")
    _link(scripts / "linked", scripts / "real")
    assert find_script(scripts, "linked/x").file == scripts / "real" / "x.py"


def test_the_scripts_folder_may_be_a_link_itself(scripts):
    """The administrator may link the folder as a whole; scripts keep the spelling of the settings."""
    put(scripts, "x.py")
    _link(scripts.parent / "alias", scripts)
    assert find_script(scripts.parent / "alias", "x").file == scripts.parent / "alias" / "x.py"
