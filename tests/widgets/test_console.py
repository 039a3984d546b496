"""The KMS console without a view: the six steps, the lists, a key's page, key actions, and whose calls these are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import ipywidgets as w
import pytest

import labkit
from labkit.widgets.console import Console
from labkit.widgets.console.form import STEPS, Form
from labkit.widgets.console.key_page import GRANTS, POLICY, POLICY_VIEW, PUBLIC_KEY, REGIONALITY, ROTATIONS, TABS
from labkit.widgets.console.key_policy import ATTACHMENT, ROOT, default_view
from labkit.widgets.console.keys import COLUMNS, MORE_COLUMNS
from labkit.widgets.console.pages import AWS_MANAGED, CUSTOMER_MANAGED, STORES

from .accounts import ManyKeys


@pytest.fixture(scope="module")
def lab() -> Iterator[labkit.Lab]:
    """One account for the file."""
    yield labkit.start("02-create-keys")


@pytest.fixture(scope="module")
def admin(lab: labkit.Lab) -> Any:
    """A role that is to manage keys, and may do nothing by IAM."""
    return lab.role("Keeper", [])


def calls_of(lab: labkit.Lab, since: int) -> list[tuple[str, Any]]:
    """What changed keys since then, as CloudTrail has it: who called what."""
    made = [each for each in lab.events()[since:] if each["eventType"] == "AwsApiCall" and not each["readOnly"]]
    return [(each["eventName"], each["userIdentity"]["arn"]) for each in made]


def test_without_a_click_there_is_a_list_and_a_value() -> None:
    """An empty account: three entries, an empty list, an empty value."""
    console = Console({"kms": ManyKeys(0)})
    assert "AWS managed keys | [Customer managed keys] | Custom key stores" in console.twin().text
    assert console.value == ""


def test_six_steps_with_the_console_s_names() -> None:
    """Today's titles, in order."""
    assert STEPS == (
        "Configure key", "Add labels", "Define key administrative permissions - optional",
        "Define key usage permissions - optional", "Edit key policy - optional", "Review",
    )  # fmt: skip


def test_a_key_is_made_by_two_calls_of_the_caller(lab: labkit.Lab, admin: Any) -> None:
    """CreateKey and CreateAlias, with exactly what is shown; then the key's page is open."""
    since = len(lab.events())
    console = lab.console()
    console.create_key(alias="orders", description="for orders", tags={"Stage": "test"}, administrators=admin.arn)
    for step in range(1, 7):
        assert console.step == step
        assert f"Step {step} of 6: {STEPS[step - 1]}" in console.twin().text
        console.next()
    shown = console.twin().text
    console.finish()
    me = boto3.client("sts").get_caller_identity()["Arn"]
    assert calls_of(lab, since) == [("CreateKey", me), ("CreateAlias", me)]
    key = boto3.client("kms").describe_key(KeyId="alias/orders")["KeyMetadata"]
    assert (console.value, key["Description"]) == (key["KeyId"], "for orders")
    assert "aws kms create-alias --alias-name alias/orders" in shown
    assert "Done: CreateKey" in repr(console)


def test_the_policy_is_the_console_s(lab: labkit.Lab, admin: Any) -> None:
    """Its fixed Sids; the administrators can manage and the users can use, as KMS decides it."""
    user = lab.role("Clerk", [])
    console = lab.console().create(
        "ledger", administrators=[admin.arn], users=[user.arn], other_accounts="444455556666"
    )
    policy = json.loads(boto3.client("kms").get_key_policy(KeyId=console.value)["Policy"])
    assert [each["Sid"] for each in policy["Statement"]] == [
        "Enable IAM User Permissions", "Allow access for Key Administrators", "Allow use of the key",
        "Allow attachment of persistent resources",
    ]  # fmt: skip
    admin.client("kms").disable_key(KeyId=console.value)
    admin.client("kms").enable_key(KeyId=console.value)
    user.client("kms").encrypt(KeyId=console.value, Plaintext=b"x")
    with labkit.expect_error("AccessDeniedException"):
        user.client("kms").disable_key(KeyId=console.value)
    text = console.twin().text
    assert f"Key administrators: {admin.arn}" in text and f"Key users: {user.arn}" in text
    assert "Other AWS accounts: 444455556666" in text


def test_administrators_may_be_kept_from_deleting(lab: labkit.Lab, admin: Any) -> None:
    """The box of step 3, read back in the default view."""
    console = lab.console().create("kept", administrators=[admin.arn], deletion=False)
    assert "Allow key administrators to delete this key: No" in console.twin().text
    with labkit.expect_error("AccessDeniedException"):
        admin.client("kms").schedule_key_deletion(KeyId=console.value)


KINDS = [
    (key_type, usage, spec)
    for key_type in ("Symmetric", "Asymmetric")
    for usage in Form().choose(key_type=key_type).usages
    for spec in Form().choose(key_type=key_type, key_usage=usage).specs[-1:]
]


@pytest.mark.parametrize(("key_type", "usage", "spec"), KINDS)
def test_every_kind_of_key_can_be_made(lab: labkit.Lab, key_type: str, usage: str, spec: str) -> None:
    """KMS takes what the form offers, with a user in the policy; its page names it in the same words."""
    user = lab.session().arn.replace("sts", "iam").replace("assumed-role", "role").rpartition("/")[0]
    form = {"key_type": key_type, "key_usage": usage, "key_spec": spec}
    console = lab.console().create(f"{key_type}-{usage}".replace(" ", "-").lower(), users=[user], **form)
    assert [each.says for each in console.made] == ["Done: CreateKey", "Done: CreateAlias"]
    key = console.page.key if console.page else {}
    assert key["KeySpec"] == spec
    document = boto3.client("kms").get_key_policy(KeyId=console.value)["Policy"]
    assert (ATTACHMENT in document) == (usage != "Generate and verify MAC")
    view = default_view(document, lab.account_id)
    assert view and view.users == (user,)
    tabs = console.page.tabs if console.page else ()
    assert (PUBLIC_KEY in tabs) == (key_type == "Asymmetric")
    assert (ROTATIONS in tabs) == (spec == "SYMMETRIC_DEFAULT")


@pytest.mark.parametrize(
    ("step", "fields", "told"),
    [
        (2, {}, "asks for one"),
        (2, {"alias": "aws/mine"}, "can't begin with aws/"),
        (2, {"alias": "pay roll"}, "letters, digits"),
        (2, {"alias": "alias/fine"}, ""),
        (2, {"alias": "fine", "tags": [("", "value")]}, "needs a key"),
        (4, {"other_accounts": ["12345"]}, "12 digits"),
        (4, {"other_accounts": ["444455556666"]}, ""),
        (1, {"origin": "AWS CloudHSM key store"}, "Choose a custom key store"),
        (1, {"origin": "External key store", "custom_key_store_id": "cks-1"}, "external key ID"),
        (1, {"origin": "External key store", "custom_key_store_id": "cks-1", "xks_key_id": "a"}, "Tick the box"),
        (1, {"origin": "External (import key material)"}, "Tick the box"),
        (1, {"origin": "External (import key material)", "confirmed": True}, ""),
        (6, {"origin": "AWS_KMS"}, "ValueError"),
        (6, {"colour": "red"}, "ValueError"),
    ],
)
def test_a_step_says_what_is_missing(step: int, fields: dict[str, Any], told: str) -> None:
    """And is not left before."""
    if told == "ValueError":
        with pytest.raises(ValueError, match=r"on offer|no field"):
            Form().choose(**fields)
        return
    problems = " ".join(Form().choose(**fields).problems(step))
    assert (told in problems) if told else not problems
    console = Console({"kms": ManyKeys(1)}).create_key(step, **fields)
    assert console.next().step == (step if told else step + 1)


def test_choices_that_no_longer_fit_go_back() -> None:
    """From a MAC key to an asymmetric one; from two Regions into a custom key store."""
    form = Form().choose(key_usage="Generate and verify MAC", key_spec="HMAC_512").choose(key_type="Asymmetric")
    assert (form.key_usage, form.key_spec) == ("Encrypt and decrypt", "RSA_2048")
    form = Form().choose(regionality="Multi-Region key").choose(origin="External key store")
    assert form.regionality == "Single-Region key"


def test_a_key_that_waits_for_its_material(lab: labkit.Lab) -> None:
    """Its page says what comes next, as the console goes on to the download."""
    console = lab.console().create("imported", origin="External (import key material)", confirmed=True)
    assert "Status: Pending import" in console.twin().text
    assert "Next: download the wrapping public key" in console.twin().text


def test_an_edited_policy_is_sent_as_it_is(lab: labkit.Lab) -> None:
    """KMS judges it: its refusal is shown, and no key is made."""
    console = lab.console().create("broken", policy='{"Version": "2012-10-17"}')
    assert [each.code for each in console.made] == ["MalformedPolicyDocumentException"]
    assert console.place == "Create key"


def test_a_key_without_its_alias_is_told(lab: labkit.Lab) -> None:
    """CreateAlias may be refused when the key is made already."""
    console = lab.console().create("orders")
    assert [each.done for each in console.made] == [True, False]
    assert "AlreadyExistsException" in console.twin().text
    assert boto3.client("kms").describe_key(KeyId=console.value)


def test_key_actions_and_their_calls(lab: labkit.Lab) -> None:
    """Disable, enable, rotate, schedule and cancel: what CloudTrail has is what was shown."""
    console = lab.console().create("actions")
    since = len(lab.events())
    console.disable().enable().rotate_now().schedule_key_deletion(days=7)
    assert "Status: Pending deletion" in console.twin().text
    assert "aws kms schedule-key-deletion --key-id" in console.twin().text
    console.cancel_key_deletion()
    assert [name for name, _ in calls_of(lab, since)] == [
        "DisableKey", "EnableKey", "RotateKeyOnDemand", "ScheduleKeyDeletion", "CancelKeyDeletion",
    ]  # fmt: skip
    assert "Status: Disabled" in console.twin().text
    with pytest.raises(ValueError, match="7 to 30 days"):
        console.schedule_key_deletion(days=3)


def test_a_refusal_is_shown_with_its_explanation(lab: labkit.Lab) -> None:
    """Another identity's console makes that identity's calls."""
    key_id = lab.console().create("refused").value
    reader = lab.role("Reader", [{"Effect": "Allow", "Action": ["kms:List*", "kms:Describe*"], "Resource": "*"}])
    since = len(lab.events())
    text = lab.console(reader).open(key_id).disable().twin().text
    assert "Refused: AccessDeniedException" in text
    assert "none of the caller's allows it" in text
    assert [name for name, who in calls_of(lab, since) if ":assumed-role/Reader/" in who] == ["DisableKey"]
    assert "AccessDeniedException" in lab.console(lab.role("Nothing", [])).twin().text


def test_a_refusal_in_a_narrow_column_breaks_between_words(lab: labkit.Lab) -> None:
    """The list has room for a status, and an intern may list keys and not describe them."""
    lab.console().create("narrow")
    console = lab.console(lab.role("Lister", [{"Effect": "Allow", "Action": "kms:List*", "Resource": "*"}]))
    shown = "".join(each.value for each in walk(console.view) if isinstance(each, w.HTML))
    assert "(Access<wbr>Denied<wbr>Exception)" in shown


def walk(box: Any) -> Iterator[Any]:
    """A view, and all that is in it."""
    yield box
    for each in getattr(box, "children", ()):
        yield from walk(each)


def test_identities(lab: labkit.Lab) -> None:
    """A boto3 session, a KMS client, a user; anything else is told."""
    for identity in (boto3.Session(), boto3.client("kms"), lab.user("Ann")):
        assert isinstance(lab.console(identity).value, str)
    assert lab.console(boto3.client("kms")).principals == ()
    with pytest.raises(TypeError, match="boto3 session"):
        lab.console("Ann")


def test_lists_have_the_console_s_columns_and_filters(lab: labkit.Lab) -> None:
    """By alias, key ID, key type, Regionality and tag; further columns by Preferences."""
    console = lab.console()
    console.create("filter-me", tags={"Stage": "blue"}, regionality="Multi-Region key")
    found = console.value
    others = console.create("filter-not", key_type="Asymmetric").value
    console.go(CUSTOMER_MANAGED)
    assert all(name in console.twin().text for name in COLUMNS)
    by: tuple[dict[str, str], ...] = (
        {"text": "filter-m"}, {"text": "alias/FILTER-me"}, {"text": found}, {"tag_key": "Stage", "tag_value": "blue"},
        {"regionality": "Multi-Region"}, {"text": "filter", "key_type": "Symmetric"},
    )  # fmt: skip
    for each in by:
        text = console.search(**each).twin().text
        assert found in text and others not in text
    assert others in console.search(text="filter", key_type="Asymmetric").twin().text
    console.search(text="filter-me").prefer(*MORE_COLUMNS)
    assert "Multi-Region primary" in console.twin().text
    assert REGIONALITY in console.open("alias/filter-me").page.tabs  # type: ignore[union-attr]


def test_aws_managed_keys_and_stores(lab: labkit.Lab) -> None:
    """AWS's own keys are in their own list; stores are listed, or the refusal is shown."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="console-lists")
    s3.put_object(Bucket="console-lists", Key="a", Body=b"a", ServerSideEncryption="aws:kms")
    console = lab.console().go(AWS_MANAGED)
    assert "aws/s3" in console.twin().text
    assert "aws/s3" not in console.go(CUSTOMER_MANAGED).twin().text
    text = console.go(STORES).twin().text
    assert "Refused:" in text or ("AWS CloudHSM key stores" in text and "External key stores" in text)
    assert "Refused:" in Console({"kms": ManyKeys(1)}).go(STORES).twin().text


class Stores(ManyKeys):
    """An account with a custom key store of each kind."""

    def _describe_custom_key_stores(self, **_: Any) -> Any:
        kinds = ("AWS_CLOUDHSM", "EXTERNAL_KEY_STORE")
        return {
            "CustomKeyStores": [
                {"CustomKeyStoreName": f"my-{kind}", "CustomKeyStoreId": f"cks-{at}", "CustomKeyStoreType": kind,
                 "ConnectionState": "CONNECTED"}
                for at, kind in enumerate(kinds)
            ],
            "Truncated": False,
        }  # fmt: skip


def test_custom_key_stores() -> None:
    """Both kinds are listed; the form offers those that fit the origin, and sends the chosen one."""
    console = Console({"kms": Stores(1)}).go(STORES)
    text = console.twin().text
    assert text.index("AWS CloudHSM key stores") < text.index("my-AWS_CLOUDHSM") < text.index("External key stores")
    assert console.stores_for("AWS CloudHSM key store") == [("my-AWS_CLOUDHSM", "cks-0")]
    assert console.stores_for("External key store") == [("my-EXTERNAL_KEY_STORE", "cks-1")]
    form = Form().choose(origin="External key store", custom_key_store_id="cks-1", xks_key_id="a", confirmed=True)
    sent = form.choose(alias="x").create_key("111122223333").parameters
    assert (sent["Origin"], sent["CustomKeyStoreId"], sent["XksKeyId"]) == ("EXTERNAL_KEY_STORE", "cks-1", "a")
    assert form.choose(origin="AWS CloudHSM key store").custom_key_store_id == ""
    console.create_key(1, origin="External key store", custom_key_store_id="cks-1")
    assert console.view.children


def test_every_tab_shows_what_its_call_answers(lab: labkit.Lab) -> None:
    """The two views of a policy, tags, materials, aliases, grants, public key."""
    console = lab.console().create("tabs", tags={"Team": "shop"})
    kms = boto3.client("kms")
    kms.create_grant(KeyId=console.value, GranteePrincipal=boto3.client("sts").get_caller_identity()["Arn"],
                     Operations=["Decrypt"], Name="for-tests")  # fmt: skip
    assert console.page
    texts = {tab: console.open(console.value, tab).twin().text for tab in console.page.tabs}
    assert set(texts) == set(TABS) - {PUBLIC_KEY, REGIONALITY}
    for tab, told in {"Tags": "shop", ROTATIONS: "Automatic key rotation: Disabled", "Aliases": "alias/tabs",
                      GRANTS: "for-tests", "Cryptographic configuration": "SYMMETRIC_DEFAULT"}.items():  # fmt: skip
        assert told in texts[tab], tab
    console.open(console.value, POLICY)
    console.page.policy_view = POLICY_VIEW
    assert f'"Sid": "{ROOT}"' in console.twin().text
    assert (
        "BEGIN PUBLIC KEY" in console.create("pair", key_type="Asymmetric").open("alias/pair", PUBLIC_KEY).twin().text
    )


def test_a_policy_of_other_statements_has_the_policy_view_alone(lab: labkit.Lab) -> None:
    """A changed Sid hides nothing: the whole document is shown."""
    console = lab.console().create("own-policy")
    kms = boto3.client("kms")
    policy = kms.get_key_policy(KeyId=console.value)["Policy"].replace(ROOT, "Mine")
    kms.put_key_policy(KeyId=console.value, Policy=policy)
    text = console.refresh().twin().text
    assert "Only the policy view" in text and '"Sid": "Mine"' in text


@pytest.mark.parametrize(
    "document", ["", "[]", "{}", '{"Statement": 1}', '{"Statement": [1]}', '{"Statement": {"Sid": []}}']
)
def test_a_strange_policy_has_no_default_view(document: str) -> None:
    """And does not break the page."""
    assert default_view(document, "111122223333") is None


def test_steps_are_a_picture_and_make_nothing(lab: labkit.Lab) -> None:
    """All six steps filled in, for a page."""
    since = len(lab.events())
    text = lab.console().steps(alias="picture").text
    assert [step for step in STEPS if step in text] == list(STEPS)
    assert calls_of(lab, since) == []
