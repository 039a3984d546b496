"""A real hub of jupyterhub_config.py, for tests and for `measure`: started, asked by REST, ended with its servers."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

HERE = Path(__file__).resolve().parent
EXTRA = """
load_subconfig({config!r})
c = get_config()
c.JupyterHub.services.append({{"name": "tests", "api_token": {token!r}}})
c.JupyterHub.load_roles.append(
    {{"name": "tests", "services": ["tests"], "scopes": ["admin:users", "admin:servers", "tokens", "access:servers"]}}
)
c.Spawner.cmd = [*c.Spawner.cmd, "--ServerApp.log_level=ERROR", "--LabApp.expose_app_in_browser=True"]
c.JupyterHub.log_level = "WARN"
"""


class NotReady(Exception):
    """The hub, or a server in it, did not come up; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub that runs. `ask` speaks as the tests' service, unless another token is given."""

    address: str
    home: Path
    process: subprocess.Popen[bytes]
    token: str = field(repr=False)

    def ask(self, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
        """Ask; status and answer (JSON where it is JSON, else text)."""
        headers = {"Authorization": f"token {token or self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}{path}", data, headers, method=method)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(request, timeout=120) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def form(self, path: str, fields: dict[str, str], token: str) -> int:
        """Send a form, and follow no redirect; the status."""
        headers = {"Authorization": f"token {token}", "Content-Type": "application/x-www-form-urlencoded"}
        address = urlsplit(self.address)
        with closing(http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)) as connection:
            connection.request("POST", path, urlencode(fields), headers)
            return connection.getresponse().status

    def start(self, name: str, options: Any = None) -> float:
        """Make a user and start their server; the seconds until it answers. NotReady if it does not."""
        begun = time.monotonic()
        self.ask("POST", f"/hub/api/users/{name}")
        self.ask("POST", f"/hub/api/users/{name}/server", options or {})
        self.wait_for(name)
        return time.monotonic() - begun

    def wait_for(self, name: str) -> None:
        """Wait until a learner's server answers. NotReady if it does not."""
        begun = time.monotonic()
        while time.monotonic() - begun < 300:
            _, user = self.ask("GET", f"/hub/api/users/{name}?include_stopped_servers=true")
            if user["servers"].get("", {}).get("ready"):
                return
            time.sleep(0.3)
        raise NotReady(f"the server of {name} did not come up: {self.log()}")

    def token_of(self, name: str, scopes: list[str] | None = None) -> str:
        """Make a token of a user's own."""
        status, answer = self.ask("POST", f"/hub/api/users/{name}/tokens", {"scopes": scopes} if scopes else {})
        if status != 201:
            raise NotReady(f"no token for {name}: {answer}")
        return str(answer["token"])

    def end_the_service(self) -> None:
        """End the class's page, and wait until the hub has started it again."""
        import psutil  # comes with ipykernel

        (page,) = (
            each for each in psutil.Process(self.process.pid).children() if "class_service" in " ".join(each.cmdline())
        )
        page.terminate()
        page.wait(30)
        _wait(self)

    def log(self) -> str:
        """The end of the hub's log."""
        return (self.home / "log").read_text(encoding="utf-8", errors="replace")[-2000:]


def free_ports(count: int) -> int:
    """Find a port that is free, with those behind it."""
    for first in range(20000 + secrets.randbelow(20000), 60000, count):
        sockets = []
        try:
            for port in range(first, first + count):
                sockets.append(each := socket.socket())
                each.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
        finally:
            for each in sockets:
                each.close()
    raise NotReady("no ports are free")


@contextmanager
def running_hub(home: Path) -> Iterator[Hub]:
    """Start a hub whose files are in `home`; in the end, end it and its learners' servers."""
    port, token = free_ports(4), secrets.token_hex(16)
    home.mkdir(parents=True, exist_ok=True)
    config = home / "config.py"
    config.write_text(EXTRA.format(config=str(HERE / "jupyterhub_config.py"), token=token), encoding="utf-8")
    dropped = ("LABKIT_", "AWS_", "JUPYTER", "PYTEST", "CI")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    environ |= {"LABKIT_HUB_HOME": str(home), "LABKIT_HUB_PORT": str(port)}
    command = [sys.executable, "-m", "jupyterhub", "-f", str(config)]
    with open(home / "log", "wb") as log:
        process = subprocess.Popen(command, cwd=home, env=environ, stdout=log, stderr=log)
    hub = Hub(f"http://127.0.0.1:{port}", home, process, token)
    try:
        _wait(hub)
        yield hub
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(hub: Hub) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and hub.process.poll() is None:
        try:
            if hub.ask("GET", "/services/class/page.js")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.3)
    raise NotReady(f"the hub did not come up: {hub.log()}")


@contextmanager
def kernel(hub: Hub, name: str) -> Iterator[Any]:
    """Open a kernel in a learner's server, as JupyterLab does: gives a function that runs code and answers its text.

    As somebody who can be asked (`allow_stdin`): a learner in a browser.
    """
    import websocket  # comes with jupyter-server

    token = hub.token_of(name)
    _, made = hub.ask("POST", f"/user/{name}/api/kernels", {"name": "python3"}, token)
    address = hub.address.replace("http", "ws", 1)
    with closing(
        websocket.create_connection(
            f"{address}/user/{name}/api/kernels/{made['id']}/channels",
            header={"Authorization": f"token {token}"},
            timeout=120,
        )
    ) as channel:
        yield lambda code: _run(channel, code)
    hub.ask("DELETE", f"/user/{name}/api/kernels/{made['id']}", None, token)


def _run(channel: Any, code: str) -> str:
    """Run one cell; what it printed and showed, as text, with the names of errors."""
    asked = secrets.token_hex(8)
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": True}
    header = {"msg_id": asked, "msg_type": "execute_request", "username": "", "session": asked, "version": "5.3"}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    channel.send(json.dumps(message))
    said = []
    while True:
        got = json.loads(channel.recv())
        if got.get("parent_header", {}).get("msg_id") != asked:
            continue
        kind, content = got["msg_type"], got["content"]
        if kind == "stream":
            said.append(content["text"])
        elif kind == "execute_result":
            said.append(content["data"]["text/plain"])
        elif kind == "error":
            said.append(f"{content['ename']}: {content['evalue']}")
        elif kind == "status" and content["execution_state"] == "idle":
            return "\n".join(said)
