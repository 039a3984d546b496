"""The graph of who reaches which key without a view: every kind of way, what is denied, and an account of any size."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

import labkit
from labkit.widgets.views.reach import ReachWidget
from labkit.widgets.views.reach_facts import Link

from .accounts import ManyKeys

HOSTILE = "<img src=x onerror=alert(1)>\u202e"
BLUE = {"StringEquals": {"kms:EncryptionContext:tenant": "blue"}}
FAMILY = {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}


def allow(principal: Any, *actions: str, **more: Any) -> dict[str, Any]:
    """A statement of a key policy."""
    return {"Effect": "Allow", "Principal": principal, "Action": list(actions), "Resource": "*"} | more


@pytest.fixture(scope="module")
def lab() -> Iterator[labkit.Lab]:
    """An account with one key that is reached in every way, and one that nobody but the administrators reaches."""
    lab = labkit.start("07-other-accounts")
    kms = boto3.client("kms")
    key = kms.create_key(Description=HOSTILE)["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/shared", TargetKeyId=key)
    partner = lab.account("partner")
    lab.role("Reader", [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key, "Condition": BLUE}])
    named, granted = lab.role("Named"), lab.role("Granted")
    lab.role("Denied", [{"Effect": effect, "Action": "kms:*", "Resource": key} for effect in ("Allow", "Deny")])
    policy = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
    policy["Statement"] += [
        allow({"AWS": partner.account_id}, "kms:Decrypt"),
        allow({"Service": "cloudtrail.amazonaws.com"}, "kms:Encrypt"),
        allow({"AWS": named.arn}, "kms:DisableKey"),
        allow("*", "kms:DescribeKey", Condition=FAMILY),
    ]
    kms.put_key_policy(KeyId=key, Policy=json.dumps(policy))
    kms.create_grant(KeyId=key, GranteePrincipal=granted.arn, Operations=["Decrypt", "DescribeKey"])
    bound = {"EncryptionContextSubset": {"a": "b"}}
    kms.create_grant(KeyId=key, GranteePrincipal=granted.arn, Operations=["Encrypt"], Constraints=bound)
    kms.create_key(Description="quiet")
    yield lab


@pytest.fixture(scope="module")
def graph(lab: labkit.Lab) -> ReachWidget:
    """The graph of it."""
    return lab.reach_graph()


def test_every_way_is_a_link(graph: ReachWidget, lab: labkit.Lab) -> None:
    """Key policy, IAM policy, grant, another account, a service, everybody; with conditions; and no denied one."""
    graph.show("alias/shared")
    found = {(each.who, each.how.partition(" (")[0], each.says, each.condition) for each in graph.links}
    other = f"other account {lab.account('partner').account_id}"
    assert found >= {
        ("everybody", "the key policy", "kms:DescribeKey", "if aws:PrincipalOrgID"),
        (other, "the key policy and the other account's policies", "kms:Decrypt", ""),
        ("service cloudtrail.amazonaws.com", "the key policy", "kms:Encrypt", ""),
        ("role Named", "the key policy", "kms:DisableKey", ""),
        ("role Reader", "IAM policies", "kms:Decrypt", "if kms:EncryptionContext:tenant"),
        ("role Granted", "a grant", "kms:Decrypt, kms:DescribeKey", ""),
        ("role Granted", "a grant", "kms:Encrypt", "if the grant's constraint"),
    }
    assert not any("Denied" in each.who for each in graph.links)
    assert any(each.kind == "use, manage, pass on" for each in graph.links)


def test_everybody_is_said_unless_denied(lab: labkit.Lab) -> None:
    """Without a condition, the engine decides; a Deny for all takes it away."""
    kms = boto3.client("kms")
    key = kms.create_key(Description="open")["KeyMetadata"]["Arn"]
    policy = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
    policy["Statement"].append(allow("*", "kms:Decrypt", "kms:Encrypt"))
    kms.put_key_policy(KeyId=key, Policy=json.dumps(policy))
    graph = lab.reach_graph().show(key)
    assert Link("everybody", key, "the key policy", ("kms:Encrypt", "kms:Decrypt")).says.count("kms:") == 2
    assert [set(each.actions) for each in graph.links if each.who == "everybody"] == [{"kms:Decrypt", "kms:Encrypt"}]
    policy["Statement"].append(allow("*", "kms:Decrypt", "kms:Encrypt") | {"Effect": "Deny"})
    kms.put_key_policy(KeyId=key, Policy=json.dumps(policy))
    assert not any(each.who == "everybody" for each in graph.refresh().links)
    kms.schedule_key_deletion(KeyId=key)
    assert graph.refresh().value == "" and key not in graph.keys


def test_it_leaves_no_trace_and_a_key_can_be_chosen(graph: ReachWidget, lab: labkit.Lab) -> None:
    """Nothing in the trail, no lab time; `value` is the chosen key."""
    before = len(lab.events())
    graph.refresh()
    graph.make_view()
    assert len(lab.events()) == before
    quiet = graph.show("quiet").value
    assert {each.key for each in graph.links} == {quiet}
    assert "role Reader" not in graph.twin().text
    with pytest.raises(ValueError, match="The graph has no key 'loud'"):
        graph.show("loud")
    assert graph.show().value == ""


def test_text_and_page_say_the_same_and_names_are_text(graph: ReachWidget) -> None:
    """The picture's words are the table's."""
    graph.show()
    assert "role Granted -> alias/shared: use, by a grant" in graph.twin().text
    assert "<img src=x" not in graph.twin().html and "\u202e" not in graph.twin().text
    for each in graph.links:
        assert each.who in graph.twin().text


def test_a_large_account_is_cut_and_says_so() -> None:
    """10,000 keys, 50,000 grants: some are read, in a second, and what was left out is said."""
    start = time.perf_counter()
    large = ReachWidget({"kms": ManyKeys(10_000, 50_000, HOSTILE.replace('"', ""))})
    text = large.twin().text
    assert time.perf_counter() - start < 3  # a second on a machine that does nothing else
    assert "Only the first 12 customer managed keys were looked at." in text
    assert "only the first 100 grants were read." in text or "was refused" in text


def test_who_may_not_look_is_told(lab: labkit.Lab) -> None:
    """The refusal, and which permission it asks for."""
    hidden = lab.reach_graph(lab.role("Guest", []))
    assert "kms:ListKeys was refused (AccessDeniedException)" in hidden.twin().text
    assert hidden.picture.links == ()
