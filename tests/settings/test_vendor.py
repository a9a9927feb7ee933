"""Taking over the vendor framework's settings.txt: `app/settings/vendor.py`."""

from __future__ import annotations

import pytest

from app.base.errors import SettingsError
from app.settings.model import Settings, WrongSettingsError
from app.settings.vendor import VendorSettings, find_vendor_settings, parse_vendor_settings

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
HOST = "http://192.168.1.111:4500"


@pytest.fixture
def file(tmp_path):
    """Where the settings are written."""
    return tmp_path / "settings.txt"


@pytest.mark.parametrize(
    ("content", "log_off"),
    [
        (f"{GUID}\n{HOST}\n1\n", True),
        (f"{GUID}\n{HOST}\n0", False),
        (f"{GUID}\n{HOST}", True),
        (f"{GUID}\r\n{HOST}\r\n\r\n\r\n", True),
        (f"{GUID}\r\n{HOST}/\r\n0\r\n", False),
        (f"  {GUID} \t\n {HOST}  \n 0 \n\n", False),
        (f"{{{GUID}}}\r{HOST}\r0\r", False),
        (f"{GUID}\n{HOST}\n1\nsomething of a later version", True),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_three_lines_are_taken_as_people_save_them(file, content, log_off, encoding):
    """BOM, line ends, blanks, braces, a slash behind the host, and a missing third line don't matter."""
    file.write_bytes(content.encode(encoding))
    assert parse_vendor_settings(file) == VendorSettings(GUID, HOST, log_off)


def test_the_guid_is_taken_as_written(file):
    """The credential isn't changed, not even its case."""
    file.write_text(f"{GUID.upper()}\n{HOST}")
    assert parse_vendor_settings(file).guid == GUID.upper()


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("", [1, 2]),
        (f"{GUID}\n", [2]),
        (f"{GUID[:-1]}\n{HOST}", [1]),
        (f"{GUID}\n192.168.1.111:4500\n1", [2]),
        (f"{GUID}\nftp://host\n1", [2]),
        (f"{GUID}\nhttp://серв\ufffdр\n1", [2]),  # what a letter of another encoding becomes
        (f"{GUID}\nhttp://host:abc\n1", [2]),
        (f"{GUID}\nhttp://\n1", [2]),
        (f"{GUID}\n{HOST}\nyes", [3]),
        (f"{HOST}\n{GUID}\n2", [1, 2, 3]),
        (f"\n{GUID}\n{HOST}\n", [1, 2, 3]),
        ("\x00\x01\x02" * 100, [1, 2]),
    ],
)
def test_every_wrong_line_is_said_at_once_and_none_is_repeated(file, content, lines):
    """The message names the file and each wrong line; the GUID, wherever it stands, isn't shown."""
    file.write_text(content, "utf-8")
    with pytest.raises(SettingsError) as refused:
        parse_vendor_settings(file)
    text = str(refused.value)
    assert str(file) in text
    assert [n for n in (1, 2, 3) if f"Line {n} " in text] == lines
    assert GUID[:-1] not in text


ODD_HOSTS = [
    "http://o:0",
    "http://o:99999",
    "http://me:hunter2@o",
    "http://@o",
    "http://o?x=1",
    "http://o#x",
    "http://o\\x",
    "http://<orchestrator>",
    "http://o\u00a0p",
    "http://[::1",
    "http://o/'x'",
    " HTTP://O/ ",
    "http://o/sherpa//",
    "https://[::1]:4500/",
]


@pytest.mark.parametrize("host", ODD_HOSTS)
def test_what_is_taken_over_is_what_the_robot_takes(file, host):
    """An address that the robot's own settings would refuse is refused here; one that they take is the same there."""
    file.write_text(f"{GUID}\n{host}", "utf-8")
    try:
        expected = Settings.from_values(
            {"host": host, "robot_guid": GUID, "scripts": file.parent, "data_dir": file.parent}
        ).host
    except WrongSettingsError:
        with pytest.raises(SettingsError, match="Line 2") as refused:
            parse_vendor_settings(file)
        assert host not in str(refused.value)
    else:
        assert parse_vendor_settings(file).host == expected


def test_text_that_is_not_utf8_is_refused_in_words(file):
    """A file of another kind is no traceback."""
    file.write_bytes("робот".encode("cp1251") + b"\xff\n")
    with pytest.raises(SettingsError, match="Line 1"):
        parse_vendor_settings(file)


def test_a_file_that_cannot_be_read_is_named(file):
    """A missing file and a folder say what is wrong and where."""
    with pytest.raises(SettingsError, match="can't be read"):
        parse_vendor_settings(file)
    with pytest.raises(SettingsError, match="can't be read"):
        parse_vendor_settings(file.parent)


def test_the_vendors_file_is_found_by_itself(tmp_path, monkeypatch):
    """It lies in the roaming folder of the user, where the vendor's framework keeps it."""
    monkeypatch.setenv("APPDATA", str(tmp_path))
    assert find_vendor_settings() is None
    file = tmp_path / "Sherpa RPA Python" / "settings.txt"
    file.parent.mkdir()
    assert find_vendor_settings() is None
    file.write_text(f"{GUID}\n{HOST}")
    assert find_vendor_settings() == file
    monkeypatch.delenv("APPDATA")
    assert find_vendor_settings() is None


def test_the_guid_is_not_in_the_repr():
    """A setting that is logged by mistake doesn't tell the credential."""
    assert GUID not in repr(VendorSettings(GUID, HOST, log_off=True))
