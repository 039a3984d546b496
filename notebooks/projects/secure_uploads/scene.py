"""Where attempts happen: a site, a tenant with a file, and another tenant that is after it. Plain facts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .files import Files, Upload
from .sending import sum_of
from .sessions import Clients

FILE = b"<script>alert(document.domain)</script>"
SUM = sum_of(FILE)


@dataclass(frozen=True)
class Scene:
    """The site, the victim, the thief.

    `thief` makes the clients of the other tenant's session, `service` those of the site's own role.
    """

    site: str
    token: str  # of the thief
    victim: Files
    loot: str  # the name of the victim's file
    own: Files  # the thief's
    thief: Clients
    service: Clients
    admin: Clients
    role: str  # the tenants' role

    def link(self, name: str, seconds: int = 60) -> Upload:
        """Sign a link for a file of the thief's own."""
        return replace(self.own, seconds=seconds).upload(name, len(FILE), SUM)
