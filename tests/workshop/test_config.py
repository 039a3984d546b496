"""The part of the configuration that every hub loads: consent, roles, and the values for Kubernetes."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from traitlets.config import Config, PyFileConfigLoader

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "workshop"))

from class_service import keeping  # noqa: E402  a service of the hub, beside its configuration

FILE = ROOT / "workshop" / "class_config.py"
HUB = SimpleNamespace(base_url="/hub/")


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The configuration, as Kubernetes sets its variables; its own names too."""
    for name, value in values()["hub"]["extraEnv"].items():
        monkeypatch.setenv(name, value)
    names: dict[str, Any] = {"get_config": Config, "__file__": str(FILE)}
    exec(compile(FILE.read_text("utf-8"), str(FILE), "exec"), names)
    return SimpleNamespace(**names)


def values() -> dict[str, Any]:
    """The values for the chart."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "workshop" / "zero-to-jupyterhub.yaml").read_text("utf-8"))
    return found


@pytest.mark.parametrize(
    ("form", "is_told"),
    [({}, False), ({"share": [""]}, False), ({"share": ["no"]}, False), ({"share": ["yes"]}, True)],
    ids=str,
)
def test_only_a_yes_is_a_yes(loaded: Any, form: dict[str, list[str]], is_told: bool) -> None:
    """The box is empty at first, and an empty box is a no."""
    assert "checked" not in loaded.c.Spawner.options_form
    assert f"for {keeping.DAYS} days" in loaded.c.Spawner.options_form
    spawner = SimpleNamespace(user_options=loaded.c.Spawner.options_from_form(form), hub=HUB)
    assert bool(loaded.where_to_tell(spawner)) is is_told


def test_the_values_for_kubernetes_fit_the_configuration(loaded: Any) -> None:
    """Variables that it reads, the port that the service has, the address that learners reach."""
    chart = values()
    assert set(chart["hub"]["extraEnv"]) <= set(re.findall(r"LABKIT_\w+", FILE.read_text("utf-8")))
    assert loaded.SERVICE.endswith(f":{chart['hub']['service']['extraPorts'][0]['port']}")
    agreed = SimpleNamespace(user_options={"share": True}, hub=HUB)
    assert loaded.where_to_tell(agreed) == "http://hub:8003/services/class/"
    elsewhere = SimpleNamespace(user_options={"share": True}, hub=SimpleNamespace(base_url="/jupyter/hub/"))
    assert loaded.where_to_tell(elsewhere) == "http://hub:8003/jupyter/services/class/"
    assert chart["hub"]["extraEnv"]["LABKIT_TRAINERS"] in chart["hub"]["config"]["Authenticator"]["admin_users"]


def test_no_role_says_more_than_it_must(loaded: Any) -> None:
    """A learner's token can't open the page; the trainer's role can do nothing else."""
    roles = {role["name"]: set(role["scopes"]) for role in loaded.c.JupyterHub.load_roles.get_value([])}
    assert "custom:class:lead" not in roles["server"] | roles["user"]
    assert roles["trainer"] == {"custom:class:lead", "access:services!service=class"}
    assert not any(scope.startswith(("admin", "list", "read")) for scopes in roles.values() for scope in scopes)


CULLER = {"name": "cull-idle", "admin": True, "command": ["true"]}
OTHERS: Mapping[str, str] = {
    "alone": "",
    # As tljh/jupyterhub_config.py does before it loads jupyterhub_config.d: lists that are set, a spawner of its own.
    "TLJH": f"""
c.JupyterHub.services = []
c.JupyterHub.services.append({CULLER!r})
c.SystemdSpawner.default_shell = "/bin/bash"
""",
    # As the chart's jupyterhub_config.py does before hub.extraConfig: it also sets KubeSpawner's own environment.
    "Kubernetes": f"""
c.JupyterHub.services = []
c.JupyterHub.load_roles = []
c.KubeSpawner.environment = {{"THEIRS": "kept"}}
c.JupyterHub.services.append({CULLER!r})
c.JupyterHub.load_roles.append({{"name": "culler", "scopes": ["list:users"], "services": ["cull-idle"]}})
""",
}


@pytest.mark.parametrize("other", OTHERS)
def test_it_stands_beside_what_other_configurations_have_set(
    other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their services and roles stay, and a learner's yes reaches a server of their spawner's class."""
    from jupyterhub.app import JupyterHub
    from jupyterhub.objects import Hub
    from jupyterhub.spawner import SimpleLocalProcessSpawner

    for name in ("LABKIT_CLASS_AT", "LABKIT_CLASS_SERVICE"):
        monkeypatch.delenv(name, raising=False)
    theirs = tmp_path / "theirs.py"
    theirs.write_text(f"c = get_config()\n{OTHERS[other]}\nload_subconfig({str(FILE)!r})\n", encoding="utf-8")
    config = PyFileConfigLoader(str(theirs)).load_config()
    hub = JupyterHub(config=config)
    assert [each["name"] for each in hub.services] == (["class"] if other == "alone" else ["cull-idle", "class"])
    assert {"user", "server", "trainer"} <= {role["name"] for role in hub.load_roles}
    spawner_class = type("KubeSpawner" if other == "Kubernetes" else "SystemdSpawner", (SimpleLocalProcessSpawner,), {})
    spawner = spawner_class(config=config, hub=Hub(base_url="/hub/"))
    for said, told in (("yes", "http://127.0.0.1:8003/services/class/"), ("no", "")):
        spawner.user_options = spawner.options_from_form({"share": [said]})
        assert spawner.environment["LABKIT_CLASS"](spawner) == told
    assert spawner.environment.get("THEIRS") == ("kept" if other == "Kubernetes" else None)
    assert "May your trainer see your progress?" in str(spawner.options_form)


def test_on_kubernetes_learners_reach_the_page_and_nobody_else_does() -> None:
    """The chart shuts both doors on every port but 8081: out of the learner's pod, and into the hub's."""
    chart = values()
    port = [{"port": chart["hub"]["service"]["extraPorts"][0]["targetPort"]}]
    (out,) = chart["singleuser"]["networkPolicy"]["egress"]
    assert out == {"ports": port, "to": [{"podSelector": {"matchLabels": {"app.kubernetes.io/component": "hub"}}}]}
    (into,) = chart["hub"]["networkPolicy"]["ingress"]
    labelled = {"podSelector": {"matchLabels": {"hub.jupyter.org/network-access-hub": "true"}}}
    assert into == {"ports": port, "from": [labelled]}
    assert "extraLabels" not in chart["singleuser"]  # the chart's own have this label
    assert chart["hub"]["extraEnv"]["LABKIT_CLASS_AT"].startswith("http://hub:")
