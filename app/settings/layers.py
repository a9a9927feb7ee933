"""Who says what: the layers in which settings stand, read but not checked, and what they come to together.

Order, weakest first: the machine's file < the user's file (or `--config FILE` alone) < environment `ROBOT_<KEY>` <
Group Policy. What no layer says has its default; a GUID that none of them has may stand in Credential Manager.
"""

from __future__ import annotations

import contextlib
import stat
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.base import paths
from app.base.dataclass import dataclass, field
from app.base.errors import SettingsError
from app.base.i18n import _
from app.base.os_reasons import describe_os_error
from app.settings import policy
from app.settings.model import Settings, environment_name
from app.settings.toml_mistakes import toml_mistake
from app.settings.values import WrongValueError, host

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VAULT: Final = "Credential Manager"


class LayerKind(StrEnum):
    """What a layer is."""

    FILE = "file"
    ENVIRONMENT = "environment"
    POLICY = "policy"


@dataclass(frozen=True)
class Layer:
    """What one file, the environment, or one key of the registry says.

    Attributes:
        kind: what it is.
        place: the file, or the registry's key as `regedit` shows it; empty for the environment.
        home: the folder that relative paths count from.
        values: as they are written, by key; a secret is among them.
        passed_over: names that a policy has and that aren't settings of this version.
        problem: why a file can't be read; it has no values then.
    """

    kind: LayerKind
    place: str
    home: Path
    values: Mapping[str, Any] = field(repr=False)
    passed_over: tuple[str, ...] = ()
    problem: SettingsError | None = None

    def origin(self, key: str) -> str:
        """Where `key` stands, for people: the file, the variable, the policy."""
        if self.kind is LayerKind.ENVIRONMENT:
            return environment_name(key)
        return _("group policy {key}").format(key=self.place) if self.kind is LayerKind.POLICY else self.place


@dataclass(frozen=True)
class Merged:
    """What all layers come to.

    Attributes:
        values: by key, relative paths made absolute; a secret is among them.
        origin: where each key stands, emptied ones as well; one that no layer names is missing.
    """

    values: dict[str, Any] = field(repr=False)
    origin: dict[str, str]


def read_layers(files: Sequence[Path], environ: Mapping[str, str]) -> tuple[Layer, ...]:
    """The layers that say anything, weakest first.

    Args:
        files: that may hold settings, weakest first; one that isn't there makes no layer.
        environ: the environment.
    """
    layers = [_layer_of(file) for file in files if is_there(file)]
    variables = {key: environ[environment_name(key)] for key in Settings.keys() if environment_name(key) in environ}
    if variables:
        layers.append(Layer(LayerKind.ENVIRONMENT, "", Path.cwd(), variables))
    for each in policy.policy_layers():
        home = paths.machine_settings_file().parent
        layers.append(Layer(LayerKind.POLICY, each.place, home, each.values, each.passed_over))
    return tuple(layers)


def _layer_of(file: Path) -> Layer:
    try:
        return Layer(LayerKind.FILE, str(file), file.parent, read_toml(file))
    except SettingsError as error:
        return Layer(LayerKind.FILE, str(file), file.parent, {}, problem=error)


def merged(layers: Sequence[Layer], stand_ins: Mapping[str, str] | None = None) -> Merged:
    """What `layers` come to, the strongest last; `stand_ins` take the place of what all of them say."""
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for layer in layers:
        values |= absolute(layer.values, layer.home)
        origin |= {key: layer.origin(key) for key in layer.values}
    values |= stand_ins or {}
    # An emptied key (`python = ''`) means: not set. An unknown one stays a mistake.
    values = {key: value for key, value in values.items() if key not in Settings.keys() or not is_blank(value)}
    _add_stored_guid(values, origin)
    values.setdefault("scripts", home_of(layers) / "scripts")
    if "data_dir" not in values:
        values["data_dir"] = paths.default_data_dir()
    return Merged(values, origin)


def home_of(layers: Sequence[Layer]) -> Path:
    """Folder of the strongest file, or the current one if only the environment spoke."""
    homes = [layer.home for layer in layers if layer.kind is LayerKind.FILE]
    return homes[-1] if homes else Path.cwd()  # which may be gone; then it is asked for in vain only if it is needed


def _add_stored_guid(values: dict[str, Any], origin: dict[str, str]) -> None:
    """A GUID that no layer has may stand in Credential Manager (`robot login`)."""
    if "robot_guid" in values or "host" not in values:
        return
    from app.settings import vault  # late: most settings hold the GUID themselves

    with contextlib.suppress(WrongValueError):  # a wrong host, which the check of the settings will say
        if guid := vault.stored_guid(host(values["host"])):
            values["robot_guid"], origin["robot_guid"] = guid, VAULT


def is_there(file: Path) -> bool:
    """Whether `file` is a file. One that can't be looked at counts: reading it then says why it can't be read."""
    try:
        return stat.S_ISREG(file.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def is_blank(value: object) -> bool:
    """Whether a value says that its key is not set."""
    return isinstance(value, str) and not value.strip()


def read_toml(file: Path) -> dict[str, Any]:
    """The keys of one file; a BOM (Notepad writes one) is fine.

    Raises:
        SettingsError: it can't be read, or is no TOML in UTF-8.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SettingsError(
            _("The settings file {file} can't be read: {reason}.").format(
                file=file, reason=describe_os_error(error).for_people()
            ),
            _("Check that this user may read it."),
        ) from None
    return parse_toml(data, file)


def parse_toml(data: bytes, file: Path) -> dict[str, Any]:
    """The keys in the bytes of `file`.

    Raises:
        SettingsError: they are no TOML in UTF-8.
    """
    text = ""
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise SettingsError(
            _("The settings file {file} is not UTF-8 text (byte {position}).").format(file=file, position=error.start),
            _("Save it again with the encoding UTF-8."),
        ) from None
    except (ValueError, RecursionError) as error:  # beside TOMLDecodeError: a number of 5,000 digits, endless brackets
        mistake = toml_mistake(error, text)
        raise SettingsError(
            _("The settings file {file} is not valid TOML: {reason}.").format(file=file, reason=mistake.problem),
            mistake.hint,
        ) from None


def absolute(layer: Mapping[str, Any], home: Path) -> dict[str, Any]:
    """`layer` with its path settings made absolute from `home`; `~` is the user's folder."""
    resolved = dict(layer)
    for key, value in layer.items():
        is_path = key in Settings.keys() and Settings.declaration(key).is_path
        if is_path and isinstance(value, str) and value.strip():
            path = Path(value.strip())
            with contextlib.suppress(RuntimeError):  # `~somebody` without a home folder: a folder of that name
                path = path.expanduser()
            resolved[key] = home / path
    return resolved
