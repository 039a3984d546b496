"""For The Littlest JupyterHub: copy it into /opt/tljh/config/jupyterhub_config.d/, then reload the hub.

TLJH itself says who comes in, starts the servers and has the proxy. This adds the trainer's page. Change the two
lines that README.md names. The source of the folder's name: TLJH's documentation, "Custom configuration snippets".
"""

from __future__ import annotations

import os

c = get_config()  # type: ignore[name-defined]  # noqa: F821
os.environ["LABKIT_TRAINERS"] = "trainer"  # your user's name, or several with commas
os.environ["LABKIT_CLASS_STATE"] = "/opt/tljh/state/labkit-class"
load_subconfig("/opt/labkit/workshop/class_config.py")  # type: ignore[name-defined]  # noqa: F821  # the checkout

c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 300
