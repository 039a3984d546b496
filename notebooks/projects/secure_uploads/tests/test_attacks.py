"""What must not work does not, and nothing of the victim has changed by then."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from secure_uploads.must_not import NO, must_not
from secure_uploads.rules import bucket_policy
from secure_uploads.scene import FILE, SUM
from secure_uploads.sending import put, send

from .conftest import BUCKET, PLAN, World


def test_what_must_not_work(world: World) -> None:
    """Each attempt ends with the error that the list says; with one that changes things, they are in its own folder."""
    attempts = must_not(world.scene())
    assert len(attempts) >= 30
    assert [(each.what, each.outcome()) for each in attempts] == [(each.what, each.error) for each in attempts]
    assert world.files("acme").listed() == [("plan.txt", len(PLAN))]
    assert send("GET", world.files("acme").download("plan.txt")) == PLAN
    keys = [each["Key"] for each in boto3.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert keys == ["acme/plan.txt", "initech/page.html", "initech/twice.txt"]


def test_what_is_refused_is_what_was_changed(world: World) -> None:
    """Without a change, the same link and the same call go through."""
    scene = world.scene()
    put(scene.link("as-it-should-be.txt"), FILE)
    assert send("GET", scene.own.download("as-it-should-be.txt")) == FILE
    put(scene.own.upload("x", len(FILE), SUM), FILE)


@pytest.fixture
def no_bucket_policy(world: World) -> Iterator[None]:
    """Take the bucket's policy away meanwhile."""
    s3 = boto3.client("s3")
    s3.delete_bucket_policy(Bucket=BUCKET)
    yield
    keys = {name: tenant.key for name, tenant in world.tenants.items()}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(bucket_policy(BUCKET, keys)))


BY_THE_BUCKET_ALONE = {"it puts under SSE-S3", "the administrator gets a file"}


def test_the_session_alone_keeps_tenants_apart(world: World, no_bucket_policy: None) -> None:
    """Nothing that crosses tenants rests on the bucket's policy alone."""
    attempts = [each for each in must_not(world.scene()) if each.error == NO and "expired" not in each.what]
    through = {each.what for each in attempts if each.outcome() != each.error}
    assert through == BY_THE_BUCKET_ALONE
