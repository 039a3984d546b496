"""Checks of notebooks/02-create-keys.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from typing import Any

from labkit.exercises.account import aliases, calls, keys, unusable
from labkit.exercises.engine import LabView, Outcome, no_number, not_attempted, not_yet, solved

WANTED_TAGS = {"Department": "Payroll", "Stage": "test"}


def alias_for_ledger(lab: LabView, answer: Any) -> Outcome:
    """Since alias/ledger was last created, UpdateAlias has moved it to another key, and it leads there still."""
    history = [
        (event["eventName"], _key_id(event))
        for event in calls(lab, "CreateAlias", "UpdateAlias", "DeleteAlias")
        if event["requestParameters"]["aliasName"] == "alias/ledger" and event["awsRegion"] == lab.region
    ]
    if not history:
        return not_attempted("Nobody has made `alias/ledger` so far.")
    names = [name for name, _ in history]
    if names[-1] == "DeleteAlias":
        return not_yet("`alias/ledger` was deleted last, so it leads nowhere now.")
    last_creation = len(names) - 1 - names[::-1].index("CreateAlias")
    created, *moves = history[last_creation:]
    target = aliases(lab).get("alias/ledger")
    if target is None:
        return not_yet("The key behind `alias/ledger` was deleted, and the alias with it. The name leads nowhere now.")
    if wrong := unusable(lab, _arn(lab, target)):
        return not_yet(f"`alias/ledger` is there. But: {wrong}")
    if any(key_id != created[1] for _, key_id in moves):
        return solved("The name always led to a key, first to the first one, then to the second.")
    if moves:
        return not_yet("`alias/ledger` was updated, but it points to the same key as before.")
    if "DeleteAlias" in names:
        return not_yet("`alias/ledger` was deleted and made again. In between, programs found no key under that name.")
    return not_yet("`alias/ledger` is there, and has not been moved to another key.")


def _arn(lab: LabView, key_id: str) -> str:
    return str(lab.observer.client("kms").describe_key(KeyId=key_id)["KeyMetadata"]["Arn"])


def _key_id(event: dict[str, Any]) -> str:
    """The key's ID in an alias call, whether the caller wrote an ID or an ARN; "" for DeleteAlias."""
    return str(event["requestParameters"].get("targetKeyId", "")).rpartition("/")[2]


def alias_for_payroll(lab: LabView, answer: Any) -> Outcome:
    """alias/payroll points to a key described "payroll", which can be used."""
    names = aliases(lab)
    payroll = {key["KeyId"] for key in keys(lab) if key["Description"] == "payroll"}
    if names.get("alias/payroll") in payroll:
        if wrong := unusable(lab, _arn(lab, names["alias/payroll"])):
            return not_yet(f"`alias/payroll` leads to the payroll key. But: {wrong}")
        return solved("`alias/payroll` leads to the payroll key. That is all that a program needs to know.")
    if "alias/payroll" in names:
        return not_yet("`alias/payroll` points to another key, not to one described `payroll`.")
    own = sorted(name for name, target in names.items() if target in payroll)
    if own:
        return not_yet(f"The key has an alias, {own[0]}. That is not exactly the name of the task.")
    if payroll:
        return not_yet("The key is there, but it has no alias.")
    return not_attempted("There is neither a key described `payroll` nor an alias of that name.")


def label_a_key(lab: LabView, answer: Any) -> Outcome:
    """Check that some key carries both tags, and can be used."""
    found = {key["Arn"]: _tags(lab, key) for key in keys(lab) if key["KeyState"] != "PendingDeletion"}
    waiting = [
        key for key in calls(lab, "CreateKey", "TagResource") if "Payroll" in str(key["requestParameters"].get("tags"))
    ]
    labels = list(found.values())
    tagged = [tags for tags in labels if "payroll" in map(str.casefold, tags.values())]
    if not tagged and waiting:
        return not_yet("A key was labelled. It is now scheduled for deletion, or gone, or its tag was taken away.")
    if not tagged:
        return not_attempted("No key has a tag with the value `Payroll` so far.")
    right = [arn for arn, tags in found.items() if tags.items() >= WANTED_TAGS.items()]
    if right and all(unusable(lab, arn) for arn in right):
        return not_yet(f"Both tags are on one key. But: {unusable(lab, right[-1])}")
    if right:
        return solved("Both tags are on one key. Bills, searches and permissions can use them now.")
    tags = tagged[-1]
    for name, value in WANTED_TAGS.items():
        if name not in tags:
            return not_yet(f"I looked at the key's tags. They are {sorted(tags)}, and `{name}` is missing.")
        if tags[name] != value:
            return not_yet(f"The tag `{name}` is {tags[name]!r}, which is not what the task asks for.")
    raise AssertionError("a key with all wanted tags is handled above")


def _tags(lab: LabView, key: dict[str, Any]) -> dict[str, str]:
    tags = lab.observer.client("kms").list_resource_tags(KeyId=key["KeyId"])["Tags"]
    return {tag["TagKey"]: tag["TagValue"] for tag in tags}


def count_keys(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the number of keys over all pages of ListKeys."""
    if missing := no_number(answer):
        return missing
    pages = lab.observer.client("kms").get_paginator("list_keys").paginate()
    count = sum(len(page["Keys"]) for page in pages)
    if answer == count:
        return solved("That is all of them, however many pages it takes.")
    if answer < count:
        return not_yet(f"There are more than {answer}. Is there a page that you have not turned?")
    return not_yet(f"There are fewer than {answer}. Was something counted twice?")
