"""Environment variables that look like a setting, and are none: mistyped, they would be passed over in silence.

A user's own `ROBOT_…` variables are nobody's mistake; they reach the scripts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.base.i18n import N_, Phrase
from app.settings.advice import Advice
from app.settings.model import ENVIRONMENT_PREFIX, Settings, environment_name

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALIKE: Final = (
    0.85  # two letters that have changed places, one too many or too few; not ROBOT_GUID, which is a script's
)


def mistyped_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that are no setting but nearly, each with the one that is most likely meant."""
    known = [environment_name(key) for key in Settings.keys()]
    others = [name for name in environ if name.upper().startswith(ENVIRONMENT_PREFIX) and name.upper() not in known]
    if not others:
        return {}
    import difflib  # late: hardly anybody has such variables

    near = {name: difflib.get_close_matches(name.upper(), known, n=1, cutoff=_ALIKE) for name in others}
    return {name: found[0] for name, found in near.items() if found}


def advice_on_variables(environ: Mapping[str, str]) -> list[Advice]:
    """The same for the log and for `robot check`."""
    return [
        Advice(
            Phrase(N_("The environment variable {name} is no setting; {meant} may be meant."), name=name, meant=meant),
            Phrase(N_("Correct its name, or let it begin otherwise than with ROBOT_.")),
        )
        for name, meant in mistyped_variables(environ).items()
    ]
