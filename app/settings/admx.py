"""Administrative templates of Group Policy, made from the settings: one ADMX for all, one ADML for each language.

Each setting is one policy, for the computer and for the user. Its title is its key, so that it is found in the guide;
its explanation is that of the settings file's template. The GUID is none (`policy`).
https://learn.microsoft.com/previous-versions/windows/desktop/policy/admx-schema
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from app.base.i18n import _
from app.settings import values
from app.settings.file import toml_text
from app.settings.model import Settings
from app.settings.policy import KEY, NEVER

if TYPE_CHECKING:
    from app.settings.model import Setting

NAMESPACE: Final = "http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions"
LANGUAGES: Final = {"en": "en-US", "ru": "ru-RU"}  # the folders in which Windows looks
_REVISION: Final = {"revision": "1.0", "schemaVersion": "1.0"}
_LARGEST: Final = 2**32 - 1  # REG_DWORD
_LONGEST: Final = "1023"  # characters of a text


def policy_keys() -> tuple[str, ...]:
    """The settings that have a policy, in the order of the template."""
    return tuple(key for key in Settings.keys() if key not in NEVER)


def definitions() -> str:
    """`Robot.admx`: what can be prescribed, without a word of any language."""
    root = ET.Element("policyDefinitions", {"xmlns": NAMESPACE, **_REVISION})
    namespaces = ET.SubElement(root, "policyNamespaces")
    ET.SubElement(namespaces, "target", prefix="robot", namespace="Robot.Policies")
    ET.SubElement(root, "resources", minRequiredRevision="1.0")
    supported = ET.SubElement(ET.SubElement(root, "supportedOn"), "definitions")
    ET.SubElement(supported, "definition", name="robot_supported", displayName="$(string.robot_supported)")
    categories = ET.SubElement(root, "categories")
    ET.SubElement(categories, "category", name="robot_category", displayName="$(string.robot_category)")
    policies = ET.SubElement(root, "policies")
    for key in policy_keys():
        _add_policy(policies, key, Settings.declaration(key))
    return _text(root)


def _add_policy(policies: ET.Element, key: str, declared: Setting) -> None:
    check = declared.check
    attributes = {
        "name": key,
        "class": "Both",
        "displayName": f"$(string.{key})",
        "explainText": f"$(string.{key}_explained)",
        "key": KEY,
    }
    if check is values.switch:
        policy = ET.SubElement(policies, "policy", attributes | {"valueName": key})
    else:
        policy = ET.SubElement(policies, "policy", attributes | {"presentation": f"$(presentation.{key})"})
    ET.SubElement(policy, "parentCategory", ref="robot_category")
    ET.SubElement(policy, "supportedOn", ref="robot_supported")
    if check is values.switch:
        for name, number in (("enabledValue", "1"), ("disabledValue", "0")):
            ET.SubElement(ET.SubElement(policy, name), "decimal", value=number)
        return
    elements = ET.SubElement(policy, "elements")
    common = {"id": key, "valueName": key, "required": "true"}
    if isinstance(check, values.OneOf):
        choices = ET.SubElement(elements, "enum", common)
        for choice in check.choices:
            item = ET.SubElement(choices, "item", displayName=f"$(string.{key}_{choice})")
            ET.SubElement(ET.SubElement(item, "value"), "string").text = choice
    elif isinstance(check, (values.Number, values.WholeNumber)):
        most = _LARGEST if math.isinf(check.most) else math.floor(check.most)
        bounds = {"minValue": str(math.ceil(check.least)), "maxValue": str(most)}
        ET.SubElement(elements, "decimal", common | bounds)
    else:
        expandable = {"expandable": "true"} if declared.is_path else {}
        ET.SubElement(elements, "text", common | {"maxLength": _LONGEST} | expandable)


def texts() -> str:
    """`Robot.adml`, in the language in use."""
    root = ET.Element("policyDefinitionResources", {"xmlns": NAMESPACE, **_REVISION})
    ET.SubElement(root, "displayName").text = _("Robot")
    ET.SubElement(root, "description").text = _("Settings of the robot that works for Sherpa Orchestrator.")
    resources = ET.SubElement(root, "resources")
    strings = {"robot_category": _("Robot"), "robot_supported": _("Robot {version} or later").format(version="0.1.0")}
    presentations = []
    for key in policy_keys():
        declared = Settings.declaration(key)
        strings |= {key: key, f"{key}_explained": _explained(declared)}
        if isinstance(declared.check, values.OneOf):
            strings |= {f"{key}_{choice}": choice for choice in declared.check.choices}
        if declared.check is not values.switch:
            presentations.append(_presentation(key, declared))
    table = ET.SubElement(resources, "stringTable")
    for name, text in strings.items():
        ET.SubElement(table, "string", id=name).text = text
    ET.SubElement(resources, "presentationTable").extend(presentations)
    return _text(root)


def _explained(declared: Setting) -> str:
    """What the setting is, what it is without a policy, and whose word counts."""
    about = _(declared.about)
    lines = [about if declared.about.endswith(".") else f"{about[:1].upper()}{about[1:]}."]
    if declared.is_path:
        lines.append(_("A relative path counts from {folder}.").format(folder=r"%PROGRAMDATA%\Robot"))
    if declared.default is not ... and declared.default is not None:
        default = toml_text(declared.default) if isinstance(declared.default, str) else str(declared.default).lower()
        lines.append(_("The default: {value}.").format(value=default))
    lines.append(_("A policy is stronger than robot.toml and environment variables; without one, these count."))
    return "\n\n".join(lines)


def _presentation(key: str, declared: Setting) -> ET.Element:
    made = ET.Element("presentation", id=key)
    check = declared.check
    if isinstance(check, values.OneOf):
        first = str(check.choices.index(declared.default))
        ET.SubElement(made, "dropdownList", refId=key, noSort="true", defaultItem=first).text = key
    elif isinstance(check, (values.Number, values.WholeNumber)):
        default = declared.default if isinstance(declared.default, (int, float)) else 0
        ET.SubElement(made, "decimalTextBox", refId=key, defaultValue=f"{default:g}").text = key
    else:
        ET.SubElement(ET.SubElement(made, "textBox", refId=key), "label").text = key
    return made


def _text(root: ET.Element) -> str:
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
