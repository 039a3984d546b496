"""What the service answers: a kernel's reports, the trainer's page, the trainer's verbs. Who may, the hub says."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated
from tornado.web import Application, HTTPError, RequestHandler, authenticated

from .course import course
from .keeping import DAYS, Keeper
from .mine import mine
from .page import page
from .room import Room
from .tables import View, tables

LEAD, REPORT = "custom:class:lead", "custom:class:report"
POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'"
HOUR = 3600.0


class _Handler(HubOAuthenticated, RequestHandler):
    """A request of somebody whose token has the scope `needed`; 403 for others."""

    needed = LEAD

    @property
    def hub_scopes(self) -> set[str]:
        """The one scope that lets in."""
        return {self.needed}

    @property
    def room(self) -> Room:
        """The class."""
        found: Room = self.settings["room"]
        return found

    @property
    def keeper(self) -> Keeper:
        """What keeps the class on disk."""
        found: Keeper = self.settings["keeper"]
        return found

    def view(self) -> View:
        """What the trainer looks at."""
        return View.of(self.get_query_argument("lab", ""), self.get_query_argument("sort", ""))

    def set_default_headers(self) -> None:
        """Let nothing in from elsewhere."""
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")

    def name(self) -> str:
        """Whose token it is, as the hub says."""
        return str(self.current_user["name"])


class Reports(_Handler):
    """POST an event: kind, lab, and what its kind has besides. The answer is what to tell the learner."""

    needed = REPORT

    @authenticated
    def post(self) -> None:
        """Take an event of whoever the token belongs to."""
        try:
            told = self.room.report(self.name(), json.loads(self.request.body), time.time())
        except (ValueError, RecursionError) as error:
            raise HTTPError(400, reason="not an event of labkit") from error
        self.keeper.learner(self.room.learners[self.name()])
        self.finish(told)


class Mine(_Handler):
    """GET what the class's page knows of oneself."""

    needed = REPORT

    @authenticated
    def get(self) -> None:
        """Show one's own part."""
        known = self.room.learners.get(self.name())
        self.finish(mine(self.name(), known, self.keeper.days, time.time(), self.xsrf_token.decode()))


class ForgetMe(_Handler):
    """POST to have the class's page forget oneself."""

    needed = REPORT

    @authenticated
    def post(self) -> None:
        """Forget, and show that it is so."""
        self.room.forget(self.name())
        self.keeper.forget(self.name())
        self.redirect(f"{self.settings['prefix']}mine", status=303)


class Page(_Handler):
    """The trainer's page. The hub's menu leads everybody here: learners are led on to their own."""

    @property
    def hub_scopes(self) -> set[str]:
        """Trainers, and learners to be led on."""
        return {LEAD, REPORT}

    @authenticated
    def get(self) -> None:
        """Show it whole to a trainer."""
        if LEAD not in self.current_user["scopes"]:
            self.redirect(f"{self.settings['prefix']}mine")
            return
        xsrf = self.xsrf_token.decode()
        shown = page(self.room, self.settings["course"], self.view(), time.time(), xsrf, notes(self.keeper))
        self.finish(shown)


class Tables(_Handler):
    """The part of the trainer's page that changes."""

    @authenticated
    def get(self) -> None:
        """Show the tables alone."""
        self.finish(tables(self.room, self.settings["course"], self.view(), time.time()))


class Verbs(_Handler):
    """The trainer's verbs: pause, go on, hint, reset, forget."""

    @authenticated
    def post(self, verb: str) -> None:
        """Do it, and go back to what the trainer looked at."""
        given = self.get_body_argument
        if verb in ("pause", "resume"):
            self.room.paused = verb == "pause"
            self.keeper.hints_and_pause(self.room)
        elif verb == "hint":
            self.room.hint(given("text"), given("lab", ""), time.time())
            self.keeper.hints_and_pause(self.room)
        elif verb == "reset":
            self.room.reset(given("name"), given("lab"))
            self._keep(given("name"))
        elif verb == "forget":
            self.room.forget(given("name"))
            self.keeper.forget(given("name"))
        elif given("sure", "") == "yes":
            self.room.forget_all()
            self.keeper.forget_all()
        asked = {name: values[-1] for name, values in parse_qs(given("view", "")).items()}
        view = View.of(asked.get("lab", ""), asked.get("sort", ""))
        self.redirect(f"{self.settings['prefix']}?{view.query()}", status=303)

    def _keep(self, name: str) -> None:
        learner = self.room.learners.get(name)
        if learner is not None:
            self.keeper.learner(learner)


class File(RequestHandler):
    """The page's script and its style: for everybody, as they say nothing of the class."""

    def initialize(self, name: str, kind: str) -> None:
        """Take the name of a file beside this one, and its media type."""
        self.path = Path(__file__).with_name(name)
        self.kind = kind

    def get(self) -> None:
        """Answer it."""
        self.set_header("Content-Type", f"{self.kind}; charset=utf-8")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(self.path.read_text(encoding="utf-8"))


def notes(keeper: Keeper) -> list[str]:
    """Say where the class is kept, how long, and what is wrong with it."""
    if keeper.file is None or keeper.problem:
        return [keeper.problem]
    kept = f"The class is kept in {keeper.file}, so that a hub that is started again still knows it."
    until = f"What is known of a learner is deleted {keeper.days:g} days after they were last heard of."
    aside = [f"An older file could not be read. It is kept as {path}, and counts no more." for path in keeper.aside()]
    return [kept, until, *aside]


def keeper_of(environ: Mapping[str, str]) -> Keeper:
    """Find the folder and the number of days that the hub's configuration names."""
    folder = environ.get("LABKIT_CLASS_STATE", "")
    days = environ.get("LABKIT_CLASS_DAYS", "")
    return Keeper(Path(folder) if folder else None, float(days) if days else DAYS)


def application(keeper: Keeper) -> Application:
    """Put the service together, at the prefix that the hub gives it."""
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    settings: dict[str, Any] = {
        "room": keeper.load(time.time()),
        "keeper": keeper,
        "course": course(),
        "prefix": prefix,
        "cookie_secret": os.urandom(32),
    }
    return Application(
        [
            (prefix, Page),
            (f"{prefix}tables", Tables),
            (f"{prefix}page.js", File, {"name": "page.js", "kind": "text/javascript"}),
            (f"{prefix}class.css", File, {"name": "class.css", "kind": "text/css"}),
            (f"{prefix}mine", Mine),
            (f"{prefix}forget-me", ForgetMe),
            (f"{prefix}events", Reports),
            (f"{prefix}(pause|resume|hint|reset|forget|forget-all)", Verbs),
            (f"{prefix}oauth_callback", HubOAuthCallbackHandler),
        ],
        **settings,
    )


def sweep(made: Application) -> None:
    """Delete what is older than it may get."""
    made.settings["keeper"].sweep(made.settings["room"], time.time())
