"""JupyterHub for a class: runs as it is, for this machine alone; README.md beside it names what other places change.

Each learner has a home folder, a server and kernels of their own. A lab's account lives in a learner's kernel, so there
is nothing to share and nothing to set up. Writes into LABKIT_HUB_HOME and nowhere else.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

c = get_config()  # type: ignore[name-defined]  # noqa: F821
HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent
HOME = Path(os.environ.get("LABKIT_HUB_HOME") or Path.home() / ".labkit" / "hub").resolve()
PORT = int(os.environ.get("LABKIT_HUB_PORT") or 8000)  # this one and the three behind it
HOME.mkdir(mode=0o700, parents=True, exist_ok=True)


def typed() -> str:
    """Make a password that forty people can read off a slide: 12 signs, none of which looks like another."""
    signs = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(signs) for _ in range(4)) for _ in range(3))


def password(name: str, make: Callable[[], str]) -> str:
    """Read a password of this hub, or make it: a file for this user alone."""
    file = HOME / name
    if not file.is_file():
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as new:
            new.write(make())
    return file.read_text(encoding="utf-8").strip()


# 1. Where it answers: this machine alone.
c.JupyterHub.bind_url = f"http://127.0.0.1:{PORT}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{PORT + 1}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{PORT + 2}"
c.ConfigurableHTTPProxy.command = [str(CHECKOUT / ".venv/hub-proxy/node_modules/.bin/configurable-http-proxy")]
c.ConfigurableHTTPProxy.pid_file = str(HOME / "proxy.pid")
c.JupyterHub.db_url = f"sqlite:///{HOME / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(HOME / "cookie_secret")
c.JupyterHub.cleanup_servers = True  # the end of the hub is the end of the learners' servers

# 2. Who comes in: any name, with the class's password; the trainer has one of their own.
c.JupyterHub.authenticator_class = "shared-password"
c.Authenticator.allow_all = True  # since JupyterHub 5 nobody is allowed in without it
c.Authenticator.admin_users = {"trainer"}
c.SharedPasswordAuthenticator.user_password = password("class-password", typed)
c.SharedPasswordAuthenticator.admin_password = password("trainer-password", lambda: secrets.token_urlsafe(32))

# 3. What each learner gets: a home folder, the notebooks in it, and a server.
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(HOME / "homes" / "{username}")
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"] if os.name == "posix" and os.geteuid() == 0 else []
c.Spawner.notebook_dir = "~/course"
c.Spawner.default_url = "/lab/tree/notebooks/00-start-here.ipynb"
c.Spawner.start_timeout = 300  # forty servers that start at once are slow on two cores
c.Spawner.http_timeout = 300
c.LocalProcessSpawner.interrupt_timeout = 3
c.JupyterHub.concurrent_spawn_limit = 8


async def bring_the_course(spawner: Any) -> None:
    """Hand out the labs into the learner's folder, as `labkit learn` does: what they changed stays as they have it."""
    folder = HOME / "homes" / spawner.user.name / "course"
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [str(Path(sys.executable).parent / "labkit"), "learn", str(folder), "--no-open"]
    # The learner's own server reads there which notebooks are trusted, so that it shows their pictures.
    own = {name: value for name, value in os.environ.items() if name not in ("JUPYTER_DATA_DIR", "XDG_DATA_HOME")}
    environment = own | {"HOME": str(folder.parent)}
    learning = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL, env=environment)
    if await learning.wait():
        raise RuntimeError(f"The labs could not be handed out into {folder}: the hub's log says why.")


c.Spawner.pre_spawn_hook = bring_the_course

c.Spawner.environment = {
    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),  # for `!aws`
}

# 4. The trainer's page, and the learners' consent to it.
os.environ.setdefault("LABKIT_CLASS_SERVICE", f"http://127.0.0.1:{PORT + 3}")
os.environ.setdefault("LABKIT_CLASS_STATE", str(HOME / "class"))
load_subconfig(str(HERE / "class_config.py"))  # type: ignore[name-defined]  # noqa: F821
