"""The templates of Group Policy: whole, well-formed, and what they write is what the robot reads."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from app.base.i18n import set_language
from app.settings import policy
from app.settings.admx import LANGUAGES, NAMESPACE
from app.settings.loading import load_settings
from app.settings.model import Settings
from tests.settings.conftest import NEEDED

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
TAGS = {"p": NAMESPACE}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The templates, as the build command writes them."""
    spec = importlib.util.spec_from_file_location("policies", ROOT / "build" / "policies.py")
    assert spec
    assert spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.write(tmp_path)
    yield tmp_path
    set_language("en")


def policies(folder: Path) -> dict[str, ET.Element]:
    """The policies of the ADMX by name."""
    root = ET.parse(folder / "Robot.admx").getroot()  # noqa: S314 - made here
    return {each.attrib["name"]: each for each in root.iterfind("p:policies/p:policy", TAGS)}


def test_every_setting_has_a_policy(folder: Path) -> None:
    """Each but the GUID, for computer and user, below the key that the robot reads; a new setting comes by itself."""
    found = policies(folder)
    assert list(found) == [key for key in Settings.keys() if key != "robot_guid"]
    for each in found.values():
        assert each.attrib["key"] == policy.KEY
        assert each.attrib["class"] == "Both"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reference_has_its_text(folder: Path, language: str) -> None:
    """Strings and presentations that the ADMX names are in each ADML, none more; Russian ones are Russian."""
    admx = (folder / "Robot.admx").read_text("utf-8")
    root = ET.parse(folder / LANGUAGES[language] / "Robot.adml").getroot()  # noqa: S314 - made here
    strings = {each.attrib["id"]: each.text or "" for each in root.iterfind(".//p:stringTable/p:string", TAGS)}
    shown = {each.attrib["id"]: each for each in root.iterfind(".//p:presentation", TAGS)}
    assert {name for name in strings if f"$(string.{name})" in admx} == set(strings)
    assert admx.count("$(string.") == len(strings)
    assert {name for name in shown if f"$(presentation.{name})" in admx} == set(shown)
    assert admx.count("$(presentation.") == len(shown)
    for key, policy_of in policies(folder).items():
        elements = policy_of.find("p:elements", TAGS)
        if elements is not None:
            (element,), (control,) = list(elements), list(shown[key])
            assert element.attrib["id"] == control.attrib["refId"] == element.attrib["valueName"] == key
        is_russian = any("а" <= letter <= "я" for letter in strings[f"{key}_explained"])
        assert is_russian == (language == "ru")


def written(each: ET.Element) -> list[Any]:
    """What Windows would write into the registry for a policy that is switched on or off."""
    key = each.attrib["name"]
    if "valueName" in each.attrib:
        return [int(value.attrib["value"]) for value in each.iterfind("*/p:decimal", TAGS)]
    (element,) = list(each.iterfind("p:elements/*", TAGS))
    match element.tag.removeprefix(f"{{{NAMESPACE}}}"):
        case "enum":
            return [value.text for value in element.iterfind("p:item/p:value/p:string", TAGS)]
        case "decimal":
            return [int(element.attrib["minValue"]), int(element.attrib["maxValue"])]
    return ["http://somewhere:4500" if key in {"host", "proxy"} else r"folder\file"]


def test_what_windows_writes_is_what_the_robot_reads(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each value that a template can write, bounds included, is a good one, and it is in force."""
    file = tmp_path / "robot.toml"
    file.write_text(NEEDED, "utf-8")
    for key, each in policies(folder).items():
        for value in written(each):
            layer = policy.policy_layer("there", {key: value})
            monkeypatch.setattr(policy, "policy_layers", lambda layer=layer: (layer,))
            found = load_settings(file, {})
            assert found.policies == (key,)
            if isinstance(value, int):
                assert float(getattr(found.settings, key)) == value


def test_two_builds_are_alike(folder: Path) -> None:
    """Line ends are Windows'; every file is there."""
    files = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.ad*"))
    assert files == ["Robot.admx", "en-US/Robot.adml", "ru-RU/Robot.adml"]
    assert b"\r\n" in (folder / "Robot.admx").read_bytes()
