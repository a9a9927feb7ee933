"""The settings as a form: it changes the user's own file, or the one given by `--config`, and nothing else in it.

The GUID comes in and never goes out: of it is told whether it is set, and where.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.base import hosts
from app.base.errors import RobotError, SettingsError
from app.base.i18n import _, current_language
from app.base.replacing import ChangedMeanwhileError
from app.page.context import posted, render
from app.page.settings_form import groups, said_of
from app.page.settings_state import settings_state
from app.settings.layers import Layer, is_blank, read_layers
from app.settings.loading import candidate_files
from app.settings.model import Settings
from app.settings.own_file import OwnFile, read_own_file, write_changes
from app.settings.proposal import SECRET, propose, shown, standing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from starlette.requests import Request

    from app.page.context import PageContext

_KEY: Final = secrets.token_bytes(32)  # a plain hash of a file would tell whoever guesses its contents that it is so


def routes(context: PageContext) -> list[Route]:
    """`/settings` and what its script asks for."""
    form = _Form(context)
    return [
        Route("/settings", form.page),
        Route("/settings/state", form.state),
        Route("/settings/try", form.attempt, methods=["POST"]),
        Route("/settings/save", form.save, methods=["POST"]),
        Route("/settings/open", form.open_file, methods=["POST"]),
    ]


class _Form:
    """Answers the requests of the form."""

    def __init__(self, context: PageContext) -> None:
        self._context = context

    @property
    def _file(self) -> Path:
        return candidate_files(self._context.config)[-1]

    def page(self, request: Request) -> Response:
        """The form, or why there is none."""
        layers = self._layers()
        others = [layer.problem for layer in layers if layer.problem and layer.place != str(self._file)]
        values: dict[str, Any] = {"problem": None, "version": "", "groups": [], "first": False}
        try:
            values |= self._contents(layers)
        except SettingsError as error:
            values["problem"] = error
        made = render(
            request,
            "settings.html",
            **values,
            file=str(self._file),
            others=others,
            passed_over=sorted({name for layer in layers for name in layer.passed_over}),
            state=settings_state(self._context),
        )
        return HTMLResponse(self._context.redactor(bytes(made.body).decode()))

    def state(self, _request: Request) -> Response:
        """Whether what the files say is in force; `readable`: the form can be shown."""
        try:
            readable = bool(self._contents(self._layers()))
        except SettingsError:
            readable = False
        return self._answer({**settings_state(self._context), "readable": readable, "language": current_language()})

    def _contents(self, layers: tuple[Layer, ...]) -> dict[str, Any]:
        """What the form is made of.

        Raises:
            SettingsError: the file is no TOML, or Credential Manager doesn't answer.
        """
        version = _version(read_own_file(self._file))
        first = _is_unfilled(layers, self._file)
        return {"version": version, "groups": groups(layers, self._file), "first": first}

    async def attempt(self, request: Request) -> Response:
        """What would come of the typed values; nothing is written."""
        typed = _typed(await posted(request))
        return await run_in_threadpool(self._attempt, typed)

    async def save(self, request: Request) -> Response:
        """Write the typed values, if all of them are right and nobody else has written the file meanwhile."""
        body = await posted(request)
        return await run_in_threadpool(self._save, _typed(body), body.get("version"))

    async def open_file(self, request: Request) -> Response:
        """Show the file in an editor, as the tray does."""
        await posted(request)
        try:
            await run_in_threadpool(self._context.facts.open, self._file)
        except RobotError as error:
            return self._refusal(error, 409)
        return self._answer({})

    def _attempt(self, typed: dict[str, str | None]) -> Response:
        try:
            return self._answer(said_of(propose(typed, self._layers(), self._file), typed))
        except SettingsError as error:
            return self._refusal(error, 500)

    def _save(self, typed: dict[str, str | None], version: object) -> Response:
        try:
            own, layers = read_own_file(self._file), self._layers()
            proposal = propose(typed, layers, self._file)
            said = said_of(proposal, typed)
            said["problems"] |= _locked(typed, layers, self._file)
            if version != _version(own):
                return self._meanwhile(own, typed)
            if said["problems"] or not typed:
                return self._answer(said, 422 if typed else 200)
            guid = proposal.changes.get(SECRET)
            if isinstance(guid, str):
                self._context.redactor.learn(guid)
            known = [key for layer in layers for key, value in layer.values.items() if not is_blank(value)]
            write_changes(own, proposal.changes, known=known)
        except ChangedMeanwhileError:
            return self._meanwhile(read_own_file(self._file), typed)
        except SettingsError as error:
            return self._refusal(error, 500)
        return self._answer(said)

    def _meanwhile(self, own: OwnFile, typed: dict[str, str | None]) -> Response:
        """Nothing was written: what the file says now of what somebody wants to change."""
        layers = self._layers()
        now = {}
        for key in typed:
            said = [each for each in standing(key, layers, self._file) if each.own]
            now[key] = {"set": bool(said), "text": shown(key, own.values.get(key))}
        return self._answer({"version": _version(own), "now": now}, 409)

    def _layers(self) -> tuple[Layer, ...]:
        layers = read_layers(candidate_files(self._context.config), os.environ)
        for layer in layers:  # also those that aren't in force are nobody's business
            if guid := hosts.read_guid(str(layer.values.get(SECRET, ""))):
                self._context.redactor.learn(guid)
        return layers

    def _answer(self, value: dict[str, Any], status: int = 200) -> Response:
        """JSON with no GUID in it, whatever somebody may have written where."""
        text = self._context.redactor(json.dumps(value, ensure_ascii=False))
        return Response(text, status, media_type="application/json")

    def _refusal(self, error: RobotError, status: int) -> Response:
        return self._answer({"error": error.message, "hint": error.hint}, status)


def _is_unfilled(layers: tuple[Layer, ...], own_file: Path) -> bool:
    """Whether nobody has filled in yet what a robot can't do without."""
    return any(error.kind == "missing" for error in propose({}, layers, own_file).problems.values())


def _version(own: OwnFile) -> str:
    """Tells the file's content from every other."""
    return "" if own.data is None else hashlib.blake2b(own.data, key=_KEY).hexdigest()


def _typed(body: dict[str, Any]) -> dict[str, str | None]:
    """By key what somebody wants; None: as if the file said nothing of it.

    Raises:
        HTTPException: it is no form of this page.
    """
    found = body.get("values")
    if not isinstance(found, dict) or not all(key in Settings.keys() for key in found):
        raise HTTPException(400)
    if not all(value is None or isinstance(value, str) for value in found.values()):
        raise HTTPException(400)
    return found


def _locked(typed: Iterable[str], layers: tuple[Layer, ...], own_file: Path) -> dict[str, dict[str, str]]:
    """What can't be changed here, because something stronger than the file says it."""
    first = {key: said[0] for key in typed if (said := standing(key, layers, own_file))}
    return {
        key: {"kind": "locked", "text": _("is set by something stronger: {where}").format(where=said.where), "hint": ""}
        for key, said in first.items()
        if said.locks
    }
