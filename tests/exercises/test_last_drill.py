"""The drill of the last incident: its two doors, its role, and what was not touched."""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

import pytest

from labkit.exercises import read

from .additions import documents, restore
from .walking import code, run

untouched = import_module("labkit.labs.19_investigate_an_incident.checks").untouched

DRILL = "lab.clock.advance(days=7"
WITHOUT_GRANT = """
for grant in kms.list_grants(KeyId=customers)["Grants"]:
    kms.revoke_grant(KeyId=customers, GrantId=grant["GrantId"])
"""
DENY = """
policy = json.loads(kms.get_key_policy(KeyId=customers)["Policy"])
deny = {"Effect": "Deny", "Principal": {"AWS": %s}, "Action": "kms:*", "Resource": "*"}
policy["Statement"].append(deny)
kms.put_key_policy(KeyId=customers, Policy=json.dumps(policy))
"""
TRUST = """
text = json.dumps({"Version": "2012-10-17", "Statement": [%s]})
iam.update_assume_role_policy(RoleName="SupportTools", PolicyDocument=text)
"""
NOBODY = '{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}'
EVERYBODY = '{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}'
FOR_A_WHILE = """
import datetime
soon = (lab.clock.now() + datetime.timedelta(hours=2)).isoformat()
text = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"DateLessThan": {"aws:TokenIssueTime": soon}}}]})
iam.put_role_policy(RoleName="SupportTools", PolicyName="AWSRevokeOlderSessions", PolicyDocument=text)
"""
BY_ADDRESS = """
there = {"IpAddress": {"aws:SourceIp": "192.0.2.66"}}
text = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": there}]})
iam.put_role_policy(RoleName="SupportTools", PolicyName="AWSRevokeOlderSessions", PolicyDocument=text)
"""
ROWS = (
    ("take-back", DENY % "copier.arn", "not yet", "lets the other account in: the root user of the account 1000"),
    ("take-back", DENY % "outsider.account_id", "not yet", "The grant is still there, behind it: revoke it"),
    ("take-back", WITHOUT_GRANT + DENY % "copier.arn", "not yet", "The key policy still lets the other account in"),
    ("take-back", WITHOUT_GRANT + DENY % "outsider.account_id", "solved", "Both doors are shut"),
    ("shut-out", TRUST % NOBODY, "not yet", "trust policy lets nobody begin a session"),
    ("shut-out", TRUST % EVERYBODY, "not yet", "trust policy lets in a role of the account 999999999999"),
    ("shut-out", FOR_A_WHILE, "not yet", "support can't work any more"),
    ("shut-out", BY_ADDRESS, "not yet", "can still use the keys"),
)


def test_the_drill_of_the_last_lab() -> None:
    """Its two doors and its role: each row after the shipped solution of `shut-out`, and taken back."""
    learner: dict[str, Any] = {"__name__": "__main__"}
    cells, specs = code("19-investigate-an-incident"), {spec.id: spec for spec in read("19-investigate-an-incident")}
    drill = next(place for place, cell in enumerate(cells) if DRILL in cell)
    for cell in (next(cell for cell in cells if "labkit.start(" in cell), *cells[drill : drill + 3]):
        run(cell, learner)
    run(specs["shut-out"].solution, learner)
    before, wrong = documents(learner["lab"]), []
    for exercise, tried, status, says in ROWS:
        run(tried, learner)
        outcome = learner["lab"].exercise(exercise).check()
        if outcome.status != status or says not in outcome.message:
            wrong.append(f"{exercise}\n  {tried}\n  {outcome}\n  should be {status}: {says}")
        if WITHOUT_GRANT not in tried:  # the last of the key's rows: a grant can't be brought back
            restore(learner["lab"], before)
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"disks", "orders"}, "disks was not used, but changed"),
        ({"customers", "orders"}, "customers and orders were used."),
        ({"customers", "disks", "orders"}, "customers and orders were used; disks was not used, but changed."),
        (7, "a set of names"),
    ],
    ids=["one-of-each", "both-used", "three", "number"],
)
def test_keys_that_were_touched_are_told_one_by_one(answer: Any, says: str) -> None:
    """Used or changed: each key by what befell it."""
    outcome = untouched(cast(Any, None), answer)
    assert outcome.status == "not yet"
    assert says in outcome.message
