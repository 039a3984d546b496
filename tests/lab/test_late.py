"""`lab.disturb(late=...)`: what others see of a change, until they know it; and all is as it should be afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit
from labkit.cloud.assembly.late import KINDS, usual

LATE = 30  # lab seconds; a call takes one
ALLOW = [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]
LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.fixture(scope="module")
def lab() -> Any:
    """An account."""
    return labkit.start("late")


@pytest.fixture
def late(lab: Any) -> Any:
    """The account, where changes are seen half a minute late."""
    lab.disturb(late=timedelta(seconds=LATE))
    yield lab
    lab.disturb()


def outcome(call: Callable[[], Any]) -> Any:
    """What a call answers, or the code and message of its refusal."""
    try:
        return call()
    except ClientError as refused:
        return f"{refused.response['Error']['Code']}: {refused.response['Error']['Message']}"


class Things:
    """What the cases below are about."""

    def __init__(self, lab: Any) -> None:
        self.lab, self.kms, self.iam = lab, boto3.client("kms"), boto3.client("iam")
        self.number = len(self.kms.list_keys()["Keys"])
        lab.disturb()
        self.key, self.other = (self.kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
        self.clerk = lab.role(f"Clerk{self.number}")
        self.as_clerk = self.clerk.client("kms")
        self.alias = f"alias/a{self.number}"
        self.kms.create_alias(AliasName=self.alias, TargetKeyId=self.key)
        self.granted = self.grant()
        self.sealed = self.kms.encrypt(KeyId=self.key, Plaintext=b"x")["CiphertextBlob"]
        lab.disturb(late=timedelta(seconds=LATE))

    def grant(self) -> dict[str, Any]:
        """Give the clerk a grant to decrypt."""
        return self.kms.create_grant(KeyId=self.key, GranteePrincipal=self.clerk.arn, Operations=["Decrypt"])

    def decrypt(self, **more: Any) -> Any:
        """Decrypt as the clerk."""
        return outcome(lambda: self.as_clerk.decrypt(CiphertextBlob=self.sealed, **more)["Plaintext"])

    def state(self) -> Any:
        """The key's state, as DescribeKey has it."""
        return self.kms.describe_key(KeyId=self.key)["KeyMetadata"]["KeyState"]

    def new_key(self) -> str:
        """Make a key."""
        return str(self.kms.create_key()["KeyMetadata"]["KeyId"])

    def new_role(self, trust: Any = None) -> str:
        """Make a role."""
        return str(self.lab.role(f"New{self.number}", policy=ALLOW, trust=trust and [trust]).arn)

    def policy_for(self, arn: str) -> str:
        """A key policy that names this role besides the account."""
        allow = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
        root = f"arn:aws:iam::{self.lab.account_id}:root"
        return json.dumps({"Version": "2012-10-17", "Statement": [allow | {"Principal": {"AWS": [root, arn]}}]})

    def function(self, role: str) -> Any:
        """Make a function with this role."""
        zipped = {"ZipFile": b"PK\x05\x06" + bytes(18)}
        return outcome(
            lambda: boto3.client("lambda").create_function(
                FunctionName=f"f{self.number}", Role=role, Runtime="python3.13", Handler="x.y", Code=zipped
            )["State"]
        )


def _set(operation: str, **parameters: Any) -> Callable[[Things], Any]:
    return lambda t: getattr(t.kms, operation)(KeyId=t.key, **parameters)


# What is done, what is asked then, what is answered until it is known, and afterwards (a part of it).
CASES: dict[str, tuple[Callable[[Things], Any], Callable[[Things, Any], Any], Any, Any]] = {
    "a new key is not found": (
        Things.new_key, lambda t, made: outcome(lambda: t.kms.get_key_policy(KeyId=made)["PolicyName"]),
        "NotFoundException", "default",
    ),
    "no alias for a new key": (
        Things.new_key,
        lambda t, key: outcome(lambda: t.kms.create_alias(AliasName=f"alias/n{t.number}", TargetKeyId=key) and "made"),
        "NotFoundException", "made",
    ),
    "a new alias is not found": (
        lambda t: t.kms.create_alias(AliasName=f"alias/b{t.number}", TargetKeyId=t.key),
        lambda t, _: outcome(lambda: t.kms.describe_key(KeyId=f"alias/b{t.number}")["KeyMetadata"]["KeyId"] == t.key),
        "NotFoundException", True,
    ),
    "an alias that was moved": (
        lambda t: t.kms.update_alias(AliasName=t.alias, TargetKeyId=t.other),
        lambda t, _: t.kms.describe_key(KeyId=t.alias)["KeyMetadata"]["KeyId"] == t.other, False, True,
    ),
    "an alias that was deleted": (
        lambda t: t.kms.delete_alias(AliasName=t.alias),
        lambda t, _: outcome(lambda: t.kms.describe_key(KeyId=t.alias)["KeyMetadata"]["KeyId"] == t.key),
        True, "NotFoundException",
    ),
    "a disabled key": (_set("disable_key"), lambda t, _: t.state(), "Enabled", "Disabled"),
    "a disabled key still encrypts": (
        _set("disable_key"), lambda t, _: outcome(lambda: len(t.kms.encrypt(KeyId=t.key, Plaintext=b"x")) > 0),
        True, "DisabledException",
    ),
    "a key that waits for its deletion": (
        _set("schedule_key_deletion", PendingWindowInDays=7), lambda t, _: t.state(), "Enabled", "PendingDeletion",
    ),
    "tags": (
        _set("tag_resource", Tags=[{"TagKey": "a", "TagValue": "b"}]),
        lambda t, _: len(t.kms.list_resource_tags(KeyId=t.key)["Tags"]), 0, 1,
    ),
    "a description": (
        _set("update_key_description", Description="new"),
        lambda t, _: t.kms.describe_key(KeyId=t.key)["KeyMetadata"]["Description"], "", "new",
    ),
    "rotation": (
        _set("enable_key_rotation"),
        lambda t, _: t.kms.get_key_rotation_status(KeyId=t.key)["KeyRotationEnabled"], False, True,
    ),
    "a key policy": (
        lambda t: t.kms.put_key_policy(KeyId=t.key, Policy=t.policy_for(t.clerk.arn)),
        lambda t, _: t.clerk.arn in t.kms.get_key_policy(KeyId=t.key)["Policy"], False, True,
    ),
    "a grant without its token": (
        lambda t: t.kms.revoke_grant(KeyId=t.key, GrantId=t.granted["GrantId"]) and t.grant() and None,
        lambda t, _: t.decrypt(), b"x", b"x",
    ),
    "a grant that was revoked": (
        lambda t: t.kms.revoke_grant(KeyId=t.key, GrantId=t.granted["GrantId"]),
        lambda t, _: t.decrypt(), b"x", "AccessDeniedException",
    ),
    "a role's new policy": (
        lambda t: t.iam.put_role_policy(
            RoleName=t.clerk.name, PolicyName="p",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": ALLOW}),
        ),
        lambda t, _: outcome(lambda: len(t.as_clerk.list_keys()["Keys"]) > 0), "AccessDeniedException", True,
    ),
    "a new role is not assumed": (
        Things.new_role,
        lambda t, arn: outcome(
            lambda: boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="me")["AssumedRoleUser"]["Arn"] != ""
        ),
        "AccessDenied: ", True,
    ),
    "IAM itself knows it": (
        Things.new_role, lambda t, arn: t.iam.get_role(RoleName=f"New{t.number}")["Role"]["Arn"] == arn, True, True,
    ),
    "a key policy with a new role": (
        Things.new_role,
        lambda t, arn: outcome(lambda: t.kms.put_key_policy(KeyId=t.key, Policy=t.policy_for(arn)) and "kept"),
        "MalformedPolicyDocumentException", "kept",
    ),
    "a grant to a new role": (
        Things.new_role,
        lambda t, arn: outcome(
            lambda: t.kms.create_grant(KeyId=t.key, GranteePrincipal=arn, Operations=["Decrypt"]) and "made"
        ),
        "InvalidArnException", "made",
    ),
    "a trust policy with a new role": (
        Things.new_role,
        lambda t, arn: outcome(
            lambda: t.iam.update_assume_role_policy(
                RoleName=t.clerk.name,
                PolicyDocument=json.dumps({
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}],
                }),
            ) and "kept"
        ),
        "MalformedPolicyDocument: Invalid principal in policy", "kept",
    ),
    "a new role for a function": (
        lambda t: t.new_role(LAMBDA), Things.function, "cannot be assumed by Lambda", "Active",
    ),
}  # fmt: skip


def _is(found: Any, wanted: Any) -> bool:
    return wanted in found if isinstance(found, str) and isinstance(wanted, str) else bool(found == wanted)


@pytest.mark.parametrize("case", CASES)
def test_a_change_is_seen_late_and_then_for_good(late: Any, case: str) -> None:
    """At once the old answer (or the error of the facts' table), after the delay the new one."""
    things = Things(late)
    change, ask, before, after = CASES[case]
    made = change(things)
    early = ask(things, made)
    late.clock.advance(seconds=LATE)
    then = ask(things, made)
    assert (_is(early, before), _is(then, after)) == (True, True), f"{early!r}, then {then!r}"


def test_the_token_of_a_new_grant_works_at_once(late: Any) -> None:
    """That is what it is for."""
    things = Things(late)
    late.disturb()
    things.kms.revoke_grant(KeyId=things.key, GrantId=things.granted["GrantId"])
    late.disturb(late=timedelta(seconds=LATE))
    grant = things.grant()
    assert "AccessDenied" in things.decrypt()
    assert things.decrypt(GrantTokens=[grant["GrantToken"]]) == b"x"


def test_a_second_creation_is_refused_although_nobody_sees_the_first(late: Any) -> None:
    """Names are taken at once."""
    things = Things(late)
    make = lambda: things.kms.create_alias(AliasName=f"alias/twice{things.number}", TargetKeyId=things.other)  # noqa: E731
    make()
    assert "AlreadyExistsException" in outcome(make)


# --- The rest have accounts of their own: the one above is over. -----------------------------------------------------


def test_in_the_last_third_calls_are_of_two_minds_the_same_at_each_run() -> None:
    """Some see the old, some the new, as the seed's dice fall; before it none, after it all."""

    def run() -> list[str]:
        lab = labkit.start("of-two-minds")
        lab.disturb(late=timedelta(seconds=LATE))
        things = Things(lab)
        things.kms.disable_key(KeyId=things.key)
        return [things.state() for _ in range(LATE + 5)]

    first = run()
    assert first == run()
    assert set(first[: LATE * 2 // 3 - 1]) == {"Enabled"}
    assert set(first[LATE * 2 // 3 : LATE]) == {"Enabled", "Disabled"}
    assert set(first[LATE:]) == {"Disabled"}


def test_the_table_has_every_kind_with_its_source() -> None:
    """And nothing is late for long."""
    assert tuple(usual()) == KINDS
    assert all(timedelta(0) < delay <= timedelta(seconds=15) for delay in usual().values())


@pytest.mark.parametrize("nonsense", [-1, 3601, "soon", "nan", [1], True, {"iam": 1}])
def test_nonsense_is_told(nonsense: Any) -> None:
    """In the reader's words."""
    lab = labkit.start("nonsense")
    with pytest.raises(labkit.LabError, match="Changes are seen late by 0 to 3600 seconds"):
        lab._remote.post("disturb", late=nonsense)


def test_what_is_late_is_told_and_ends() -> None:
    """A line each; without arguments all is well again."""
    lab = labkit.start("told")
    told = lab.disturb(late=timedelta(seconds=2)).lines
    assert "changes of iam are seen 2 seconds late" in told
    assert len(told) == 5
    assert lab.disturb().lines == ()


@pytest.mark.parametrize(("call", "after", "codes"), [
    ("kms:*", 2, ["", "", "ThrottlingException", "ThrottlingException", ""]),
    ("*", 0, ["ThrottlingException", "ThrottlingException", "", "", ""]),
    ("kms:ListAliases", 0, [""] * 5),
])  # fmt: skip
def test_faults_come_half_way(call: str, after: int, codes: list[str]) -> None:
    """After so many calls of a pattern, so many fail."""
    lab = labkit.start("half-way")
    kms = boto3.client("kms", config=boto3.session.Config(retries={"total_max_attempts": 1}))
    lab.disturb(call, error="ThrottlingException", times=2, after=after)
    found = [outcome(kms.list_keys) for _ in range(5)]
    assert [each.partition(":")[0] if isinstance(each, str) else "" for each in found] == codes
