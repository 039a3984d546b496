"""The part of the configuration that every hub loads: consent, roles, and the values for Kubernetes."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from traitlets.config import Config

ROOT = Path(__file__).resolve().parent.parent.parent
FILE = ROOT / "workshop" / "class_config.py"


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
    spawner = SimpleNamespace(user_options=loaded.c.Spawner.options_from_form(form))
    assert bool(loaded.where_to_tell(spawner)) is is_told


def test_the_values_for_kubernetes_fit_the_configuration(loaded: Any) -> None:
    """Variables that it reads, the port that the service has, the address that learners reach."""
    chart = values()
    assert set(chart["hub"]["extraEnv"]) <= set(re.findall(r"LABKIT_\w+", FILE.read_text("utf-8")))
    assert loaded.SERVICE.endswith(f":{chart['hub']['service']['extraPorts'][0]['port']}")
    assert loaded.where_to_tell(SimpleNamespace(user_options={"share": True})) == "http://proxy-public/services/class/"
    assert chart["hub"]["extraEnv"]["LABKIT_TRAINERS"] in chart["hub"]["config"]["Authenticator"]["admin_users"]


def test_no_role_says_more_than_it_must(loaded: Any) -> None:
    """A learner's token can't open the page; the trainer's role can do nothing else."""
    roles = {role["name"]: set(role["scopes"]) for role in loaded.c.JupyterHub.load_roles.get_value([])}
    assert "custom:class:lead" not in roles["server"] | roles["user"]
    assert roles["trainer"] == {"custom:class:lead", "access:services!service=class"}
    assert not any(scope.startswith(("admin", "list", "read")) for scopes in roles.values() for scope in scopes)
