"""Which events are uses of a key, and which records are of one call."""

from __future__ import annotations

from typing import Any

from .opening import kms_keys

# KMS's cryptographic operations, by the names of their events.
USES = frozenset(
    {
        *("Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"),
        *("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext", "GenerateMac", "VerifyMac", "Sign", "Verify"),
        *("DeriveSharedSecret", "Encapsulate", "Decapsulate"),
    }
)


def each_call_once(events: Any) -> Any:
    """The events without the owner's copies of calls across accounts, where the caller's record is there too.

    Such a call has a record in each account, with one shared_event_id; the owner's names the caller less exactly.
    """
    shared = events[events["shared_event_id"].notna()]
    abroad = shared["caller_type"] == "AWSAccount"
    ordered = shared.assign(abroad=abroad).sort_values("abroad", kind="stable")
    copies = ordered.index[ordered.duplicated("shared_event_id")]
    return events.drop(index=copies)


def uses(events: Any) -> Any:
    """Successful cryptographic calls, a row a key and call, with the event's index and all columns; `key_arn` exact."""
    once = each_call_once(events)
    done = once[(once["source"] == "kms") & once["event"].isin(USES) & once["error"].isna()]
    keys = kms_keys(done)
    return done.drop(columns=["key", "key_arn"]).join(keys[keys["key_arn"].notna()], how="inner")
