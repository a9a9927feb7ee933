"""`robot.toml` → `Settings`: read in layers, checked as a whole, every mistake said at once.

Order: defaults < the machine's file < the user's file (or `--config FILE` alone) < environment `ROBOT_<KEY>` < Group
Policy. Relative paths count from the settings file that names them, those of policies from the machine's.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from app.base import paths
from app.base.dataclass import dataclass, field
from app.base.errors import SettingsError
from app.base.i18n import _
from app.settings import mistakes
from app.settings.layers import LayerKind, absolute, is_blank, is_there, merged, read_layers
from app.settings.model import Settings, WrongSettingsError
from app.settings.values import WrongValueError, path
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
    require_there(config)
    own_file = candidate_files(config)[-1]
    layers = read_layers(candidate_files(config), environ)
    for layer in layers:
        if layer.problem:
            raise layer.problem
    files = tuple(Path(layer.place) for layer in layers if layer.kind is LayerKind.FILE)
    found = merged(layers, stand_ins)
    try:
        settings = Settings.from_values(found.values)
    except WrongSettingsError as error:
        mistyped = mistyped_variables(environ)
        raise mistakes.explain(error.problems, found.origin, files or (own_file,), own_file, mistyped) from None
    prescribed = [layer for layer in layers if layer.kind is LayerKind.POLICY]
    ours = [key for key in Settings.keys() if any(key in layer.values for layer in prescribed)]
    return LoadedSettings(
        settings,
        files,
        sources={key: found.origin[key] for key in found.values if key in found.origin},
        policies=tuple(key for key in ours if key in found.values),
        passed_over=tuple(name for layer in prescribed for name in layer.passed_over),
    )


def require_there(config: Path | None) -> None:
    """See that the file that `--config` names is there, if it names one.

    Raises:
        SettingsError: it isn't.
    """
    if config and not is_there(config):
        raise SettingsError(
            _("There is no settings file {file}.").format(file=config.absolute()),
            _("Check the path after --config, or leave it out to use the usual places."),
        )


def data_dir_of(config: Path | None, environ: Mapping[str, str] | None = None) -> Path:
    """The data folder as far as the settings say it, however wrong they are elsewhere."""
    environ = os.environ if environ is None else environ
    found: object = None
    for layer in read_layers(candidate_files(config), environ):
        found = absolute(layer.values, layer.home).get("data_dir", found)
    with contextlib.suppress(WrongValueError):
        if found is not None and not is_blank(found):
            return path(found)
    return paths.default_data_dir()
