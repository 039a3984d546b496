"""What a key's page edits: which calls it makes, what AWS says of them, and what a key policy would change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

import labkit
from labkit.widgets.console import Console, clients_of
from labkit.widgets.console.edits import new_tags
from labkit.widgets.console.key_page import ALIASES, GRANTS, POLICY, ROTATIONS, TAGS

from .accounts import ManyKeys

CLERK = "arn:aws:iam::111122223333:role/Clerk"
READS = [{"Effect": "Allow", "Action": ["kms:List*", "kms:Describe*", "kms:Get*"], "Resource": "*"}]


@pytest.fixture(scope="module")
def lab() -> Iterator[labkit.Lab]:
    """One account for the file."""
    yield labkit.start("02-create-keys")


@pytest.fixture(scope="module")
def clerk(lab: labkit.Lab) -> Any:
    """A role that may do nothing by IAM."""
    return lab.role("Clerk", [])


@pytest.fixture(scope="module")
def console(lab: labkit.Lab, clerk: Any) -> Console:
    """A console with the page of a key open, which has a tag and a grant."""
    made = lab.console().create("orders", description="old", tags={"Stage": "test", "Team": "shop"})
    boto3.client("kms").create_grant(KeyId=made.value, GranteePrincipal=CLERK, Operations=["Decrypt"])
    return made


@pytest.fixture(scope="module")
def guest(lab: labkit.Lab) -> Any:
    """A role that may look at everything, and change nothing."""
    return lab.role("Guest", READS)


def said(console: Console) -> list[str]:
    """What came of the last calls, on one line each."""
    return [each.says for each in console.made]


def policy_of(console: Console) -> dict[str, Any]:
    """The key policy, read."""
    assert console.page and console.page.policy
    found: dict[str, Any] = json.loads(console.page.policy)
    return found


def with_clerk(policy: dict[str, Any], *actions: str) -> str:
    """The policy with a statement that lets the clerk do this."""
    may = {"Sid": "Clerk", "Effect": "Allow", "Principal": {"AWS": CLERK}, "Action": actions, "Resource": "*"}
    return json.dumps({**policy, "Statement": [*policy["Statement"], may]})


EDITS = [
    (POLICY, lambda console: console.edit_description("new"), ["UpdateKeyDescription"], "Description: new"),
    (POLICY, lambda console: console.edit_description(""), ["UpdateKeyDescription"], "Description: -"),
    (TAGS, lambda console: console.edit_tags({"Stage": "live", "Team": "shop"}), ["TagResource"], "Stage    live"),
    (TAGS, lambda console: console.edit_tags([("Cost", "9")]), ["TagResource", "UntagResource"], "Cost     9"),
    (TAGS, lambda console: console.edit_tags({"Cost": "9"}), [], "Cost     9"),
    (TAGS, lambda console: console.edit_tags({}), ["UntagResource"], "Tags: None"),
    (ALIASES, lambda console: console.create_alias("second"), ["CreateAlias"], "alias/second  arn:"),
    (ALIASES, lambda console: console.delete_alias("alias/second"), ["DeleteAlias"], "Alias: alias/orders\n"),
    (ROTATIONS, lambda console: console.rotate_every(90), ["EnableKeyRotation"], "Rotation period: 90 days"),
    (ROTATIONS, lambda console: console.rotate_every(), ["EnableKeyRotation"], "Rotation period: 365 days"),
    (ROTATIONS, lambda console: console.stop_rotation(), ["DisableKeyRotation"], "key rotation: Disabled"),
    (GRANTS, lambda console: console.revoke_grant(console.page.grants[0]["GrantId"]), ["RevokeGrant"], "page 1: None"),
]


@pytest.mark.parametrize(("tab", "edit", "names", "shown"), EDITS, ids=[str(at) for at in range(len(EDITS))])
def test_an_edit_makes_its_calls_and_shows_what_is_there_now(
    lab: labkit.Lab, console: Console, tab: str, edit: Any, names: list[str], shown: str
) -> None:
    """CloudTrail has these calls and no others; each is shown for a shell and in Python."""
    console.open(console.value, tab)
    since = len(lab.events())
    text = edit(console).twin().text
    assert [each["eventName"] for each in lab.events()[since:] if not each["readOnly"]] == names
    assert said(console) == [f"Done: {each}" for each in names]
    assert shown in text
    for each in console.made:
        assert each.call.cli in text and each.call.boto3 in text


def test_a_key_policy_is_saved_as_it_is_written(console: Console) -> None:
    """And the page shows it."""
    console.open(console.value)
    document = with_clerk(policy_of(console), "kms:Encrypt")
    assert said(console.edit_policy(document)) == ["Done: PutKeyPolicy"]
    assert '"Sid": "Clerk"' in console.twin().text
    console.edit_policy(json.dumps({**policy_of(console), "Statement": policy_of(console)["Statement"][:1]}))


REFUSED = [
    ("edit_description", ("x",), "AccessDeniedException"),
    ("edit_tags", ({"a": "b"},), "AccessDeniedException"),
    ("create_alias", ("mine",), "AccessDeniedException"),
    ("delete_alias", ("orders",), "AccessDeniedException"),
    ("rotate_every", (), "AccessDeniedException"),
    ("stop_rotation", (), "AccessDeniedException"),
    ("edit_policy", ("{}",), "AccessDeniedException"),
    ("revoke_grant", ("1" * 64,), "AccessDeniedException"),
]


@pytest.mark.parametrize(("edit", "given", "code"), REFUSED, ids=[each for each, *_ in REFUSED])
def test_what_the_caller_may_not_is_refused_with_the_reason(
    lab: labkit.Lab, console: Console, guest: Any, edit: str, given: tuple[Any, ...], code: str
) -> None:
    """The calls are the caller's, not the lab's."""
    theirs = lab.console(guest).open(console.value)
    getattr(theirs, edit)(*given)
    (made,) = theirs.made
    assert made.code == code and "role/Guest" in made.message.replace("assumed-role", "role")
    assert made.message in theirs.twin().text and "allows it" in made.explanation


@pytest.mark.parametrize(
    ("edit", "given", "code"),
    [
        ("edit_tags", ([("a", "1"), ("a", "2")],), "TagException"),
        ("create_alias", ("orders",), "AlreadyExistsException"),
        ("delete_alias", ("nothing",), "NotFoundException"),
        ("edit_policy", ('{"Version": "2012-10-17"}',), "MalformedPolicyDocumentException"),
        ("edit_policy", ("no JSON",), "MalformedPolicyDocumentException"),
        ("revoke_grant", ("1" * 64,), "NotFoundException"),
    ],
)
def test_what_kms_refuses_is_told_in_its_words(console: Console, edit: str, given: tuple[Any, ...], code: str) -> None:
    """Nothing is judged twice: KMS's own answer is shown."""
    getattr(console, edit)(*given)
    assert [each.code for each in console.made] == [code]
    assert f"Refused: {code}: " in console.twin().text


def test_a_period_that_kms_does_not_take(console: Console) -> None:
    """As with the waiting period of a deletion."""
    for days in (89, 2561):
        with pytest.raises(ValueError, match="90 to 2560 days"):
            console.rotate_every(days)


def test_tags_that_may_not_be_listed_are_not_changed() -> None:
    """What is not known can't be kept."""
    console = Console({"kms": NoTags(1)})
    assert said(console.edit_tags({"a": "b"})) == ["Refused: AccessDeniedException: "]


class NoTags(ManyKeys):
    """An account in which tags may not be listed."""

    _list_resource_tags = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("before", "after", "put", "gone"),
    [
        ({}, [], [], []),
        ({"a": "1"}, [("a", "1")], [], []),
        ({"a": "1"}, [("a", "2")], [("a", "2")], []),
        ({"a": "1", "b": "2"}, [("b", "2"), ("c", "")], [("c", "")], ["a"]),
        ({"a": "1"}, [("A", "1")], [("A", "1")], ["a"]),  # tag keys are case-sensitive
    ],
)
def test_the_calls_for_tags(before: Any, after: Any, put: Any, gone: Any) -> None:
    """Only what is different is sent."""
    sent = {each.operation: each.parameters for each in new_tags("k", before, after)}
    assert [(tag["TagKey"], tag["TagValue"]) for tag in sent.get("TagResource", {}).get("Tags", [])] == put
    assert sent.get("UntagResource", {}).get("TagKeys", []) == gone


# --- a key policy before it is saved --------------------------------------------------------------------------------


def test_who_gains_and_who_loses_is_what_the_account_then_does(lab: labkit.Lab, console: Console, clerk: Any) -> None:
    """Nothing is sent by the question; what it foretells is what the clerk can do after, and no longer after that."""
    console.open(console.value)
    plain = policy_of(console)
    document = with_clerk(plain, "kms:Encrypt")
    since = len(lab.events())
    told = console.policy_changes(document)
    assert [each for each in lab.events()[since:] if each["eventName"] != "GetCallerIdentity"] == []
    assert told.gains and told.losses
    assert [(each.who, each.actions) for each in told.gains.gains] == [("the role Clerk", ("kms:Encrypt",))]
    assert told.losses.gains == () and "nobody loses anything" in repr(told)
    with labkit.expect_error("AccessDeniedException"):
        clerk.client("kms").encrypt(KeyId=console.value, Plaintext=b"x")
    console.edit_policy(document)
    clerk.client("kms").encrypt(KeyId=console.value, Plaintext=b"x")
    back = console.policy_changes(json.dumps(plain))
    assert back.gains and back.losses and back.gains.gains == ()
    assert [(each.who, each.actions) for each in back.losses.gains] == [("the role Clerk", ("kms:Encrypt",))]
    console.edit_policy(json.dumps(plain))
    with labkit.expect_error("AccessDeniedException"):
        clerk.client("kms").encrypt(KeyId=console.value, Plaintext=b"x")


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("{", "MalformedPolicyDocumentException"),
        ('{"Version": "2012-10-17"}', "the Statement element is missing"),
        ('{"Version": "2012-10-17", "Statement": []}', "AWS would refuse this key policy"),
    ],
)
def test_what_aws_would_refuse_is_said_before(console: Console, document: str, told: str) -> None:
    """With its line; KMS then says the same."""
    assert told in repr(console.policy_changes(document))
    assert [each.code for each in console.edit_policy(document).made] == ["MalformedPolicyDocumentException"]


def test_who_would_be_locked_out_is_the_caller_of_the_console(lab: labkit.Lab, console: Console, guest: Any) -> None:
    """Not the lab's administrator: the guest can't put the policy back."""
    told = repr(lab.console(guest).open(console.value).policy_changes(with_clerk(policy_of(console), "kms:Encrypt")))
    assert "will not allow you to update the key policy" in told and "assumed-role/Guest/" in told


def test_without_a_lab_the_clients_are_asked(console: Console) -> None:
    """All that is needed, or a word that it is not there."""
    document = with_clerk(policy_of(console), "kms:Encrypt")
    told = Console(clients_of(boto3.Session())).open(console.value).policy_changes(document)
    assert told.gains and [each.who for each in told.gains.gains] == ["the role Clerk"]
    told = Console({"kms": boto3.client("kms")}).open(console.value).policy_changes(document)
    assert told.gains is None and "can't be told" in repr(told)
    assert "can't be read" in repr(Console({"kms": NoKey(1)}).policy_changes("{}"))


class NoKey(ManyKeys):
    """An account in which no key may be described."""

    _describe_key = None  # type: ignore[assignment]


# --- the view -------------------------------------------------------------------------------------------------------


class Page:
    """The live page of a key: its controls by their words."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._box = console.view

    def _all(self, box: Any) -> Iterator[Any]:
        yield box
        for each in getattr(box, "children", ()):
            yield from self._all(each)

    def field(self, words: str) -> Any:
        """A control by its description."""
        (found,) = [each for each in self._all(self._box) if getattr(each, "description", None) == words]
        return found

    def has(self, words: str) -> bool:
        """Whether there is such a control."""
        return any(getattr(each, "description", None) == words for each in self._all(self._box))

    def click(self, words: str) -> None:
        """Click a button that can be clicked."""
        assert not self.field(words).disabled
        self.field(words).click()

    @property
    def text(self) -> str:
        """All HTML of the page."""
        return "".join(str(each.value) for each in self._all(self._box) if type(each).__name__ == "HTML")


def test_every_edit_by_click(console: Console) -> None:
    """Each editor: what it says before, what it makes, and that it is gone afterwards."""
    page = Page(console.open(console.value, TAGS))
    page.click("Edit tags")
    page.click("Add tag")
    page.field("Tag value 1").value = "red"
    page.click("Save changes")
    assert "needs a key" in page.text
    page.field("Tag key 1").value = "Colour"
    page.click("Save changes")
    assert said(console) == ["Done: TagResource"] and not page.has("Save changes")

    page.click("Edit description")
    page.field("Description").value = "clicked"
    page.click("Save changes")
    assert said(console) == ["Done: UpdateKeyDescription"] and "clicked" in page.text

    console.open(console.value, ROTATIONS)
    page.click("Edit automatic rotation")
    assert page.field("Rotation period (in days)").disabled
    page.field("Automatic key rotation").value = "Enable"
    page.field("Rotation period (in days)").value = "3"
    page.click("Save changes")
    assert "The rotation period is 90 to 2560 days." in page.text
    page.field("Rotation period (in days)").value = "180"
    page.click("Save changes")
    assert console.made[0].call.parameters["RotationPeriodInDays"] == 180

    console.open(console.value, ALIASES)
    page.click("Create alias")
    page.field("Alias name").value = "aws/mine"
    page.click("Save alias")
    assert "can&#x27;t begin with aws/" in page.text
    page.field("Alias name").value = "orders"
    page.click("Save alias")
    assert "AlreadyExistsException" in page.text and page.field("Alias name").value == "orders"
    page.field("Alias name").value = "third"
    page.click("Save alias")
    page.click("Delete alias/third")
    page.click("Cancel")
    page.click("Delete alias/third")
    assert page.field("Delete alias").disabled
    page.field("Confirm you want to delete alias/third.").value = True
    page.click("Delete alias")
    assert said(console) == ["Done: DeleteAlias"] and not page.has("Delete alias/third")

    console.open(console.value, GRANTS)
    grant = boto3.client("kms").create_grant(KeyId=console.value, GranteePrincipal=CLERK, Operations=["Decrypt"])
    page.field("Refresh").click()
    page.click(f"Revoke {grant['GrantId'][:12]}…")
    page.field(f"Confirm you want to revoke the grant {grant['GrantId']}.").value = True
    page.click("Revoke grant")
    assert said(console) == ["Done: RevokeGrant"] and "page 1: <bdi>None" in page.text.replace("</bdi>", "")


def test_a_key_policy_by_click(console: Console) -> None:
    """It can be saved only after what changes was shown, for the very text."""
    page = Page(console.open(console.value, POLICY))
    page.click("Edit key policy")
    assert page.field("Save changes").disabled
    page.field("Text of the key policy").value = "{"
    page.click("Show what changes")
    assert "AWS would refuse this key policy" in page.text
    page.click("Save changes")
    assert "MalformedPolicyDocumentException" in page.text and page.field("Text of the key policy").value == "{"
    page.field("Text of the key policy").value = with_clerk(policy_of(console), "kms:Encrypt")
    assert page.field("Save changes").disabled
    page.click("Show what changes")
    assert "the role Clerk" in page.text
    page.click("Save changes")
    assert said(console) == ["Done: PutKeyPolicy"] and not page.has("Save changes")


def test_aws_managed_keys_are_only_looked_at(lab: labkit.Lab) -> None:
    """AWS alone changes them: there is nothing to edit."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="console-edits")
    s3.put_object(Bucket="console-edits", Key="a", Body=b"a", ServerSideEncryption="aws:kms")
    console = lab.console().open("alias/aws/s3")
    page = Page(console)
    for tab in console.page.tabs if console.page else ():
        console.open("alias/aws/s3", tab)
        assert not any(page.has(each) for each in ("Edit description", "Edit tags", "Create alias", "Edit key policy"))
