"""A person's wishes for the settings: where each value stands now, and what would come of other ones.

Pure but for the home folder and Credential Manager, which belong to what settings come to. The GUID is shown to
nobody: of it is said whether it is set, and where.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.base import hosts, paths
from app.base.dataclass import dataclass, field, replace
from app.base.i18n import N_, _
from app.settings import values
from app.settings.editing import toml_of
from app.settings.layers import VAULT, Layer, LayerKind, absolute, home_of, is_blank, merged
from app.settings.model import Settings, WrongSettingsError, environment_name
from app.settings.values import Secret, WrongValueError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.settings.editing import Written

SECRET: Final = "robot_guid"  # noqa: S105 - its name
_HIDDEN: Final = "***"  # in the place of a proxy's password
_DEFAULT: Final = N_("default")


@dataclass(frozen=True)
class Said:
    """What one layer says of a setting.

    Attributes:
        where: which layer, for people.
        text: the value as a form shows it; empty if it says "not set", or is the secret.
        own: it is the file that changes go into.
        locks: it is stronger than that file, or, with the secret, safer.
        empty: it says "not set".
    """

    where: str
    text: str
    own: bool = False
    locks: bool = False
    empty: bool = False


@dataclass(frozen=True)
class Proposal:
    """What would come of changes.

    Attributes:
        changes: to be written into the file; None takes a key out.
        problems: by key, what has to be mended before.
        elsewhere: by key, what is wrong in other places, with the place: the file can be written, but no robot comes
            up with the settings.
        settings: what comes of the known keys; None if one of them is wrong.
    """

    changes: Mapping[str, Written | None] = field(repr=False)
    problems: Mapping[str, WrongValueError]
    elsewhere: Mapping[str, tuple[str, WrongValueError]]
    settings: Settings | None


def standing(key: str, layers: Sequence[Layer], own_file: Path) -> tuple[Said, ...]:
    """What is said of the setting `key`, the strongest first, the default (if there is one) last."""
    found = [_said(key, layer, own_file) for layer in reversed(layers) if key in layer.values]
    if key == SECRET and merged(layers).origin.get(key) == VAULT:
        return (Said(VAULT, "", locks=True), *found)
    default = _default_text(key, layers)
    return (*found, Said(_(_DEFAULT), default, empty=not default)) if default is not None else tuple(found)


def _said(key: str, layer: Layer, own_file: Path) -> Said:
    own = _is_own(layer, own_file)
    value = layer.values[key] if own else absolute({key: layer.values[key]}, layer.home)[key]
    if own:
        where = _("this file")
    elif layer.kind is LayerKind.FILE:
        where = _("the machine's file {file}").format(file=layer.place)
    elif layer.kind is LayerKind.ENVIRONMENT:
        where = _("environment variable {name}").format(name=environment_name(key))
    else:
        where = layer.origin(key)
    return Said(where, shown(key, value), own, locks=layer.kind is not LayerKind.FILE, empty=is_blank(value))


def shown(key: str, value: object) -> str:
    """A value as a form shows it: no secret, and as plain as it can be written."""
    if key == SECRET:
        return ""
    if is_blank(value) or value is None:
        return ""
    try:
        made = Settings.declaration(key).check(value)
    except WrongValueError:
        return str(value)
    if key == "proxy" and isinstance(made, str):
        return _without_password(made)
    return str(made) if isinstance(made, Path) else _plain(made)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else toml_of(value)


def _without_password(proxy: str) -> str:
    password = hosts.split_proxy(proxy).password
    return re.sub(r":[^:@]*@", f":{_HIDDEN}@", proxy, count=1) if password else proxy


def _default_text(key: str, layers: Sequence[Layer]) -> str | None:
    if key == "scripts":
        return str(home_of(layers) / "scripts")
    if key == "data_dir":
        return str(paths.default_data_dir())
    default = Settings.declaration(key).default
    return None if default is ... else shown(key, default)


def propose(typed: Mapping[str, str | None], layers: Sequence[Layer], own_file: Path) -> Proposal:
    """What comes of `typed`: by key the text of a form's field; None: as if the file said nothing of it.

    An emptied field means: not set, whatever the layers beneath say.
    """
    own = next((layer for layer in layers if _is_own(layer, own_file)), None)
    at = layers.index(own) if own else sum(layer.kind is LayerKind.FILE for layer in layers)
    beneath = layers[:at]
    changes: dict[str, Written | None] = {}
    problems: dict[str, WrongValueError] = {}
    for key, text in typed.items():
        try:
            changes[key] = _written(key, text, beneath)
        except WrongValueError as error:
            problems[key] = error
            changes[key] = text
    before = own or Layer(LayerKind.FILE, str(own_file), own_file.parent, {})
    after = {key: value for key, value in {**before.values, **changes}.items() if value is not None}
    then = [*beneath, replace(before, values=after), *layers[at + (own is not None) :]]
    found = merged(then)
    known = {key: value for key, value in found.values.items() if key in Settings.keys()}
    settings: Settings | None = None
    wrong = {key: WrongValueError("unknown") for key in found.values if key not in known}
    try:
        settings = Settings.from_values(known)
    except WrongSettingsError as error:
        wrong |= error.problems
    elsewhere: dict[str, tuple[str, WrongValueError]] = {}
    for key, problem in wrong.items():
        place = found.origin.get(key, "")
        if problem.kind == "missing" or (place == str(own_file) and problem.kind != "unknown"):
            problems.setdefault(key, problem)
        else:
            elsewhere[key] = place, problem
    return Proposal(changes, problems, elsewhere, None if problems else settings)


def _written(key: str, text: str | None, beneath: Sequence[Layer]) -> Written | None:
    """The value to be written for a field's text."""
    if text is None:
        return None
    declared = Settings.declaration(key)
    if is_blank(text):
        if isinstance(declared.check, (values.Number, values.WholeNumber)):
            raise WrongValueError("number")
        said = any(key in layer.values and not is_blank(layer.values[key]) for layer in beneath)
        return "" if said else None
    if not isinstance(declared.check, (values.Number, values.WholeNumber)):
        text = _unquoted(text.strip())
    if declared.is_path:
        return text
    if key == "proxy" and f":{_HIDDEN}@" in text:
        raise WrongValueError("hidden_password")
    made: Any = declared.check(text.strip())
    if isinstance(made, Secret):
        return made.reveal()
    written: Written = made
    return written


def _unquoted(text: str) -> str:
    """A text without the quotes that the file has around it, and Explorer around a path that is copied."""
    quote = text[:1]
    return text[1:-1] if quote in ("'", '"') and len(text) > 1 and text.endswith(quote) else text


def _is_own(layer: Layer, own_file: Path) -> bool:
    return layer.kind is LayerKind.FILE and layer.place == str(own_file)
