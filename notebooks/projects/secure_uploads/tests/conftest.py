"""A site with two tenants, acme and initech, that the tests of one file share."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from secure_uploads import Files, Tenant, Tenants, create_app, new_token, tenant_session
from secure_uploads.keys import make_key
from secure_uploads.rules import bucket_policy, cors, service_may, tenant_may, tenant_trust
from secure_uploads.scene import Scene
from secure_uploads.sending import put, sum_of
from secure_uploads.serving import serving, storage_of
from secure_uploads.tenants import digest_of

import labkit

BUCKET = "tenant-uploads"
PLAN = b"the plan of acme"


@dataclass(frozen=True)
class World:
    """The account, the site, and the tenants' tokens."""

    lab: labkit.Lab
    site: str
    tenants: dict[str, Tenant]
    tokens: dict[str, str]
    service: Any
    role: str

    def clients(self, tenant: str) -> Any:
        """Begin a session of the tenant."""
        return tenant_session(self.role, tenant, self.service.client("sts"))

    def files(self, tenant: str) -> Files:
        """Open a tenant's files, as the site does."""
        return Files(tenant, BUCKET, self.tenants[tenant].key, self.clients(tenant)("s3"))

    def scene(self) -> Scene:
        """Set the scene for what must not work."""
        thief = self.clients("initech")
        own = Files("initech", BUCKET, self.tenants["initech"].key, thief("s3"))
        roles = {"thief": thief, "service": self.service.client, "admin": boto3.client}
        found = {"site": self.site, "token": self.tokens["initech"], "victim": self.files("acme"), "own": own}
        return Scene(**found, **roles, loot="plan.txt", role=self.role)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def world(lab: labkit.Lab) -> Iterator[World]:
    """All is made as the notebook makes it; acme has uploaded its plan."""
    s3, kms = boto3.client("s3"), boto3.client("kms")
    account = boto3.client("sts").get_caller_identity()["Account"]
    service = lab.role("UploadService")
    tenant_role = lab.role("UploadTenant", tenant_may(BUCKET), trust=tenant_trust(service.arn))
    policy = json.dumps({"Version": "2012-10-17", "Statement": service_may(tenant_role.arn)})
    boto3.client("iam").put_role_policy(RoleName="UploadService", PolicyName="sign", PolicyDocument=policy)
    tokens = {name: new_token() for name in ("acme", "initech")}
    tenants = {name: Tenant(name, make_key(kms, account, name), digest_of(token)) for name, token in tokens.items()}
    s3.create_bucket(Bucket=BUCKET)
    doors = bucket_policy(BUCKET, {name: tenant.key for name, tenant in tenants.items()})
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(doors))
    sts = service.client("sts")

    def files_of(tenant: Tenant) -> Files:
        return Files(tenant.name, BUCKET, tenant.key, tenant_session(tenant_role.arn, tenant.name, sts)("s3"))

    app = create_app(Tenants(tuple(tenants.values())), files_of, storage_of(BUCKET, s3))
    with serving(app) as site:
        s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration=cors(site))
        world = World(lab, site, tenants, tokens, service, tenant_role.arn)
        put(world.files("acme").upload("plan.txt", len(PLAN), sum_of(PLAN)), PLAN)
        yield world


@pytest.fixture(scope="session")
def chromium() -> str:
    """Find the Chromium or Chrome of the machine. Without one, tests of the page are skipped, but never in CI."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        assert "CI" not in os.environ, "CI installs a Chromium"
        pytest.skip("no Chromium on this machine")
    return found
