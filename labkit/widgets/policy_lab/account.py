"""What the lab starts from: keys, principals and documents of an account, by plain boto3 calls that only read.

What can't be read is named, so that nobody takes the rest for the whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import boto3
from botocore.exceptions import ClientError

from ...accounts.aws.answers.policies import BOTH, Owner, Reading, grants, key_policy, organization_policies, owner
from ...cloud.core.errors import AwsError
from ...cloud.policy.simulation import principal_of
from ...exercises.engine import LabView
from ...exercises.reach.moment import moment
from ...exercises.reach.things import Thing, key_of
from .grant_list import as_text
from .papers import Paper, pretty

MOST, MOST_DESCRIBED = 100, 20  # keys, and principals of each kind, to choose from
EXAMPLE = "the example key"
_EXAMPLE_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"


@dataclass
class _Plain:
    """The part of a lab that is asked here, for a boto3 session: its calls are plain ones of that identity."""

    session: Any
    region: str
    name: str = "policy-lab"
    simulated: bool = False

    def __post_init__(self) -> None:
        self.observer: Any = self

    def client(self, service: str, region: str | None = None) -> Any:
        return self.session.client(service, region or self.region)

    def rcps(self) -> list[list[tuple[str, str]]]:
        return []

    def events(self) -> list[dict[str, Any]]:
        return []


@dataclass
class _Quiet:
    """A lab in a real account: its events are not waited for, since CloudTrail tells them minutes later."""

    name: str
    region: str
    observer: Any
    simulated: bool = False

    def events(self) -> list[dict[str, Any]]:
        return []


def quick(view: LabView) -> LabView:
    """Return the view without what takes minutes."""
    real = getattr(view, "simulated", True) is False
    return _Quiet(view.name, view.region, view.observer) if real else view


def now_in(view: LabView) -> Mapping[str, str]:
    """Return what a direct call carries now: in a lab by its clock and last call, else the time alone."""
    if found := moment(view.events()):
        return found
    clock = getattr(view, "clock", None)
    present = clock.now() if clock else datetime.now(UTC)
    return {"aws:CurrentTime": f"{present:%Y-%m-%dT%H:%M:%SZ}", "aws:EpochTime": str(int(present.timestamp()))}


def account_of(session: Any = None, region: str | None = None) -> LabView:
    """Make what `PolicyLab` reads an account by, of a boto3 session (none: the default one)."""
    session = session or boto3.Session()
    return _Plain(session, region or session.region_name or "us-east-1")


@dataclass
class Account:
    """The account as it is now; each thing is read when it is first asked for."""

    view: LabView
    unread: list[str] = field(default_factory=list)

    def _reading(self) -> Reading:
        return Reading(self.view.observer.client, self.view.region, self.unread)

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """Customer managed keys by ARN, each with its words; the example where there is none.

        The first ones are described; the others are called by an alias, or by their ID.
        """
        reading, kms = self._reading(), self.view.observer.client("kms")
        listed = reading.try_to("the list of keys", "kms:ListKeys", lambda: kms.list_keys(Limit=MOST)["Keys"])
        named = reading.try_to(
            "the list of aliases", "kms:ListAliases", lambda: kms.list_aliases(Limit=MOST)["Aliases"]
        )
        names = {each.get("TargetKeyId"): each["AliasName"] for each in named or ()}
        found: dict[str, str] = {}
        for each in listed or ():
            key_id, arn = each["KeyId"], each["KeyArn"]
            about = self._described(arn) if len(self._metadata) < MOST_DESCRIBED else None
            is_aws = names.get(key_id, "").startswith("alias/aws/") or (about and about["KeyManager"] != "CUSTOMER")
            if not is_aws and not (about and about["KeyState"] == "PendingDeletion"):
                found[arn] = (about and about["Description"]) or names.get(key_id, key_id)
        return found or {self.example: EXAMPLE}

    @cached_property
    def _metadata(self) -> dict[str, Any]:
        return {}

    def _described(self, arn: str) -> Any:
        if arn not in self._metadata:
            kms = self.view.observer.client("kms", arn.split(":")[3])
            answer = self._reading().try_to(arn, "kms:DescribeKey", lambda: kms.describe_key(KeyId=arn))
            self._metadata[arn] = answer and answer["KeyMetadata"]
        return self._metadata[arn]

    @cached_property
    def me(self) -> str:
        """Whose account it is: the ARN of GetCallerIdentity, or one of an account that does not matter."""
        sts = self.view.observer.client("sts")
        answer = self._reading().try_to("who you are", "sts:GetCallerIdentity", sts.get_caller_identity)
        return str(answer["Arn"]) if answer else "arn:aws:iam::111122223333:root"

    @property
    def id(self) -> str:
        """The account's ID."""
        return self.me.split(":")[4]

    @property
    def example(self) -> str:
        """The ARN of the example key."""
        return f"arn:aws:kms:{self.view.region}:{self.id}:key/{_EXAMPLE_ID}"

    @cached_property
    def everybody(self) -> tuple[str, ...] | None:
        """ARNs of all roles and users; None where they can't all be listed."""
        reading, iam = self._reading(), self.view.observer.client("iam")
        found: list[str] = []
        for what in ("role", "user"):

            def pages(what: str = what) -> list[str]:
                listed = iam.get_paginator(f"list_{what}s").paginate()
                return [each["Arn"] for page in listed for each in page[f"{what.title()}s"]]

            arns = reading.try_to(f"the list of {what}s", f"iam:List{what.title()}s", pages)
            if arns is None:
                return None
            found += arns
        return tuple(found)

    @property
    def principals(self) -> tuple[str, ...]:
        """Whom the menu offers: roles and users, without the roles of services."""
        offered = sorted(each for each in self.everybody or () if "/aws-service-role/" not in each)
        mine = [each for each in offered if each.endswith(("/LabAdministrator", "/lab-administrator"))]
        return (*(each for each in offered if each not in mine), *mine)[: 2 * MOST]

    def key(self, arn: str) -> Thing:
        """Read a key: what conditions can ask of it, its policy, its grants."""
        if arn == self.example:
            return _example(arn)
        reading, about = self._reading(), self._described(arn)
        kms = self.view.observer.client("kms", arn.split(":")[3])
        policy = self._safely("the key policy", lambda: key_policy(reading, arn))
        if not about:
            return replace(_example(arn), words=f"the key {arn.rpartition('/')[2]}", policy=policy)
        tags = reading.try_to("the key's tags", "kms:ListResourceTags", lambda: [
            tag for page in kms.get_paginator("list_resource_tags").paginate(KeyId=arn) for tag in page["Tags"]
        ])  # fmt: skip
        names = reading.try_to("the key's aliases", "kms:ListAliases", lambda: [
            each["AliasName"] for page in kms.get_paginator("list_aliases").paginate(KeyId=arn)
            for each in page["Aliases"]
        ])  # fmt: skip
        return key_of(about, names or (), tags or (), policy, grants(reading, arn))

    def key_papers(self, thing: Thing) -> list[Paper]:
        """Return the key's own documents, and the resource control policies over it."""
        papers = [Paper("grants", as_text(thing.grants))]
        if thing.policy is not None:
            papers.append(Paper("key", pretty(thing.policy.document.text)))
        for number, level in enumerate(self.view.observer.rcps(), 1):
            papers += [Paper("rcp", pretty(text), name, level=number) for name, text in level]
        return papers

    def owner(self, arn: str) -> Owner | None:
        """Read a role's or user's own policies; None for everybody else, and where it can't be read."""
        principal = principal_of(arn)
        if principal.account != self.id or principal.kind not in ("IAMUser", "AssumedRole"):
            return None
        session = principal.session
        kind, name = ("role", session.issuer_name) if session else ("user", principal.name)
        if self.everybody is not None and not any(each.endswith(f"/{name}") for each in self.everybody):
            return None
        reading = self._reading()
        found: Owner | None = self._safely(f"the policies of {kind} {name}", lambda: owner(reading, kind, name))
        kinds = "service control policies" if self.view.observer.rcps() else BOTH
        organization_policies(reading, self.id, kinds=kinds)
        return found

    def owner_papers(self, found: Owner | None) -> list[Paper]:
        """Return a principal's own documents."""
        if found is None:
            return []
        papers = [Paper("identity", pretty(each.document.text), each.name, each.arn) for each in found.identity]
        if found.boundary:
            each = found.boundary
            papers.append(Paper("boundary", pretty(each.document.text), each.name, each.arn))
        return papers

    def _safely(self, what: str, read: Any) -> Any:
        try:
            return read()
        except (AwsError, ClientError) as wrong:  # a document that the kit can't read
            self.unread.append(f"{what} ({wrong})")
            return None


def _example(arn: str) -> Thing:
    found = {
        "Arn": arn, "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS",
        "MultiRegion": False, "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
    }  # fmt: skip
    return replace(key_of(found, (), (), None, ()), words=EXAMPLE)


def example_papers(account: str, key: str) -> list[Paper]:
    """Make a small example: the default key policy, and an IAM policy that allows Encrypt alone."""
    root = {
        "Sid": "Enable IAM User Permissions", "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*",
    }  # fmt: skip
    may = {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": key}
    return [_paper("key", "", root), _paper("identity", "example", may)]


def _paper(kind: Any, name: str, statement: Mapping[str, Any]) -> Paper:
    return Paper(kind, json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2), name)
