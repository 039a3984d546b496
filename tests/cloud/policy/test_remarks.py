"""What a policy holds that is not evaluated is told: every name that AWS's references know, and hostile ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import labkit
from labkit.cloud.assembly.services import SERVICES, permissions
from labkit.cloud.policy import NamedPolicy, Policies, Question, condition_keys, decide, explain, parse_document
from labkit.cloud.policy.element_remarks import KMS_ACTIONS
from labkit.cloud.policy.grammar import OPERATORS
from labkit.cloud.policy.reference.global_keys import FILLED_BY_SERVICES, global_keys
from labkit.cloud.policy.reference.services import SIMULATED, operations, service_keys, services
from labkit.cloud.policy.simulation import principal_of
from labkit.policy import Explanation, simulate

A, B = "111122223333", "444455556666"
KEY = f"arn:aws:kms:us-east-1:{A}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROLE = f"arn:aws:iam::{A}:role/Clerk"
ALIAS = f"arn:aws:kms:us-east-1:{A}:alias/payroll"
CLOUD = Path(labkit.__file__).parent / "cloud"


def key_policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """A key policy of these statements, each an Allow for everybody unless it says otherwise."""
    plain = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    said = [plain | ({} if "NotPrincipal" in each else {"Principal": {"AWS": "*"}}) | each for each in statements]
    return {"Version": "2012-10-17", "Statement": said}


def on_key(statement: dict[str, Any], action: str = "kms:Decrypt", **more: Any) -> Explanation:
    """Ask by a key policy of one statement."""
    return simulate(ROLE, action, KEY, resource_policy=key_policy(statement), **more)


def in_iam(statement: dict[str, Any], action: str = "kms:Decrypt", on: str = KEY, **more: Any) -> Explanation:
    """Ask by an IAM policy of one statement; the key policy lets IAM speak."""
    root = key_policy({"Principal": {"AWS": A}}) if action.startswith("kms:") else None
    said = {"Effect": "Allow", "Action": action, "Resource": "*"} | statement
    policy = {"Version": more.pop("version", "2012-10-17"), "Statement": said}
    return simulate(ROLE, action, on, identity=policy, resource_policy=root, **more)


def spoken(told: Explanation) -> set[str]:
    """What the remarks are about."""
    return {each.about for each in told.remarks}


# --- every name of the references, minus what is simulated ----------------------------------------------------------


def _example(name: str) -> str:
    return name.replace("*", "x")


def _unfilled(service: str) -> list[str]:
    """Every condition key of the references that a request to this service never has here."""
    global_ones = [_example(e.name) for e in global_keys().values() if not e.is_filled(service)]
    known = {each.lower() for each in global_ones} | {_example(name) for name in global_keys()}
    own = [k for k in service_keys().values() if not k.startswith("kms:") and _example(k).lower() not in known]
    rest = [_example(k) for k in own if not (k.startswith(f"{service}:") and k.lower() in FILLED_BY_SERVICES)]
    return [*global_ones, *rest]


@pytest.mark.parametrize(
    ("action", "on"),
    [
        ("kms:Decrypt", KEY),
        ("s3:GetObject", "arn:aws:s3:::b/k"),
        ("sts:AssumeRole", ROLE),
        ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{A}:q"),
    ],
)
def test_every_condition_key_that_is_not_simulated_is_told(action: str, on: str) -> None:
    """All of AWS's references, in one policy: none is passed over, and each sentence says how it counts."""
    service = action.partition(":")[0]
    keys = [key for key in _unfilled(service) if key.lower() not in FILLED_BY_SERVICES or not key.startswith(service)]
    told = in_iam({"Condition": {"StringEquals": dict.fromkeys(keys, "a")}}, action, on)
    assert set(keys) - spoken(told) == set()
    for each in told.remarks:
        assert "counts as missing" in each.text
        assert ("here as on AWS" in each.text) is not each.is_open
        assert each.text.endswith(("AWS.", "otherwise.", "the same.", "?"))


def test_every_key_of_kms_that_the_operation_has_not_is_told() -> None:
    """The operation's own keys are simulated: their absence is the request's."""
    keys = [_example(each.name) for each in condition_keys.table().values() if each.name.startswith("kms:")]
    for action in ("kms:Decrypt", "kms:CreateGrant", "kms:ScheduleKeyDeletion"):
        told = in_iam({"Condition": {"StringLikeIfExists": dict.fromkeys(keys, "a")}}, action)
        assert spoken(told) == {key for key in keys if not condition_keys.supported(key, action)}


def test_every_action_and_service_is_known_or_told() -> None:
    """Actions of the services that are simulated; other services by name; a misspelt action of each."""
    for service in services().values():
        if service.prefix in SIMULATED and service.prefix != "kms":
            right = [f"{service.prefix}:{name}" for name in service.actions]
            assert spoken(in_iam({"Action": [*right, "kms:Decrypt"]})) == set()
            wrong = f"{service.prefix}:{service.actions[0]}x"
            assert spoken(in_iam({"Action": [wrong, "kms:Decrypt"]})) == {wrong}
        elif service.prefix != "kms":
            told = in_iam(
                {"Action": [f"{service.prefix}:List*", "kms:Decrypt"], "Resource": f"arn:aws:{service.prefix}:::x"}
            )
            assert any(
                f"{service.prefix} is a service of AWS that this account does not have" in each.text
                for each in told.remarks
            )
    for name in condition_keys.KEY_OPERATIONS | condition_keys.ACCOUNT_OPERATIONS:
        assert spoken(in_iam({"Action": f"kms:{name}"})) == set()


def test_every_operator_tells_of_values_that_it_cannot_read() -> None:
    """Numbers, dates, truth values, networks, Base64; the others take any text."""
    for operator in sorted(OPERATORS):
        told = on_key({"Condition": {operator: {"kms:ViaService": "no such value!"}}})
        takes_text = operator.startswith(("String", "Arn"))
        assert ("no such value!" in " ".join(spoken(told)) or not told.remarks) is True
        assert any("can make nothing of" in each.text for each in told.remarks) is not takes_text


def test_the_tables_hold_what_the_account_fills_in() -> None:
    """Every condition key that the code writes stands in the tables as filled, and no other does."""
    files = [
        "authorization/request_context.py",
        "policy/facts.py",
        *(str(path.relative_to(CLOUD)) for path in (CLOUD / "services").rglob("facts.py")),
        "services/sns/topics.py",
    ]
    written = {
        key.lower()
        for name in files
        for key in re.findall(r'f?"((?:aws|iam|sts|s3|cloudwatch):[A-Za-z][\w-]*/?)', (CLOUD / name).read_text("utf-8"))
    }
    filled = {name.removesuffix("*") for name, each in global_keys().items() if each.filled_for}
    filled |= {name.removesuffix("*") for name in FILLED_BY_SERVICES if not name.startswith("secretsmanager:")}
    actions = {f"{s.prefix}:{a}".lower() for s in services().values() for a in s.actions}
    assert {key for key in written if key not in actions and key.partition(":")[2]} - filled == set()
    assert filled - written == set()


# --- the kinds of elements ------------------------------------------------------------------------------------------

KINDS: dict[str, tuple[Explanation, str, str]] = {
    "a misspelt global key": (
        on_key({"Condition": {"StringEquals": {"aws:PrincpalOrgID": "o-1"}}}),
        "aws:PrincpalOrgID",
        "here as on AWS. Did you mean aws:PrincipalOrgID?",
    ),
    "a misspelt key of KMS": (
        on_key({"Condition": {"StringEquals": {"kms:ViaServices": "s"}}}),
        "kms:ViaServices",
        "KMS has no condition key",
    ),
    "a key without a service": (
        on_key({"Condition": {"StringEquals": {"Department": "s"}}}),
        "Department",
        "no service",
    ),
    "a key of no service": (
        on_key({"Condition": {"StringEquals": {"corp:team": "s"}}}),
        "corp:team",
        "no service of AWS",
    ),
    "a key of IAM policies alone": (
        on_key({"Condition": {"StringEquals": {"aws:ResourceTag/a": "s"}}}),
        "aws:ResourceTag/a",
        "IAM policies only",
    ),
    "a key of sign-in": (
        on_key({"Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "s"}}}),
        "token.actions.githubusercontent.com:sub",
        "sign in by SAML or a web identity",
    ),
    "a key that turns the decision": (
        on_key({"Condition": {"StringEquals": {"aws:VpceAccount": A}}}),
        "aws:VpceAccount",
        "and decide otherwise.",
    ),
    "a key that does not": (
        on_key(
            {"Condition": {"StringEquals": {"aws:VpceAccount": A}}},
            identity={"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}},
        ),
        "aws:VpceAccount",
        "would decide the same.",
    ),
    "a negated operator on such a key": (
        on_key({"Effect": "Deny", "Condition": {"StringNotEquals": {"aws:VpceOrgID": "o-1"}}}),
        "aws:VpceOrgID",
        "would decide the same.",
    ),
    "a deny by such a key, that is not there": (
        simulate(
            ROLE,
            "kms:Decrypt",
            KEY,
            resource_policy=key_policy(
                {}, {"Effect": "Deny", "Condition": {"StringEquals": {"aws:FederatedProvider": "x"}}}
            ),
        ),
        "aws:FederatedProvider",
        "and decide otherwise.",
    ),
    "a key of another service, given": (
        on_key({"Condition": {"StringEquals": {"s3:prefix": "x"}}}, context={"s3:prefix": "x"}),
        "s3:prefix",
        "because it was given",
    ),
    "a variable without a value": (
        in_iam({"Resource": "arn:aws:kms:*:*:key/${aws:username}"}),
        "${aws:username}",
        "matches nothing, here as on AWS",
    ),
    "a variable that is never filled": (
        in_iam({"Resource": "arn:aws:kms:*:*:key/${aws:FederatedProvider}"}),
        "${aws:FederatedProvider}",
        "otherwise.",
    ),
    "a variable with a default": (
        in_iam({"Condition": {"StringEquals": {"aws:PrincipalTag/a": "${aws:PrincipalTag/b, 'c'}"}}}),
        "${aws:PrincipalTag/b, 'c'}",
        "its default counts",
    ),
    "a misspelt variable": (
        in_iam({"Condition": {"StringEquals": {"aws:PrincipalTag/a": "${aws:user}"}}}),
        "${aws:user}",
        "AWS has no global",
    ),
    "a variable that ends nowhere": (
        in_iam({"Resource": "arn:aws:kms:*:*:key/${aws:userid"}),
        "${aws:userid",
        "can be read",
    ),
    "a variable in front": (
        in_iam({"Resource": "arn:aws:kms:${aws:RequestedRegion}:*:key/*"}),
        "arn:aws:kms:${aws:RequestedRegion}:*:key/*",
        "last part alone",
    ),
    "a variable for numbers": (
        in_iam({"Condition": {"NumericEquals": {"aws:EpochTime": "${aws:userid}"}}}),
        "${aws:userid}",
        "takes no policy variables",
    ),
    "a variable in the old version": (
        in_iam({"Resource": "arn:aws:kms:*:*:key/${aws:userid}"}, version="2008-10-17"),
        "arn:aws:kms:*:*:key/${aws:userid}",
        "plain text",
    ),
    "a wildcard where none counts": (
        on_key({"Condition": {"StringEquals": {"kms:ViaService": "s3.*.amazonaws.com"}}}),
        "s3.*.amazonaws.com",
        "StringLike would match",
    ),
    "a wildcard for the service": (on_key({"Action": "k?s:Decrypt"}), "k?s:Decrypt", "and decide otherwise."),
    "a resource that is no ARN": (in_iam({"Resource": ["alias/orders"]}), "alias/orders", "no ARN"),
    "a service that is none": (
        in_iam({"Action": ["kmss:Decrypt", "kms:Decrypt"]}),
        "kmss:Decrypt",
        "No service of AWS",
    ),
    "an operation that is no action": (
        in_iam({"Action": ["s3:ListObjectsV2", "kms:Decrypt"]}),
        "s3:ListObjectsV2",
        "asks for s3:ListBucket.",
    ),
    "KMS's one operation that is no action": (
        in_iam({"Action": ["kms:ReEncrypt", "kms:Decrypt"]}),
        "kms:ReEncrypt",
        "kms:ReEncryptFrom or kms:ReEncryptTo.",
    ),
    "an operation that is newer": (
        in_iam({"Action": ["ec2:AssociateKmsKeyId", "kms:Decrypt"]}),
        "ec2:AssociateKmsKeyId",
        "is not known.",
    ),
    "an action of another service": (on_key({"Action": ["s3:GetObject", "kms:*"]}), "s3:GetObject", "about KMS"),
    "a federated principal": (
        on_key({"Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/x", "AWS": ROLE}}),
        "arn:aws:iam::111122223333:saml-provider/x",
        "names nobody here",
    ),
    "a canonical user": (on_key({"Principal": {"CanonicalUser": "79a5", "AWS": ROLE}}), "79a5", "S3 takes it"),
    "a canonical user of a bucket": (
        simulate(
            ROLE,
            "s3:GetObject",
            "arn:aws:s3:::b/k",
            resource_account=A,
            resource_policy={
                "Statement": {
                    "Effect": "Deny",
                    "Principal": {"CanonicalUser": "79a5"},
                    "Action": "s3:*",
                    "Resource": "*",
                }
            },
            identity={"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}},
        ),
        "79a5",
        "and decide otherwise.",
    ),
    "a federated user": (
        on_key({"Principal": {"AWS": [ROLE, f"arn:aws:sts::{A}:federated-user/x"]}}),
        f"arn:aws:sts::{A}:federated-user/x",
        "GetFederationToken",
    ),
    "a group's id": (
        on_key({"Principal": {"AWS": [ROLE, "AGPA1234567890ABCDEF"]}}),
        "AGPA1234567890ABCDEF",
        "no principal",
    ),
    "NotPrincipal that names in part": (
        simulate(
            ROLE, "kms:Decrypt", KEY, resource_policy=key_policy({}, {"Effect": "Deny", "NotPrincipal": {"AWS": ROLE}})
        ),
        "NotPrincipal",
        "and decide otherwise.",
    ),
    "NotPrincipal that allows": (
        on_key({"NotPrincipal": {"AWS": f"arn:aws:iam::{A}:role/Other"}}),
        "NotPrincipal",
        "not supported",
    ),
    "several values": (
        in_iam(
            {"Condition": {"StringEquals": {"aws:TagKeys": "a"}}},
            "kms:TagResource",
            context={"aws:TagKeys": ["a", "b"]},
        ),
        "aws:TagKeys",
        "publishes no rule",
    ),
    "an alias for a key": (
        in_iam({"Resource": ALIAS}),
        ALIAS,
        "counts for CreateAlias, UpdateAlias and DeleteAlias alone",
    ),
    "an alias for a key, under every action": (in_iam({"Action": "kms:*", "Resource": [ALIAS]}), ALIAS, "its own ARN"),
    "aliases for keys in a key policy": (on_key({"Resource": ["*", ALIAS], "Action": "kms:Decrypt"}), ALIAS, "alone"),
    "a session for aws:PrincipalArn": (
        on_key({"Condition": {"ArnLike": {"aws:PrincipalArn": f"arn:aws:sts::{A}:assumed-role/Clerk/*"}}}),
        f"arn:aws:sts::{A}:assumed-role/Clerk/*",
        "is the ARN of the role",
    ),
    "a service without its Region": (
        on_key(
            {"Condition": {"StringEquals": {"kms:ViaService": ["s3.us-east-1.amazonaws.com", "ec2.amazonaws.com"]}}}
        ),
        "ec2.amazonaws.com",
        "as ec2.us-east-1.amazonaws.com: ec2.amazonaws.com is no request's value, here as on AWS.",
    ),
    "no effect": (
        simulate(
            ROLE,
            "kms:Decrypt",
            KEY,
            resource_policy={"Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*"}},
        ),
        "Resource",
        "has no effect",
    ),
}


@pytest.mark.parametrize(("told", "about", "words"), KINDS.values(), ids=KINDS)
def test_each_kind_is_told_in_a_sentence(told: Explanation, about: str, words: str) -> None:
    """What it is, how it counts, whether AWS would decide otherwise; in text, HTML and data alike."""
    (found,) = [each for each in told.remarks if each.about == about and words in each.text]
    assert f" - {found.where}: {found.text}" in told.text
    assert "Read with care:" in told.html
    assert {"about": about, "text": found.text, "matters": found.matters}.items() <= next(
        each for each in told.data["remarks"] if each["text"] == found.text
    ).items()
    assert len(found.text.split(". ")[0].split()) <= 40


def test_what_is_simulated_is_not_remarked_upon() -> None:
    """An absent tag, MFA, a service, an encryption context: the request has none, and AWS's had none."""
    plain = [
        "aws:PrincipalTag/a",
        "aws:MultiFactorAuthPresent",
        "aws:SourceVpce",
        "aws:PrincipalOrgID",
        "kms:ViaService",
        "kms:EncryptionContext:a",
        "aws:SourceIp",
        "aws:SourceArn",
    ]
    assert on_key({"Condition": {"StringEquals": dict.fromkeys(plain, "a")}}).remarks == ()
    assert in_iam({"Condition": {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}}).remarks == ()


BOTOCORE = {"states": "stepfunctions", "tag": "resourcegroupstaggingapi", "cloudhsm": "cloudhsmv2"}


def test_no_operation_of_aws_is_said_to_be_nothing() -> None:
    """Each is an action, or stands with the actions that it asks for, or nobody knows: the reference may be older."""
    asks = permissions(SERVICES)
    for prefix in sorted(SIMULATED):
        actions = KMS_ACTIONS if prefix == "kms" else services()[prefix].actions
        known = {f"{prefix}:{each}".lower() for each in actions}
        model = botocore.session.get_session().get_service_model(BOTOCORE.get(prefix, prefix))
        named = {f"{prefix}:{each}".lower() for each in model.operation_names}
        listed = {each for each in operations() if each.startswith(f"{prefix}:")}
        assert named - known == listed, prefix
        for lowered in listed:
            operation, needed = operations()[lowered]
            assert {each.lower() for each in needed} <= known, operation
            taken = asks[prefix].actions.get(operation.partition(":")[2]) if prefix in asks else None
            assert taken is None or needed == (f"{prefix}:{taken}",), operation
            (told,) = [
                each for each in in_iam({"Action": [operation, "kms:Decrypt"]}).remarks if each.about == operation
            ]
            assert ("is not known" in told.text) is (needed == ())
            assert all(each in told.text for each in needed)


def test_an_alias_in_its_place_is_not_remarked_upon() -> None:
    """CreateAlias needs the alias and the key; a statement on both is plain."""
    both = {"Action": "kms:*", "Resource": [KEY, ALIAS]}
    assert in_iam(both, "kms:Decrypt").remarks == in_iam(both, "kms:CreateAlias", ALIAS).remarks == ()
    for name in ("CreateAlias", "UpdateAlias", "DeleteAlias"):
        for written in (f"kms:{name}", "kms:*Alias", "*"):
            assert in_iam({"Action": written, "Resource": ALIAS}, f"kms:{name}", ALIAS).remarks == ()
    assert in_iam({"Action": "kms:*Alias", "Resource": ALIAS}, "kms:Decrypt").remarks == ()


def test_a_boundary_leaves_nobody_out_of_a_deny_with_notprincipal() -> None:
    """NotPrincipal under Deny denies whoever has a permissions boundary, named or not."""
    session = f"arn:aws:sts::{A}:assumed-role/Clerk/monday"
    spared = {"Effect": "Deny", "NotPrincipal": {"AWS": [A, ROLE, session]}}
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    policy = key_policy({"Principal": {"AWS": session}}, spared)
    assert simulate(session, "kms:Decrypt", KEY, resource_policy=policy).allowed
    assert not simulate(session, "kms:Decrypt", KEY, resource_policy=policy, boundary=everything).allowed


# --- hostile policies -----------------------------------------------------------------------------------------------

_UNKNOWN = [
    "aws:VpceAccount",
    "aws:FederatedProvider",
    "aws:Princ",
    "s3:prefix",
    "s3:nope",
    "corp:x",
    "x",
    "saml:aud",
    "aws:referer",
    "lambda:SourceFunctionArn",
    "ec2:Region",
    "aws:RequestTag/a",
]
_KNOWN = ["aws:PrincipalArn", "kms:ViaService", "aws:SourceIp", "kms:EncryptionContext:a"]
_VALUES = ["a", "b", "*", "${aws:username}", "${", "${aws:referer, 'a'}", "true", "7", "\u202e<b>"]
_conditions = st.dictionaries(
    st.sampled_from(
        [
            "StringEquals",
            "StringNotLike",
            "StringLikeIfExists",
            "ForAllValues:StringEquals",
            "Null",
            "Bool",
            "ForAnyValue:StringLike",
            "NumericLessThan",
            "ArnLike",
        ]
    ),
    st.dictionaries(
        st.sampled_from(_UNKNOWN + _KNOWN) | st.text(max_size=6),
        st.lists(st.sampled_from(_VALUES), min_size=1, max_size=2),
        min_size=1,
        max_size=2,
    ),
    max_size=2,
)
_statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Allow", "Deny"]),
        "Principal": st.sampled_from(["*", {"AWS": ROLE}, {"CanonicalUser": "7"}, {"Federated": "x"}, {"AWS": [A]}]),
        "Action": st.sampled_from(["kms:*", "kms:Decript", "foo:Bar", "k*s:*", "*", "glue:Get*"]),
        "Resource": st.sampled_from(["*", KEY, "x", "arn:aws:glue:::${x}", "arn:aws:kms:*:*:key/${aws:userid}"]),
        "Condition": _conditions,
    }
)


def _texts(statements: Iterable[dict[str, Any]]) -> Policies:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return Policies(resource=NamedPolicy("key policy", parse_document(text, "key")))


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_statements, min_size=1, max_size=3), st.sampled_from(_UNKNOWN), st.sampled_from(["a", "7", "true"]))
def test_what_a_decision_depends_on_is_named(statements: list[dict[str, Any]], key: str, value: str) -> None:
    """Give the request a condition key that it never has here: where the answer is another, the explanation names it.

    And an explanation never fails, whatever the policy.
    """
    question = Question(principal_of(ROLE), "kms:Decrypt", KEY, A)
    policies = _texts(statements)
    told = explain(decide(question, policies))
    assert told.text and told.html and json.dumps(told.data)
    with_it = decide(replace(question, context={key: value}), policies)
    if with_it.allowed != told.allowed:
        about = [each for each in told.remarks if key.lower() in each.about.lower()]
        assert about
        assert all(each.matters for each in about if each.is_open)
