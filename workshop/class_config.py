"""The trainer's page and the learners' consent to it: for any JupyterHub, loaded by its own configuration.

Variables of the hub's environment say what is different elsewhere:
LABKIT_TRAINERS       the trainers' names, with commas between them
LABKIT_CLASS_SERVICE  where the page's service listens, as the proxy reaches it
LABKIT_CLASS_AT       where learners' kernels reach it, if not there
LABKIT_CLASS_LISTEN   another address to listen on than the service's own
LABKIT_CLASS_API      where the service reaches the hub's API, if not where the hub says
LABKIT_CLASS_STATE    the folder where the class is kept; without one, it is kept in memory alone
LABKIT_CLASS_DAYS     days after which a learner that is not heard of is deleted there (14)
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
DAYS = os.environ.get("LABKIT_CLASS_DAYS") or "14"
TOLD = ("LABKIT_CLASS_LISTEN", "LABKIT_CLASS_API", "LABKIT_CLASS_STATE", "LABKIT_CLASS_DAYS")
TELLS = ["custom:class:report", "access:services!service=class"]

c.JupyterHub.services.append(
    {
        "name": "class",
        "url": SERVICE,
        "command": [sys.executable, "-m", "class_service"],
        "cwd": str(Path(__file__).resolve().parent),
        "environment": {name: os.environ.get(name, "") for name in TOLD},
        "oauth_client_allowed_scopes": ["custom:class:lead", "custom:class:report"],
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

# Each learner says, before their server starts, whether the trainer may see their progress. Nothing is chosen before.
c.Spawner.options_form = f"""
<fieldset>
<legend>May your trainer see your progress?</legend>
<p>Your trainer has a page that shows how far the class is, and where somebody is stuck.</p>
<p><b>With a yes</b>, it is told which lab you are in, which exercises you have solved or not yet solved, what you
choose in quizzes, and the names of errors. It shows this beside your name, and keeps it for {DAYS} days after it
last heard of you. Nothing that you write is told.</p>
<p><b>With a no</b>, it is told nothing. The labs are the same.</p>
<p>You can stop it at any time: run <code>%env LABKIT_CLASS=off</code> in a notebook. On this hub's page, the menu
<i>Services</i> has <i>class</i>: there you see all that is known of you, from earlier days too, and can
have it deleted.</p>
<p><label><input type="radio" name="share" value="yes" required> Yes, show my progress to my trainer</label></p>
<p><label><input type="radio" name="share" value="no" required> No, show nothing</label></p>
</fieldset>
"""
c.Spawner.options_from_form = lambda form: {"share": form.get("share") == ["yes"]}


def where_to_tell(spawner: Any) -> str:
    """Give the address that labkit tells of progress, for a learner who has agreed; else none."""
    base = spawner.hub.base_url.removesuffix("hub/")  # "/", where the hub has no other base_url
    return f"{AT}{base}services/class/" if spawner.user_options.get("share") is True else ""


c.Spawner.environment.update({"LABKIT_CLASS": where_to_tell})
# The chart for Kubernetes sets this one's environment itself, and then Spawner's does not count.
c.KubeSpawner.environment.update({"LABKIT_CLASS": where_to_tell})
