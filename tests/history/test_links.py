"""Links to logs: short, and right for every name."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from app.history import links


@pytest.mark.parametrize(
    "name",
    ["101500 invoices 5f3c9a17.log", "Ёлка.log", "100%.log", "a#b?c.log", "x;y&z='\".log", "a:b.log", "%41.log"],
)
def test_a_link_leads_to_the_log(name: str) -> None:
    """Resolved against the base as a browser does it, the link is the log's own address."""
    log = PurePosixPath("/srv/Робот/logs/jobs/2026-11-24") / name
    folder = PurePosixPath("/srv/Робот/logs/jobs")
    address = urljoin(links.base_address(folder), links.link(log, folder))
    parts = urlsplit(address)
    assert (parts.scheme, parts.query, parts.fragment) == ("file", "", "")
    assert unquote(parts.path) == str(log)


def test_a_name_with_a_colon_is_no_scheme() -> None:
    """A log that lies in the common folder itself can't be taken for `javascript:`."""
    folder = PurePosixPath("/srv/logs")
    assert ":" not in links.link(folder / "javascript:alert(1)", folder)


def test_letters_are_not_escaped() -> None:
    """A Cyrillic name costs two bytes a letter, not six."""
    folder = PurePosixPath("/srv")
    assert links.link(folder / "a" / "счета 1.log", folder) == "a/счета%201.log"


def test_windows_paths_become_addresses() -> None:
    """A drive is part of the base, backslashes become slashes."""
    folder = PureWindowsPath(r"C:\Users\Анна\AppData\Local\Robot\logs\jobs")
    assert links.base_address(folder).startswith("file:///C:/Users/%D0%90")
    assert links.link(folder / "2026-11-24" / "a b.log", folder) == "2026-11-24/a%20b.log"


def test_the_common_folder_is_the_deepest() -> None:
    """One log's own folder, or what several share."""
    one = PurePosixPath("/srv/logs/2026-11-24/a.log")
    assert links.common_folder([one]) == PurePosixPath("/srv/logs/2026-11-24")
    assert links.common_folder([one, PurePosixPath("/srv/logs/2026-11-23/a.log")]) == PurePosixPath("/srv/logs")
    assert links.common_folder([]) is None
    assert links.common_folder([PurePosixPath("a.log")]) is None


def test_without_a_common_folder_links_are_whole() -> None:
    """Logs on two drives keep their own addresses; a relative path has none."""
    assert links.link(PureWindowsPath(r"D:\logs\a.log"), None) == "file:///D:/logs/a.log"
    assert links.link(PurePosixPath("a.log"), None) == ""
