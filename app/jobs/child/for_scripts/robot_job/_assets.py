"""Assets: texts, and credentials that nobody needs to write into a script."""

from . import _gateway
from ._arguments import as_name, as_text
from ._errors import RobotJobError
from ._reports import _SHORTEST_SECRET, mask
from ._texts import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CREDENTIALS, TEXT, CALENDAR = 1, 2, 3


class Asset:
    """What the Orchestrator keeps under a name.

    Attributes:
        name, guid: of the asset.
        type: 1 credentials, 2 text, 3 calendar; 0 if it isn't known.
        text: the text; of credentials the login.
        login: the same, for credentials.
        password: of credentials; empty for others. It is masked in the run's log and messages.
        fields: everything that the Orchestrator said, keys in lower case.
    """

    def __init__(self, fields: "dict[str, Any]") -> None:
        self.fields = fields
        self.guid = _text(fields.get("guid"))
        self.name = _text(fields.get("name"))
        self.type = _number(fields.get("type"))
        self.text = _text(fields.get("text"))
        self.password = _text(fields.get("password"))

    @property
    def login(self) -> str:
        """The login of credentials."""
        return self.text

    def __repr__(self) -> str:
        return f"<Asset {self.name}>"  # nothing of what it holds: this is what gets printed


def asset(name: str) -> Asset:
    """The asset with this name (or GUID).

        crm = robot_job.asset("crm")
        log_in(crm.login, crm.password)

    Raises:
        RobotJobError: there is none, or the Orchestrator can't be reached.
    """
    path = "/api/asset/read/" + _gateway.quoted(as_name("robot_job.asset", name))
    _gateway.need("robot_job.asset")
    found = _gateway.api(path)
    if not isinstance(found, dict):
        raise RobotJobError(say("There is no asset {name}", name=name), "refused")
    return Asset(found)


def set_asset(name: str, *, text: "str | None" = None, password: "str | None" = None) -> None:
    """Change an asset's text (of credentials: the login), its password, or both.

    It is delivered like a report: also after a loss of the network, also when the script has ended.

        robot_job.set_asset("crm", password=new_password)

    Raises:
        RobotJobError: neither is given, or no text.
    """
    as_name("robot_job.set_asset", name)
    if password is not None:
        as_text("robot_job.set_asset", "password", password)
    if text is None and password is None:
        raise RobotJobError(say("set_asset needs a text, a password or both"), "usage")
    _gateway.need("robot_job.set_asset")
    if password is not None and len(password) >= _SHORTEST_SECRET:
        mask(password)
    given = {"guid": name, "text": text, "password": password}
    _gateway.api("/api/asset/update", {key: value for key, value in given.items() if value is not None})


def _text(value: object) -> str:
    return "" if value is None or value is False else str(value)


def _number(value: object) -> int:
    text = str(value)
    return int(text) if text.isdecimal() else 0
