"""Every setting, one declaration each: its type, what it may be, its default, and what the template says of it.

Files, environment variables, the template of a first start and the mistakes that are said all follow from these. What
can't: the table in both READMEs and the Russian words, whose tests fail without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeVar, cast

from app.base.dataclass import dataclass, field, fields
from app.base.i18n import N_
from app.settings.values import Secret, WrongValueError, guid, host, number, one_of, path, proxy, switch, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import EllipsisType

ENVIRONMENT_PREFIX: Final = "ROBOT_"
VENDOR_HEARTBEAT_SECONDS: Final = 10  # specification, step 3: not more often than every 10 seconds

Value = TypeVar("Value")
Default = TypeVar("Default")


class WrongSettingsError(Exception):
    """Values that make no settings: what is wrong with each key."""

    def __init__(self, problems: dict[str, WrongValueError]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Setting:
    """What is declared of one setting.

    Attributes:
        check: makes a file's or variable's value the robot's; raises WrongValueError.
        about: English, marked for the catalog: for the template, and for who left it out. A sentence stands above its
            key, a phrase behind it.
        default: `...` if there is none, or one that depends on the machine (`loading`).
        example: TOML, what the template shows in place of the default.
        title: what it is called in a form, English, marked for the catalog.
    """

    check: Callable[[object], object]
    about: str
    default: object
    example: str
    title: str

    @property
    def is_path(self) -> bool:
        """Whether it counts from the folder of the file that names it."""
        return self.check is path


def setting(
    check: Callable[[object], Value],
    about: str,
    *,
    default: Default | EllipsisType = ...,
    example: str = "",
    title: str,
) -> Value | Default:
    """Declare a field of `Settings`; see `Setting`."""
    declared = {"setting": Setting(check, about, default, example, title)}
    made: Any = field(metadata=declared) if default is ... else field(default=default, metadata=declared)
    return cast("Value", made)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings in force. Made by `from_values`."""

    host: str = setting(
        host,
        N_("The address of the Orchestrator: host = 'http://orchestrator:4500'."),
        title=N_("Address of the Orchestrator"),
    )
    robot_guid: Secret = setting(
        guid,
        N_(
            "This robot's GUID from the Orchestrator's page Robots. "
            "Keep it secret: whoever has it can pose as this robot."
        ),
        title=N_("The robot's GUID"),
    )
    scripts: Path = setting(
        path,
        N_("Folder of the scripts; relative to this file."),
        example="'scripts'",
        title=N_("Folder of the scripts"),
    )
    python: Path | None = setting(
        path,
        N_("Interpreter for scripts that have no .venv of their own; without it, the one that comes with the robot."),
        default=None,
        example=r"'C:\Python311\python.exe'",
        title=N_("Interpreter"),
    )
    environments: Literal["auto", "off"] = setting(
        one_of("auto", "off"),
        N_("A script's requirements.txt, or the block in it (PEP 723), gets it an environment; 'off': it doesn't."),
        default="auto",
        title=N_("Environments for scripts"),
    )
    wheels: Path | None = setting(
        path,
        N_("folder of wheels: environments are made from it, offline"),
        default=None,
        example="'wheels'",
        title=N_("Packages without a network"),
    )
    uv: Path | None = setting(
        path,
        N_("path of uv, which makes environments; without it, the one on PATH, else venv and pip"),
        default=None,
        example=r"'C:\uv\uv.exe'",
        title=N_("The program uv"),
    )
    when_idle: Literal["logoff", "exit", "wait"] = setting(
        one_of("logoff", "exit", "wait"),
        N_(
            "When there is no more work: "
            "'logoff' (log off Windows), 'exit' (end the program) or 'wait' (stay and ask again)."
        ),
        default="logoff",
        title=N_("When there is no more work"),
    )
    logoff_countdown: float = setting(
        number(0, 3600),
        N_("seconds in which a person can cancel the log-off; 0 = none"),
        default=15,
        title=N_("Countdown before the log-off"),
    )
    heartbeat_seconds: float = setting(
        number(1, 300),
        N_("seconds between heartbeats while a job runs; 10 to 15 is wise"),
        default=10,
        title=N_("Heartbeats during a job"),
    )
    poll_seconds: float = setting(
        number(0.1, 3600),
        N_("seconds between questions with when_idle = 'wait'"),
        default=10,
        title=N_("Asking for work"),
    )
    request_timeout: float = setting(
        number(0.1, 300), N_("seconds to connect, and to be answered"), default=10, title=N_("Waiting for an answer")
    )
    stop_timeout: float = setting(
        number(0),
        N_("seconds from a soft stop to the hard one; 0 = never"),
        default=0,
        title=N_("Waiting for a stopped script"),
    )
    offline_limit: float = setting(
        number(0),
        N_("seconds without the Orchestrator after which the robot ends; 0 = keep trying"),
        default=0,
        title=N_("Waiting for the Orchestrator"),
    )
    verify_tls: bool = setting(
        switch,
        N_("The system's trust store and proxy settings are used unless these say otherwise."),
        default=True,
        title=N_("Check the Orchestrator's certificate"),
    )
    ca_file: Path | None = setting(
        path,
        N_("certificates to trust, PEM"),
        default=None,
        example="'company-ca.pem'",
        title=N_("The company's certificates"),
    )
    client_certificate: Path | None = setting(
        path,
        N_("the robot's own certificate with its key, PEM"),
        default=None,
        example="'robot.pem'",
        title=N_("The robot's certificate"),
    )
    proxy: str | None = setting(
        proxy, N_("instead of the system's"), default=None, example="'http://proxy:3128'", title=N_("Proxy")
    )
    script_argument: Literal["vendor", "none"] = setting(
        one_of("vendor", "none"),
        N_("The argument that scripts of the vendor's framework expect; 'none' leaves it out."),
        default="vendor",
        title=N_("Argument for scripts"),
    )
    working_folder: Literal["script", "scripts"] = setting(
        one_of("script", "scripts"),
        N_("Where scripts start: 'script', each in its own folder, or 'scripts', as with the vendor's framework."),
        default="script",
        title=N_("Working folder"),
    )
    share_credentials: bool = setting(
        switch, N_("let scripts know the robot's GUID"), default=True, title=N_("Scripts know the GUID")
    )
    script_manifest: Path | None = setting(
        path,
        N_("only scripts whose SHA-256 stands in this file may run"),
        default=None,
        example="'approved.sha256'",
        title=N_("List of approved scripts"),
    )
    language: Literal["auto", "ru", "en"] = setting(
        one_of("auto", "ru", "en"),
        N_("Language of the texts: 'auto' (the system's), 'ru' or 'en'."),
        default="auto",
        title=N_("Language"),
    )
    notifications: bool = setting(switch, N_("notifications of the tray icon"), default=True, title=N_("Notifications"))
    send_logs: bool = setting(
        switch,
        N_("send jobs' output and the robot's warnings to the Orchestrator, too"),
        default=False,
        title=N_("Messages to the Orchestrator"),
    )
    keep_logs_days: int = setting(
        whole_number(1, 3650), N_("days after which old logs are removed"), default=30, title=N_("Logs are kept")
    )
    log_format: Literal["text", "json"] = setting(
        one_of("text", "json"),
        N_("robot.log: 'text' for people, or 'json', an object a line, for programs."),
        default="text",
        title=N_("Form of the log"),
    )
    screenshots: bool = setting(
        switch,
        N_("keep a picture of the screen when a job fails or is killed"),
        default=False,
        title=N_("Pictures of failures"),
    )
    recorder_seconds: int = setting(
        whole_number(0, 60),
        N_("how many seconds before that are kept as well, a picture each; 0 = none"),
        default=0,
        title=N_("The last seconds before a failure"),
    )
    event_log: bool = setting(
        switch, N_("write to the Windows Event Log, source Robot"), default=False, title=N_("Windows Event Log")
    )
    metrics_file: Path | None = setting(
        path,
        N_("metrics for Prometheus's textfile collector"),
        default=None,
        example=r"'C:\metrics\robot.prom'",
        title=N_("File of metrics"),
    )
    data_dir: Path = setting(
        path, N_("journal and logs; without it, the usual place of this user"), example="''", title=N_("Data folder")
    )

    @staticmethod
    def keys() -> tuple[str, ...]:
        """The name of every setting, in the order of the template."""
        return tuple(_DECLARED)

    @staticmethod
    def declaration(key: str) -> Setting:
        """What is declared of the setting `key`."""
        return _DECLARED[key]

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Check `values`, one a key, and make settings of them.

        Raises:
            WrongSettingsError: with every problem: wrong, missing and unknown keys.
        """
        good: dict[str, Any] = {}
        problems: dict[str, WrongValueError] = {}
        for key, declared in _DECLARED.items():
            try:
                if key in values:
                    good[key] = declared.check(values[key])
                elif declared.default is ...:
                    problems[key] = WrongValueError("missing")
            except WrongValueError as error:
                problems[key] = error
        problems |= {key: WrongValueError("unknown") for key in values if key not in _DECLARED}
        if problems:
            raise WrongSettingsError(problems)
        return cls(**good)

    @property
    def guid(self) -> str:
        """The GUID in the clear, for the wire and the scripts only."""
        return self.robot_guid.reveal()


_DECLARED: Final[dict[str, Setting]] = {each.name: each.metadata["setting"] for each in fields(Settings)}


def environment_name(key: str) -> str:
    """The environment variable that overrides `key`."""
    return ENVIRONMENT_PREFIX + key.upper()
