"""KMS.1 and KMS.2: IAM policies that allow Decrypt, or ReEncryptFrom, on all keys."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts.account import Account, Found
from ..facts.finding import Fault, Mend
from ..facts.mending import File, mend
from ..facts.people import Written
from ..facts.questions import allows_on_all_keys


def managed(account: Account) -> Iterator[Found]:
    """KMS.1: customer managed policies in their default version, attached or not; not those used as a boundary."""
    for written in account.people.managed:
        if not written.is_boundary and (
            action := allows_on_all_keys(written.policy.document, account.id, account.partition)
        ):
            call = mend(
                "iam", "create_policy_version", _NOTE,
                PolicyArn=written.resource, PolicyDocument=File("policy.json"), SetAsDefault=True,
            )  # fmt: skip
            why = (
                f"The customer managed policy {written.name} allows {action} on all keys, whatever its conditions say."
            )
            wide = ("Security Hub IAM.21",) if _names_all_of_kms(written) else ()
            yield Fault("managed-policy-decrypts-all", written.resource, why, call, controls=wide)


def inline(account: Account) -> Iterator[Found]:
    """KMS.2: the same in an inline policy of a user, a role or a group."""
    for written in account.people.inline:
        if action := allows_on_all_keys(written.policy.document, account.id, account.partition):
            kind, _, owner = written.owner.partition("/")
            why = f"The inline policy {written.name} of the {kind} {owner} allows {action} on all keys."
            yield Fault("inline-policy-decrypts-all", written.resource, why, _put(kind, owner, written.name))


_NOTE = "in it, name the keys in Resource"


def _put(kind: str, owner: str, name: str) -> Mend:
    who = {f"{kind.title()}Name": owner}
    document = {"PolicyName": name, "PolicyDocument": File("policy.json")}
    return mend("iam", f"put_{kind}_policy", _NOTE, **who, **document)


def _names_all_of_kms(written: Written) -> bool:
    """IAM.21: an Allow of `kms:*`, or of a wider pattern."""
    return any(
        statement.effect == "Allow" and "kms:*" in statement.lowered for statement in written.policy.document.statements
    )
