"""`robot.toml` → `Settings`: read in layers, checked as a whole, every mistake said at once.

Order: defaults < the machine's file < the user's file (or `--config FILE` alone) < environment `ROBOT_<KEY>`.
Relative paths count from the settings file that names them.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tomllib
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Self

from app.base import hosts, paths
from app.base.errors import SettingsError
from app.base.i18n import N_, _, ngettext
from app.base.os_reasons import os_reason
from app.settings import mistakes
from app.settings import values as checks
from app.settings.values import Secret, WrongValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

ENVIRONMENT_PREFIX: Final = "ROBOT_"
VENDOR_HEARTBEAT_SECONDS: Final = 10  # specification, step 3: not more often than every 10 seconds
_PATH_KEYS: Final = ("scripts", "python", "ca_file", "client_certificate", "script_manifest", "data_dir")


class WrongSettingsError(Exception):
    """Values that make no settings: what is wrong with each key."""

    def __init__(self, problems: dict[str, WrongValueError]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


_CHECKS: Final[dict[str, Callable[[object], Any]]] = {
    "host": checks.host,
    "robot_guid": checks.guid,
    "scripts": checks.path,
    "python": checks.path,
    "when_idle": checks.one_of("logoff", "exit", "wait"),
    "logoff_countdown": checks.number(0, 3600),
    "heartbeat_seconds": checks.number(1, 300),
    "poll_seconds": checks.number(0.1, 3600),
    "request_timeout": checks.number(0.1, 300),
    "stop_timeout": checks.number(0),
    "offline_limit": checks.number(0),
    "verify_tls": checks.switch,
    "ca_file": checks.path,
    "client_certificate": checks.path,
    "proxy": checks.proxy,
    "script_argument": checks.one_of("vendor", "none"),
    "share_credentials": checks.switch,
    "script_manifest": checks.path,
    "language": checks.one_of("auto", "ru", "en"),
    "notifications": checks.switch,
    "send_logs": checks.switch,
    "keep_logs_days": checks.whole_number(1, 3650),
    "data_dir": checks.path,
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting with its default (README). Made by `model_validate`."""

    host: str
    robot_guid: Secret
    scripts: Path
    python: Path | None = None
    when_idle: Literal["logoff", "exit", "wait"] = "logoff"
    logoff_countdown: float = 15
    heartbeat_seconds: float = 10
    poll_seconds: float = 10
    request_timeout: float = 10
    stop_timeout: float = 0
    offline_limit: float = 0
    verify_tls: bool = True
    ca_file: Path | None = None
    client_certificate: Path | None = None
    proxy: str | None = None
    script_argument: Literal["vendor", "none"] = "vendor"
    share_credentials: bool = True
    script_manifest: Path | None = None
    language: Literal["auto", "ru", "en"] = "auto"
    notifications: bool = True
    send_logs: bool = False
    keep_logs_days: int = 30
    data_dir: Path

    model_fields: ClassVar[dict[str, Field[Any]]]

    @classmethod
    def model_validate(cls, values: Mapping[str, Any]) -> Self:
        """Check `values`, one a key, and make settings of them.

        Raises:
            WrongSettingsError: with every problem: wrong, missing and unknown keys.
        """
        good: dict[str, Any] = {}
        problems: dict[str, WrongValueError] = {}
        for key, setting in cls.model_fields.items():
            try:
                if key in values:
                    good[key] = _CHECKS[key](values[key])
                elif setting.default is MISSING:
                    problems[key] = WrongValueError("missing")
            except WrongValueError as error:
                problems[key] = error
        problems |= {key: WrongValueError("unknown") for key in values if key not in cls.model_fields}
        if problems:
            raise WrongSettingsError(problems)
        return cls(**good)

    @property
    def guid(self) -> str:
        """The GUID in the clear, for the wire and the scripts only."""
        return self.robot_guid.get_secret_value()

    def warnings(self) -> list[str]:
        """What is allowed but unwise, as English log lines."""
        found = []
        if self.heartbeat_seconds < VENDOR_HEARTBEAT_SECONDS:
            found.append(
                f"heartbeat_seconds = {self.heartbeat_seconds:g}: the vendor advises {VENDOR_HEARTBEAT_SECONDS} or more"
            )
        if not self.verify_tls:
            found.append(
                "verify_tls = false: anyone in the network can pose as the Orchestrator and read the robot's GUID"
            )
        if hosts.is_plain_http_to_elsewhere(self.host):
            found.append(
                f"host = {self.host}: plain http sends the robot's GUID readable through the network; use https"
            )
        return found


Settings.model_fields = {setting.name: setting for setting in fields(Settings)}


@dataclass(frozen=True)
class LoadedSettings:
    """Settings with where they came from.

    `files` are the files that were read, weakest first; `home` is the folder that relative paths count from.
    """

    settings: Settings
    files: tuple[Path, ...]

    @property
    def home(self) -> Path:
        """Folder of the strongest file, or the current one if only the environment spoke."""
        return self.files[-1].parent if self.files else Path.cwd()


def candidate_files(config: Path | None) -> tuple[Path, ...]:
    """The files that may hold settings, weakest first."""
    return (config.absolute(),) if config else (paths.machine_settings_file(), paths.user_settings_file())


def load_settings(config: Path | None = None, environ: Mapping[str, str] | None = None) -> LoadedSettings:
    """Read and check all layers.

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
    layer = {
        key: environ[name] for key in Settings.model_fields if (name := ENVIRONMENT_PREFIX + key.upper()) in environ
    }
    values |= _absolute(layer, Path.cwd())
    origin |= {key: ENVIRONMENT_PREFIX + key.upper() for key in layer}

    # An emptied key (`python = ''`) means: not set. An unknown one stays a mistake.
    values = {key: value for key, value in values.items() if key not in Settings.model_fields or not _is_blank(value)}
    home = files[-1].parent if files else Path.cwd()
    _add_stored_guid(values, origin)
    values.setdefault("scripts", home / "scripts")
    if "data_dir" not in values:
        values["data_dir"] = paths.default_data_dir()
    try:
        settings = Settings.model_validate(values)
    except WrongSettingsError as error:
        raise _explain(error.problems, origin, files or candidate_files(config)[-1:]) from None
    return LoadedSettings(settings, files)


def _add_stored_guid(values: dict[str, Any], origin: dict[str, str]) -> None:
    """A GUID that no layer has may stand in Credential Manager (`robot login`)."""
    if "robot_guid" in values or "host" not in values:
        return
    from app.settings import vault  # late: most settings hold the GUID themselves

    with contextlib.suppress(WrongValueError):  # a wrong host, which the check of the settings will say
        if guid := vault.stored_guid(checks.host(values["host"])):
            values["robot_guid"], origin["robot_guid"] = guid, "Credential Manager"


def is_guid(text: str) -> bool:
    """Whether `text` is what `robot_guid` may be."""
    try:
        checks.guid(text)
    except WrongValueError:
        return False
    return True


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
    try:
        return tomllib.loads(file.read_text("utf-8-sig"))
    except OSError as error:
        raise SettingsError(
            _("The settings file {file} can't be read: {reason}.").format(
                file=file, reason=os_reason(error).for_people()
            ),
            _("Check that this user may read it."),
        ) from None
    except UnicodeDecodeError as error:
        raise SettingsError(
            _("The settings file {file} is not UTF-8 text (byte {position}).").format(file=file, position=error.start),
            _("Save it again with the encoding UTF-8."),
        ) from None
    except (ValueError, RecursionError) as error:  # beside TOMLDecodeError: a number of 5,000 digits, endless brackets
        raise SettingsError(
            _("The settings file {file} is not valid TOML: {reason}.").format(file=file, reason=mistakes.reason(error)),
            mistakes.hint(error),
        ) from None


def _absolute(layer: dict[str, Any], home: Path) -> dict[str, Any]:
    """`layer` with its path settings made absolute from `home`; `~` is the user's folder."""
    resolved = dict(layer)
    for key in _PATH_KEYS:
        value = resolved.get(key)
        if isinstance(value, str) and value.strip():
            path = Path(value.strip())
            with contextlib.suppress(RuntimeError):  # `~somebody` without a home folder: a folder of that name
                path = path.expanduser()
            resolved[key] = home / path
    return resolved


_PROBLEMS: Final = {
    "host": (
        N_("is not the address of an Orchestrator"),
        N_("write it with its scheme: host = 'http://orchestrator:4500'"),
    ),
    "host_credentials": (
        N_("contains a user name or password"),
        N_("the robot_guid alone identifies the robot"),
    ),
    "guid": (
        N_("is not a GUID"),
        N_("copy it from the Orchestrator's page Robots: robot_guid = 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx'"),
    ),
    "bool": (N_("must be true or false"), N_("without quotes")),
    "number": (N_("must be a number"), N_("without quotes")),
    "whole_number": (N_("must be a whole number"), N_("without quotes")),
    "proxy": (N_("is not the address of a proxy"), N_("write it as proxy = 'http://proxy:3128'")),
    "path": (N_("must be a path"), N_(r"in single quotes: 'C:\Robot\scripts'")),
}

_MISSING_HINTS: Final = {
    "host": N_("the address of the Orchestrator: host = 'http://orchestrator:4500'"),
    "robot_guid": N_(
        "the robot's GUID from the Orchestrator's page Robots: robot_guid = 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx'"
    ),
}


def _explain(
    problems: Mapping[str, WrongValueError], origin: Mapping[str, str], files: Iterable[Path]
) -> SettingsError:
    """All problems, one line each: key, what is wrong, where it stands, hint. Never the value itself."""
    lines = []
    for key, error in problems.items():
        problem, hint = _problem(key, error)
        where = origin.get(key)
        line = f"  {key}: {problem}" + (f" ({where})" if where else "")
        lines.append(line + (f"\n      → {hint}" if hint else ""))
    title = ngettext("{count} setting is wrong:", "{count} settings are wrong:", len(problems)).format(
        count=len(problems)
    )
    return SettingsError(
        "\n".join([title, *lines]), _("The settings file: {file}").format(file=", ".join(map(str, files)))
    )


def _problem(key: str, error: WrongValueError) -> tuple[str, str]:
    """What is wrong and what to do, in the user's language."""
    if error.kind == "missing":
        return _("is missing"), _(_MISSING_HINTS[key])
    if error.kind == "unknown":
        import difflib  # late: only a mistaken file needs it

        near = difflib.get_close_matches(key.lower(), Settings.model_fields, n=1)
        return _("is no setting of this program"), _("did you mean {key}?").format(key=near[0]) if near else ""
    if error.kind == "choice":
        return _("must be one of: {values}").format(values=", ".join(map(repr, error.choices))), ""
    if error.kind == "least":
        return _("must be at least {limit}").format(limit=f"{error.limit:g}"), ""
    if error.kind == "most":
        return _("must be at most {limit}").format(limit=f"{error.limit:g}"), ""
    problem, hint = _PROBLEMS[error.kind]
    return _(problem), _(hint)
