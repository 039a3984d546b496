"""A key's life: its rotation, its deletion, the end of imported material, and names that lead to keys out of use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta

from ..facts.account import Account, Found, each_of
from ..facts.controls import kms_3, kms_4
from ..facts.finding import Fault
from ..facts.holdings import under
from ..facts.keys import Key
from ..facts.mending import mend
from ..facts.reader import CouldNotRead

SOON = timedelta(days=30)
"""When the end of imported material is near: it takes days until somebody has the material at hand."""
PENDING = "is pending deletion"
"""What KMS writes about the use of such a key (KMS Developer Guide, "Create an alarm that detects use of a KMS key
pending deletion")."""


def pending_deletion(account: Account) -> Iterator[Found]:
    """KMS.3, and whether the key is still needed: an alias, something stored under it, a refused use."""

    def judge(key: Key) -> Iterator[Found]:
        if kms_3(key) == "PASS":
            return
        date = key.metadata.get("DeletionDate")
        when = f" on {date.astimezone(UTC):%Y-%m-%d}" if date else ""
        needed: list[str] = []
        for found in _needs(account, key):
            if isinstance(found, CouldNotRead):
                yield found
            else:
                needed.append(found)
        why = f"{key.words} will be deleted{when}, and with it everything that is under it."
        if needed:
            why += f" It is still needed: {', '.join(needed[:5])}."
        check = "pending-deletion-in-use" if needed else "pending-deletion"
        note = "the key is disabled then: enable it, or let the window end if nobody needs it"
        yield Fault(check, key.arn, why, mend("kms", "cancel_key_deletion", note, KeyId=key.arn))

    yield from account.customer_keys(judge)


def _needs(account: Account, key: Key) -> Iterator[str | CouldNotRead]:
    try:
        yield from (f"the alias {name}" for name in key.aliases)
    except CouldNotRead as unread:
        yield unread
    for held in under(account, key):
        yield held if isinstance(held, CouldNotRead) else held.words
    try:
        tried = [use for use in account.trail.by_key.get(key.arn, ()) if PENDING in use.message]
    except CouldNotRead as unread:
        yield unread
        return
    if tried:
        yield f"{len(tried)} refused {'use' if len(tried) == 1 else 'uses'} in the trail, last by {tried[-1].caller}"


def rotation_off(account: Account) -> Iterator[Found]:
    """KMS.4, but for keys that wait for their deletion: they do not rotate, and nothing mends that."""

    def judge(key: Key) -> Iterator[Found]:
        if key.state in ("PendingDeletion", "PendingReplicaDeletion", "Creating") or kms_4(key) != "FAIL":
            return
        why = f"{key.words} keeps the same key material for ever: automatic rotation is off."
        configuration = key.metadata.get("MultiRegionConfiguration", {})
        note = "a disabled key has to be enabled first" if key.state == "Disabled" else ""
        if configuration.get("MultiRegionKeyType") == "REPLICA":
            note = f"in {configuration['PrimaryKey']['Region']}: rotation is the primary key's"
        yield Fault("rotation-off", key.arn, why, mend("kms", "enable_key_rotation", note, KeyId=key.arn))

    yield from account.customer_keys(judge)


def material_expires(account: Account) -> Iterator[Found]:
    """Imported key material ends within 30 days, and with it everything under the key stays closed."""

    def judge(key: Key) -> Iterator[Found]:
        end = key.metadata.get("ValidTo")
        if end is None or key.state == "PendingDeletion" or end > account.now + SOON:
            return
        why = f"The imported material of {key.in_words} expires on {end.astimezone(UTC):%Y-%m-%d}. Import it again."
        note = "then import the same material again: get-parameters-for-import, import-key-material"
        way = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
        yield Fault(
            "material-expires", key.arn, why, mend("kms", "get_parameters_for_import", note, KeyId=key.arn, **way)
        )

    yield from account.customer_keys(judge)


def aliases(account: Account) -> Iterator[Found]:
    """Find aliases at keys that do no work. Of a key that waits for its deletion, its own finding tells."""
    keys = account.keys_by_name

    def judge(alias: dict[str, str]) -> Iterator[Found]:
        key = keys.get(alias.get("TargetKeyId", ""))
        if key is None or key.is_usable or key.state in ("PendingDeletion", "Creating"):
            return
        why = f"{alias['AliasName']} leads to a key that is {key.state}: whoever uses the name is refused."
        call = mend("kms", "enable_key", "or lead the alias to another key: update-alias", KeyId=key.arn)
        if key.state != "Disabled":
            call = mend("kms", "update_alias", AliasName=alias["AliasName"], TargetKeyId="ANOTHER-KEY")
        yield Fault("alias-at-unusable-key", alias["AliasArn"], why, call)

    yield from each_of(account.aliases, judge)
