"""boto3's default session may be older than a run, stand aside meanwhile, and come back: each run has its own calls."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from labkit.accounts.aws import hooks
from labkit.accounts.sessions import new_session

from .conftest import World


def _alias(own: Any, name: str) -> set[str]:
    """Make an alias by boto3's default session, and tell what the account calls it."""
    kms = boto3.client("kms")
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    entries = own.list_aliases()["Aliases"]
    return {each["AliasName"] for each in entries if each["AliasName"].startswith(f"alias/{name}")}


@pytest.mark.parametrize("stays", [True, False], ids=["stays the default", "stands aside at the end"])
def test_an_older_session_is_plain_between_runs(world: World, monkeypatch: pytest.MonkeyPatch, stays: bool) -> None:
    """And in each run it is that run's."""
    older, own = new_session(), new_session().client("kms")
    for run in ("raaa2345" if stays else "rbbb2345", "rccc2345" if stays else "rddd2345"):
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", older)
        world.install(run)
        assert _alias(own, f"{run}-in") == {f"alias/{run}-in-{run}"}
        if not stays:
            monkeypatch.setattr(boto3, "DEFAULT_SESSION", new_session())
        hooks.uninstall()
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", older)
        assert _alias(own, f"{run}-after") == {f"alias/{run}-after"}
