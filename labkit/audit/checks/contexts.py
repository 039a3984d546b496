"""Secrets in encryption contexts: they stand in every record of CloudTrail, and in grants, for all to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..facts.account import Account, Found
from ..facts.finding import Fault
from ..facts.keys import Key
from ..facts.mending import mend
from ..facts.secrets_in_text import kinds_of_pairs


def secrets(account: Account) -> Iterator[Found]:
    """Look into the trail's records of 90 days, and the constraints of grants. The value itself is not repeated."""

    def judge(key: Key) -> Iterator[Found]:
        uses = account.trail.by_key.get(key.arn, ())
        kinds = Counter(kind for use in uses for kind in kinds_of_pairs(use.context))
        for grant in key.grants:
            for pairs in (grant.get("Constraints") or {}).values():
                kinds.update(kinds_of_pairs(pairs) if isinstance(pairs, dict) else [])
        if kinds:
            (kind, _), *_ = kinds.most_common(1)
            callers = [use.caller for use in uses if kinds_of_pairs(use.context)]
            by = f" Last by {callers[-1]}." if callers else ""
            times = "once" if kinds.total() == 1 else f"{kinds.total()} times"
            why = f"An encryption context under {key.in_words} holds {kind}, {times}.{by}"
            old, new = "SECRET-IN-IT", {"record": "4711"}
            call = mend(
                "kms", "re_encrypt", f"put a number in its place; {old} stands for the old context",
                CiphertextBlob="CIPHERTEXT", SourceEncryptionContext={"old": old},
                DestinationKeyId=key.arn, DestinationEncryptionContext=new,
            )  # fmt: skip
            yield Fault("secret-in-context", key.arn, why, call)

    yield from account.customer_keys(judge)
