"""`robot.toml` → `Settings`: read in layers, checked as a whole, every mistake said at once.

Order: defaults < the machine's file < the user's file (or `--config FILE` alone) < environment `ROBOT_<KEY>` < Group
Policy. Relative paths count from the settings file that names them, those of policies from the machine's.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.base import paths
from app.base.errors import SettingsError
from app.base.i18n import _
from app.base.os_reasons import describe_os_error
from app.settings import mistakes, policy
from app.settings.model import Settings, WrongSettingsError, environment_name
from app.settings.toml_mistakes import toml_mistake
from app.settings.values import WrongValueError, host, path
from app.settings.variables import mistyped_variables

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class LoadedSettings:
    """Settings with where they came from.

    `files` are the files that were read, weakest first; `home` is the folder that relative paths count from.

    Attributes:
        sources: where each key's value comes from: a file, a variable, Credential Manager, a key of the registry; keys
            with their default are missing.
        policies: the keys that Group Policy prescribes.
        passed_over: names that stand among the policies and aren't settings of this version.
    """

    settings: Settings
    files: tuple[Path, ...]
    sources: Mapping[str, str] = field(default_factory=dict)
    policies: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()

    @property
    def home(self) -> Path:
        """Folder of the strongest file, or the current one if only the environment spoke."""
        return self.files[-1].parent if self.files else Path.cwd()


def candidate_files(config: Path | None) -> tuple[Path, ...]:
    """The files that may hold settings, weakest first."""
    return (config.absolute(),) if config else (paths.machine_settings_file(), paths.user_settings_file())


def load_settings(
    config: Path | None = None, environ: Mapping[str, str] | None = None, stand_ins: Mapping[str, str] | None = None
) -> LoadedSettings:
    """Read and check all layers; `stand_ins` take the place of what all of them say.

    Raises:
        SettingsError: with every problem of every layer; `missing` files only if `--config` named one.
    """
    environ = os.environ if environ is None else environ
    if config and not _is_there(config):
        raise SettingsError(
            _("There is no settings file {file}.").format(file=config.absolute()),
            _("Check the path after --config, or leave it out to use the usual places."),
        )
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    files = tuple(file for file in candidate_files(config) if _is_there(file))
    for file in files:
        layer = _read_toml(file)
        values |= _absolute(layer, file.parent)
        origin |= dict.fromkeys(layer, str(file))
    names = {key: environment_name(key) for key in Settings.keys() if environment_name(key) in environ}
    if names:
        values |= _absolute({key: environ[name] for key, name in names.items()}, Path.cwd())
    origin |= names
    prescribed = policy.policy_layers()
    for layer_of_policy in prescribed:
        values |= _absolute(dict(layer_of_policy.values), paths.machine_settings_file().parent)
        origin |= dict.fromkeys(layer_of_policy.values, _("group policy {key}").format(key=layer_of_policy.place))
    values |= stand_ins or {}

    # An emptied key (`python = ''`) means: not set. An unknown one stays a mistake.
    values = {key: value for key, value in values.items() if key not in Settings.keys() or not _is_blank(value)}
    home = files[-1].parent if files else Path.cwd()
    _add_stored_guid(values, origin)
    values.setdefault("scripts", home / "scripts")
    if "data_dir" not in values:
        values["data_dir"] = paths.default_data_dir()
    try:
        settings = Settings.from_values(values)
    except WrongSettingsError as error:
        own_file = candidate_files(config)[-1]
        mistyped = mistyped_variables(environ)
        raise mistakes.explain(error.problems, origin, files or (own_file,), own_file, mistyped) from None
    ours = [key for key in Settings.keys() if any(key in layer.values for layer in prescribed)]
    return LoadedSettings(
        settings,
        files,
        sources={key: origin[key] for key in values if key in origin},
        policies=tuple(key for key in ours if key in values),
        passed_over=tuple(name for layer in prescribed for name in layer.passed_over),
    )


def data_dir_of(config: Path | None, environ: Mapping[str, str] | None = None) -> Path:
    """The data folder as far as the settings say it, however wrong they are elsewhere."""
    environ = os.environ if environ is None else environ
    found: object = None
    for file in candidate_files(config):
        with contextlib.suppress(SettingsError):
            found = _absolute(_read_toml(file), file.parent).get("data_dir", found)
    found = _absolute({"data_dir": environ.get(environment_name("data_dir"))}, Path.cwd())["data_dir"] or found
    for layer in policy.policy_layers():
        found = _absolute(dict(layer.values), paths.machine_settings_file().parent).get("data_dir", found)
    for layer in policy.policy_layers():
        found = _absolute(dict(layer.values), paths.machine_settings_file().parent).get("data_dir", found)
    with contextlib.suppress(WrongValueError):
        if found is not None and not _is_blank(found):
            return path(found)
    return paths.default_data_dir()


def _add_stored_guid(values: dict[str, Any], origin: dict[str, str]) -> None:
    """A GUID that no layer has may stand in Credential Manager (`robot login`)."""
    if "robot_guid" in values or "host" not in values:
        return
    from app.settings import vault  # late: most settings hold the GUID themselves

    with contextlib.suppress(WrongValueError):  # a wrong host, which the check of the settings will say
        if guid := vault.stored_guid(host(values["host"])):
            values["robot_guid"], origin["robot_guid"] = guid, "Credential Manager"


def _is_there(file: Path) -> bool:
    """Whether `file` is a file. One that can't be looked at counts: reading it then says why it can't be read."""
    try:
        return stat.S_ISREG(file.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def _read_toml(file: Path) -> dict[str, Any]:
    """The keys of one file; a BOM (Notepad writes one) is fine."""
    text = ""
    try:
        text = file.read_text("utf-8-sig")
        return tomllib.loads(text)
    except OSError as error:
        raise SettingsError(
            _("The settings file {file} can't be read: {reason}.").format(
                file=file, reason=describe_os_error(error).for_people()
            ),
            _("Check that this user may read it."),
        ) from None
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


def _absolute(layer: dict[str, Any], home: Path) -> dict[str, Any]:
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
