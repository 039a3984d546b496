"""KMS: aliases at once, grants on keys of others, keys by a waiting period of seven days, key stores.

A key can't be deleted at once: 7 days is the shortest PendingWindowInDays (KMS API Reference, ScheduleKeyDeletion). The
replicas of a multi-Region key go first; a primary waits for them (PendingReplicaDeletion).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

from ..hooks.lens import ITEM_TAG
from .thing import Kind, Marks, Thing, is_denied, named, of_run, pages, past_policy, region_of

SHORTEST = 7
_REPLICAS = "its replicas are deleted"


def find_keys(kms: Any, marks: Marks) -> Iterator[Thing]:
    """Find the run's keys: by the ledger's ids, and those that a row without an id may have made."""
    seen = set()
    for key in sorted(marks.ids):
        found = _described(kms, key)
        if found is not None:
            seen.add(key)
            yield found
    if marks.items:
        for each in pages(kms, "list_keys", "Keys"):
            if each["KeyId"] not in seen and (item := _item(kms, each["KeyId"], marks)):
                found = _described(kms, each["KeyId"], item)
                if found is not None:
                    yield found


def _item(kms: Any, key: str, marks: Marks) -> str:
    """Tell by which unsettled row a key was made, from its tags or the mark in its description; "" for none."""
    try:
        tags = list(pages(kms, "list_resource_tags", "Tags", KeyId=key))
        if of_run(tags, marks.run_id):
            return next((tag["TagValue"] for tag in tags if tag["TagKey"] == ITEM_TAG), "")
        told = kms.describe_key(KeyId=key)["KeyMetadata"].get("Description", "")
    except ClientError:
        return ""  # a key whose policy does not let us look
    return next((item for item in marks.items if f"[labkit:run={marks.run_id} labkit:item={item}]" in told), "")


def _described(kms: Any, key: str, item: str = "") -> Thing | None:
    """Read a key; None where there is none. A key that can't be read is there."""
    try:
        told = kms.describe_key(KeyId=key)["KeyMetadata"]
    except ClientError as refused:
        if refused.response["Error"]["Code"] == "NotFoundException":
            return None
        if not is_denied(refused):
            raise
        return Thing("key", region_of(kms), key, item)
    state = told["KeyState"]
    until = told.get("DeletionDate") if state == "PendingDeletion" else None
    going = _REPLICAS if state == "PendingReplicaDeletion" else ""
    return Thing("key", region_of(kms), key, item, until, going)


def _set_default_policy(kms: Any, key: Thing) -> None:
    """Let the account decide, as for a key made without a policy (KMS Developer Guide, default key policy)."""
    arn = kms.list_keys(Limit=1)["Keys"][0]["KeyArn"].split(":")
    everything = {"Effect": "Allow", "Principal": {"AWS": f"arn:{arn[1]}:iam::{arn[4]}:root"}, "Action": "kms:*"}
    document = {"Version": "2012-10-17", "Statement": [{**everything, "Resource": "*"}]}
    kms.put_key_policy(KeyId=key.id, Policy=json.dumps(document))


def _schedule(kms: Any, key: Thing) -> None:
    """Schedule a key's deletion with the shortest window; a longer one that is running is made shorter."""
    answer = kms.describe_key(KeyId=key.id)
    told, now = answer["KeyMetadata"], _now(answer)
    if told["KeyState"] == "PendingReplicaDeletion":
        return
    if told["KeyState"] == "PendingDeletion":
        if told["DeletionDate"] <= now + timedelta(days=SHORTEST, hours=1):
            return
        kms.cancel_key_deletion(KeyId=key.id)
    kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=SHORTEST)


remove_key = past_policy(_schedule, _set_default_policy)
"""Schedule a key's deletion; a key policy of a lab's may forbid that (a Deny, a longest window)."""


def _now(answer: Any) -> datetime:
    """Read AWS's time from an answer: this machine's clock may be wrong."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        return parsedate_to_datetime(date).astimezone(UTC)
    except (TypeError, ValueError):
        return datetime.now(UTC)


def find_grants(kms: Any, marks: Marks) -> Iterator[Thing]:
    """Find grants of the run on keys that are not the run's: the ledger has them as key and grant."""
    for pair in sorted(marks.ids):
        key, _, grant = pair.partition(" ")
        try:
            there = [each["GrantId"] for each in pages(kms, "list_grants", "Grants", KeyId=key)]
        except ClientError as refused:
            if refused.response["Error"]["Code"] == "NotFoundException":
                continue
            raise
        if grant in there:
            yield Thing("grant", region_of(kms), pair)


def _revoke(kms: Any, grant: Thing) -> None:
    key, _, grant_id = grant.id.partition(" ")
    kms.revoke_grant(KeyId=key, GrantId=grant_id)


def _remove_store(kms: Any, store: Thing) -> None:
    told = kms.describe_custom_key_stores(CustomKeyStoreName=store.id)["CustomKeyStores"][0]
    if told["ConnectionState"] not in ("DISCONNECTED", "DISCONNECTING"):
        kms.disconnect_custom_key_store(CustomKeyStoreId=told["CustomKeyStoreId"])
    kms.delete_custom_key_store(CustomKeyStoreId=told["CustomKeyStoreId"])


KINDS = (
    Kind(
        "alias", "kms", 100, named("alias", "list_aliases", "Aliases", "AliasName"),
        lambda kms, alias: kms.delete_alias(AliasName=alias.id),
    ),
    Kind("grant", "kms", 105, find_grants, _revoke),
    Kind("key", "kms", 110, find_keys, remove_key),
    Kind(
        "key-store", "kms", 115,
        named("key-store", "describe_custom_key_stores", "CustomKeyStores", "CustomKeyStoreName"), _remove_store,
    ),
)  # fmt: skip
