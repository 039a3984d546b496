"""What the service answers: a kernel's reports, the trainer's page, the trainer's verbs. Who may, the hub says."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated
from tornado.web import Application, HTTPError, RequestHandler, authenticated

from .page import page, tables
from .room import NotUnderstood, Room

LEAD, REPORT = "custom:class:lead", "custom:class:report"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; form-action 'self'"


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

    def set_default_headers(self) -> None:
        """Let nothing in from elsewhere."""
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")

    def name(self) -> str:
        """Whose token it is, as the hub says."""
        return str(self.current_user["name"])


class Reports(_Handler):
    """POST an event: kind, lab, and item and status, or code. The answer is what to tell the learner."""

    needed = REPORT

    @authenticated
    def post(self) -> None:
        """Take an event of whoever the token belongs to."""
        try:
            event = json.loads(self.request.body)
            if not isinstance(event, dict):
                raise NotUnderstood("an event is an object")
            self.finish(self.room.report(self.name(), event, time.time()))
        except (ValueError, RecursionError) as error:
            raise HTTPError(400, reason="not an event of labkit") from error


class Mine(_Handler):
    """GET what the class's page knows of oneself."""

    needed = REPORT

    @authenticated
    def get(self) -> None:
        """Answer one's own part, as JSON."""
        mine = self.room.learners.get(self.name())
        work = [] if mine is None else [[*key, each.status, each.tries] for key, each in sorted(mine.work.items())]
        errors = {} if mine is None else dict(mine.errors)
        self.finish({"name": self.name(), "lab": mine.lab if mine else "", "exercises": work, "errors": errors})


class Page(_Handler):
    """The trainer's page."""

    @authenticated
    def get(self) -> None:
        """Show it whole."""
        self.finish(page(self.room, time.time(), self.xsrf_token.decode()))


class Tables(_Handler):
    """The part of the trainer's page that changes."""

    @authenticated
    def get(self) -> None:
        """Show the tables alone."""
        self.finish(tables(self.room, time.time()))


class Verbs(_Handler):
    """The trainer's verbs: pause, go on, hint, reset."""

    @authenticated
    def post(self, verb: str) -> None:
        """Do it, and go back to the page."""
        given = self.get_body_argument
        if verb in ("pause", "resume"):
            self.room.paused = verb == "pause"
        elif verb == "hint":
            self.room.hint(given("text"), given("lab", ""))
        else:
            self.room.reset(given("name"), given("lab"))
        self.redirect(self.settings["prefix"], status=303)


class Script(RequestHandler):
    """The page's script: it asks for the tables anew each five seconds."""

    def get(self) -> None:
        """Answer it."""
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.finish(
            "setInterval(async () => { const told = await fetch('tables'); "
            "if (told.ok) document.getElementById('tables').innerHTML = await told.text(); }, 5000);\n"
        )


def application() -> Application:
    """Put the service together, at the prefix that the hub gives it."""
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    settings: dict[str, Any] = {"room": Room(), "prefix": prefix, "cookie_secret": os.urandom(32)}
    return Application(
        [
            (prefix, Page),
            (f"{prefix}tables", Tables),
            (f"{prefix}page.js", Script),
            (f"{prefix}mine", Mine),
            (f"{prefix}events", Reports),
            (f"{prefix}(pause|resume|hint|reset)", Verbs),
            (f"{prefix}oauth_callback", HubOAuthCallbackHandler),
        ],
        **settings,
    )
