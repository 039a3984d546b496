"""In the good shop the audit finds nothing; each planted fault it finds once. What it can't read, it says."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

import boto3
import botocore.session
import pytest
from botocore import xform_name

import labkit
from labkit.audit import SEVERITIES, UNREAD, Finding, Report, audit, checks
from labkit.audit.checks import CHECKS
from labkit.practice import FAULTS, Shop, furnish, plant, plant_old

from .replay import Replay

OLD = [name for name, fault in FAULTS.items() if fault.old]


@dataclass(frozen=True)
class Audited:
    """The shop before and after the faults were planted, and the answers of the second look."""

    lab: labkit.Lab
    good: Report
    emptied: Report
    faulty: Report
    planted: dict[str, str]
    replay: Replay


@pytest.fixture(scope="module")
def shop() -> Iterator[Audited]:
    """One account for all tests here: good, then with every fault."""
    lab = labkit.start("audit-planted")
    shop = Shop(lab)
    planted = plant_old(shop)
    furnish(shop)
    good = audit(lab.observer.client)
    kms, forgotten = boto3.client("kms"), shop.keys["forgotten"]
    kms.disable_key(KeyId=forgotten)
    emptied = audit(lab.observer.client)
    kms.enable_key(KeyId=forgotten)
    planted |= plant(shop)
    replay = Replay(lab.observer.client)
    yield Audited(lab, good, emptied, audit(replay), planted, replay)


def test_the_good_shop_has_nothing_to_mend(shop: Audited) -> None:
    """But for the key that nobody has used in a hundred days; and that one is no finding once it is disabled."""
    assert [(each.check, each.resource) for each in shop.good] == [("unused-key", shop.planted[OLD[0]])]
    assert shop.emptied.findings == ()
    assert str(shop.emptied) == "Account 111122223333, Region us-east-1: nothing to mend."


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found_once(shop: Audited, name: str) -> None:
    """By its check, at its resource."""
    found = [each for each in shop.faulty if each.check == FAULTS[name].check and shop.planted[name] in each.resource]
    assert len(found) == 1


def test_nothing_else_is_found(shop: Audited) -> None:
    """Each finding is of a planted fault, and every check but some has a fault: those on enclaves are in a table."""
    assert len(shop.faulty) == len(FAULTS)
    assert checks().keys() - {fault.check for fault in FAULTS.values()} == {
        "no-trail",
        "key-store-disconnected",
        "debug-enclave-let-in",
        "attestation-bypassed",
    }
    assert checks().keys() - CHECKS.keys() == {"pending-deletion-in-use"}


def test_the_worst_comes_first(shop: Audited) -> None:
    """And the table says the same."""
    ranks = [SEVERITIES.index(each.severity) for each in shop.faulty]
    assert ranks == sorted(ranks)
    assert list(shop.faulty.frame["severity"]) == [each.severity for each in shop.faulty]
    assert len(shop.faulty.at_least("critical")) == 3
    assert shop.faulty.at_least("low") == shop.faulty.findings


def test_json_has_what_is_promised(shop: Audited) -> None:
    """A list of findings, each with its check, severity, resource, why, mend and controls."""
    told = json.loads(json.dumps(shop.faulty.as_json()))
    for each in told:
        assert {"check", "severity", "resource", "why", "mend", "controls"} <= each.keys()
        assert set(each["mend"]) == {"cli", "boto3"}
        assert all(isinstance(control, str) for control in each["controls"])


MODELS = botocore.session.get_session()


@pytest.fixture(scope="module")
def mends(shop: Audited) -> list[Finding]:
    """The findings."""
    return list(shop.faulty)


def test_each_mend_is_a_call_that_there_is(mends: list[Finding]) -> None:
    """With options that the operation has, on the command line and in boto3."""
    for each in mends:
        command = shlex.split(each.mend.cli, comments=True)
        service = {"s3api": "s3"}.get(command[1], command[1])
        model = MODELS.get_service_model(service)
        names = {xform_name(name, "-"): name for name in model.operation_names}
        members = model.operation_model(names[command[2]]).input_shape.members
        options = {f"--{xform_name(name, '-')}" for name in members}
        flags = [word.replace("--no-", "--") for word in command[3:] if word.startswith("--")]
        assert set(flags) <= options, each.mend.cli
        compile(each.mend.boto3, "mend", "eval")
        assert each.mend.boto3.startswith(f'boto3.client("{service}").{command[2].replace("-", "_")}(')


def test_no_secret_is_repeated(shop: Audited) -> None:
    """A finding says where a secret is and by what name, not what it is."""
    told = json.dumps(shop.faulty.as_json()) + shop.faulty._repr_html_() + str(shop.faulty)
    assert "correct-horse" not in told
    assert "swordfish" not in told


def test_every_missing_permission_is_told(shop: Audited) -> None:
    """With each permission denied in turn: a check that finds less than before says that it could not read."""
    before: dict[str, list[str]] = {}
    for each in shop.faulty:
        before.setdefault(each.check, []).append(each.resource)
    silent = {}
    for permission in shop.replay.asked:
        if permission == "sts:GetCallerIdentity":
            continue
        shop.replay.denied = permission
        report = audit(shop.replay)
        shop.replay.denied = ""
        unread = {each.check for each in report.unread}
        assert unread, permission
        assert all(permission in each.why for each in report.unread)
        found = {check: [each.resource for each in report if each.check == check] for check in before}
        lost = {check for check, resources in before.items() if not set(resources) <= set(found[check])}
        if less := lost - unread - {"pending-deletion-in-use"}:
            silent[permission] = less
    assert silent == {}


def test_a_real_denial_reads_like_one(shop: Audited) -> None:
    """An auditor without kms:GetKeyPolicy and kms:ListGrants learns which checks that took."""
    role = shop.lab.role(
        "Auditor",
        [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": ["kms:GetKeyPolicy", "kms:ListGrants"], "Resource": "*"},
        ],
    )
    report = audit(role.client)
    unread = {each.check: each for each in report.unread}
    assert {"public-key-policy", "account-wide-principal", "grant-too-wide", "grant-doubled"} <= unread.keys()
    row = unread["public-key-policy"]
    assert row.severity == UNREAD
    assert row.why.startswith("Not known: kms:GetKeyPolicy answered AccessDeniedException.")
    assert "The same for " in row.why
    assert {each.check for each in report if not each.is_unread} & {"grant-too-wide", "public-key-policy"} == set()
    table = report.tools()
    assert set(table[table["control"] == "KMS.5"]["status"]) == {UNREAD}
    assert UNREAD not in set(table[table["control"] == "KMS.4"]["status"])


def test_some_checks_alone(shop: Audited) -> None:
    """Named checks find what they find among all; a name that is none is an error."""
    some = audit(shop.replay, only=["pending-deletion-in-use", "rotation-off"])
    assert [each.check for each in some] == ["pending-deletion", "pending-deletion-in-use", "rotation-off"]
    with pytest.raises(ValueError, match="There is no check 'rotation'"):
        audit(shop.replay, only=["rotation"])


def test_nobody_there_is_an_error(shop: Audited) -> None:
    """Without GetCallerIdentity there is no account to look at."""
    shop.replay.denied = "sts:GetCallerIdentity"
    with pytest.raises(labkit.LabError, match="no account to look at"):
        audit(shop.replay)
    shop.replay.denied = ""


def test_the_audit_reads_and_changes_nothing(shop: Audited) -> None:
    """Its calls are in the trail as any others, and each is a read."""
    before = len(shop.lab.events())
    report = shop.lab.audit()
    made = [each for each in shop.lab.events()[before:] if each["userIdentity"].get("arn", "").endswith("/learner")]
    assert {each["readOnly"] for each in made} == {True}
    assert {each.check for each in report} >= {fault.check for fault in FAULTS.values()}
