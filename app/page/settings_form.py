"""What the settings' form shows: its groups, its fields, and what is said beside them. Pure but for looks at paths."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.base.i18n import N_, _, plain_number
from app.settings import values
from app.settings.advice import advice_on
from app.settings.layers import VAULT
from app.settings.mistakes import describe_problem
from app.settings.model import Settings
from app.settings.proposal import SECRET, standing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.settings.layers import Layer
    from app.settings.proposal import Proposal, Said
    from app.settings.values import WrongValueError

GROUPS: Final = (
    (N_("Orchestrator and scripts"), ("host", "robot_guid", "scripts")),
    (N_("When there is no work"), ("when_idle", "logoff_countdown", "poll_seconds")),
    (
        N_("How scripts run"),
        (
            *("python", "environments", "wheels", "uv", "script_argument", "working_folder"),
            *("share_credentials", "script_manifest", "stop_timeout"),
        ),
    ),
    (
        N_("Connection"),
        (
            *("heartbeat_seconds", "request_timeout", "offline_limit"),
            *("verify_tls", "ca_file", "client_certificate", "proxy"),
        ),
    ),
    (
        N_("Texts, logs and pictures"),
        (
            *("language", "notifications", "send_logs", "keep_logs_days", "log_format"),
            *("screenshots", "recorder_seconds", "event_log", "metrics_file", "data_dir"),
        ),
    ),
)
_FOLDERS: Final = frozenset({"scripts", "wheels"})
_MADE: Final = frozenset({"data_dir", "metrics_file"})  # the robot makes them


@dataclass(frozen=True)
class Field:
    """One setting in the form.

    Attributes:
        kind: of its control: `switch`, `choice`, `number`, `secret` or `text`.
        value: what the control holds.
        about: what it is, a sentence or two.
        bounds: what a number may be, with its unit; empty otherwise.
        said: what the layers say, the strongest first, the default last.
        own: it stands in the file that changes go into.
        locked: which layer forbids a change; empty: none.
    """

    key: str
    title: str
    kind: str
    value: str
    about: str
    bounds: str
    choices: tuple[str, ...]
    said: tuple[Said, ...]
    own: bool
    locked: str

    @property
    def is_set(self) -> bool:
        """Whether it has a value, from wherever."""
        return bool(self.said) and not self.said[0].empty

    @property
    def vault(self) -> bool:
        """Whether Credential Manager has it."""
        return self.locked == VAULT

    @property
    def beneath(self) -> tuple[Said, ...]:
        """What would count if the file said nothing."""
        return tuple(said for said in self.said if not said.own and not said.locks)


def groups(layers: Sequence[Layer], own_file: Path) -> list[tuple[str, list[Field]]]:
    """The fields by group, with the group's heading."""
    return [(_(heading), [_field(key, layers, own_file) for key in keys]) for heading, keys in GROUPS]


def _field(key: str, layers: Sequence[Layer], own_file: Path) -> Field:
    declared = Settings.declaration(key)
    said = standing(key, layers, own_file)
    first = said[0] if said else None
    about = _(declared.about)
    return Field(
        key,
        _(declared.title),
        _kind(key),
        first.text if first else "",
        about if about.endswith(".") else f"{about[:1].upper()}{about[1:]}.",
        _bounds(key),
        declared.check.choices if isinstance(declared.check, values.OneOf) else (),
        said,
        any(each.own for each in said),
        first.where if first and first.locks else "",
    )


def _kind(key: str) -> str:
    check = Settings.declaration(key).check
    if key == SECRET:
        return "secret"
    if check is values.switch:
        return "switch"
    if isinstance(check, values.OneOf):
        return "choice"
    return "number" if isinstance(check, (values.Number, values.WholeNumber)) else "text"


def _bounds(key: str) -> str:
    check = Settings.declaration(key).check
    if not isinstance(check, (values.Number, values.WholeNumber)):
        return ""
    least = plain_number(check.least)
    if math.isinf(check.most):
        return _("seconds, {least} or more").format(least=least)
    text = _("days, {least} to {most}") if key == "keep_logs_days" else _("seconds, {least} to {most}")
    return text.format(least=least, most=plain_number(check.most))


def said_of(proposal: Proposal, typed: dict[str, str | None]) -> dict[str, Any]:
    """What is to be said of a proposal, as JSON: beside which field, and beside none."""
    settings = proposal.settings
    return {
        "problems": {key: _problem(key, error, typed.get(key)) for key, error in proposal.problems.items()},
        "elsewhere": [_elsewhere(key, place, error) for key, (place, error) in proposal.elsewhere.items()],
        "advice": {
            advice.key: f"{advice.text.for_people()} {advice.remedy.for_people()}"
            for advice in (advice_on(settings) if settings else [])
        },
        "paths": {
            key: note
            for key in (Settings.keys() if settings else ())
            if Settings.declaration(key).is_path and (note := _look_at(key, getattr(settings, key)))
        },
    }


def _elsewhere(key: str, place: str, error: WrongValueError) -> str:
    problem, hint = describe_problem(key, error)
    return " — ".join(filter(None, (f"{key}: {problem} ({place})", hint)))


def _problem(key: str, error: WrongValueError, typed: str | None) -> dict[str, str]:
    problem, hint = describe_problem(key, error)
    if error.kind in ("number", "whole_number"):
        # What a number needs in the file is no help for a field, unless that is what was typed.
        hint = _("Numbers take a point: poll_seconds = 2.5") if "," in (typed or "") else ""
        hint = _("without quotes") if set(typed or "") & {"'", '"'} else hint
    return {"kind": error.kind, "text": problem, "hint": hint}


def _look_at(key: str, path: Path | None) -> dict[str, Any] | None:
    """Whether there is what a path leads to; None if there is nothing to say."""
    if path is None:
        return None
    # Not Path's own, which raise where this user may not look, where no network is, for what is too long to be a path.
    if key in _MADE:
        there, text = (
            os.path.isdir(path.parent) or key == "data_dir",  # noqa: PTH112
            _("There is no folder {path}.").format(path=path.parent),
        )
    elif key in _FOLDERS:
        there, text = os.path.isdir(path), _("There is no folder {path}.").format(path=path)  # noqa: PTH112
    else:
        there, text = os.path.isfile(path), _("There is no file {path}.").format(path=path)  # noqa: PTH113
    return {
        "there": there,
        "text": _("Found: {path}").format(path=path) if there and key not in _MADE else "" if there else text,
    }
