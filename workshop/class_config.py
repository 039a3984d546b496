"""The trainer's page and the learners' consent to it: for any JupyterHub, loaded by its own configuration.

Three variables of the hub's environment say what is different elsewhere:
LABKIT_CLASS_SERVICE  where the page's service listens, as the proxy reaches it
LABKIT_CLASS_AT       where learners' kernels reach it, if not there
LABKIT_TRAINERS       the trainers' names, with commas between them
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

c = get_config()  # type: ignore[name-defined]  # noqa: F821
SERVICE = os.environ.get("LABKIT_CLASS_SERVICE") or "http://127.0.0.1:8003"
AT = os.environ.get("LABKIT_CLASS_AT") or SERVICE
TRAINERS = [name.strip() for name in (os.environ.get("LABKIT_TRAINERS") or "trainer").split(",")]
LISTEN = os.environ.get("LABKIT_CLASS_LISTEN", "")  # another address to listen on than the service's own
TELLS = ["custom:class:report", "access:services!service=class"]

c.JupyterHub.services.append(
    {
        "name": "class",
        "url": SERVICE,
        "command": [sys.executable, "-m", "class_service"],
        "cwd": str(Path(__file__).resolve().parent),
        "environment": {"LABKIT_CLASS_LISTEN": LISTEN},
        "oauth_client_allowed_scopes": ["custom:class:lead"],
        "oauth_no_confirm": True,
    }
)
c.JupyterHub.custom_scopes.update(
    {
        "custom:class:report": {"description": "Tell the class's page of one's own progress"},
        "custom:class:lead": {"description": "See the class's page, pause the class, give it a hint"},
    }
)
c.JupyterHub.load_groups.update({"trainers": {"users": TRAINERS}})
c.JupyterHub.load_roles.extend(
    [
        {"name": "user", "scopes": ["self", *TELLS]},
        # The token in a learner's server: it reaches this server, and tells of its owner's progress. Nothing else.
        {"name": "server", "scopes": ["users:activity!user", "access:servers!server", *TELLS]},
        {"name": "trainer", "groups": ["trainers"], "scopes": ["custom:class:lead", "access:services!service=class"]},
        # The service itself has no role: its own token may do nothing in the hub.
    ]
)

# Each learner says, before their server starts, whether the trainer may see their progress.
c.Spawner.options_form = """
<p>Your trainer has a page that shows how far the class is. May it show yours? It is told which lab you are in, which
exercises you have solved or not yet solved, and the names of errors. It is told nothing of what you write.</p>
<p><label><input type="checkbox" name="share" value="yes"> Yes, show my progress to my trainer</label></p>
"""
c.Spawner.options_from_form = lambda form: {"share": form.get("share") == ["yes"]}


def where_to_tell(spawner: Any) -> str:
    """Give the address that labkit tells of progress, for a learner who has agreed; else none."""
    return f"{AT}/services/class/" if spawner.user_options.get("share") is True else ""


c.Spawner.environment.update({"LABKIT_CLASS": where_to_tell})
