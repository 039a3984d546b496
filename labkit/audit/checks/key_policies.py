"""Key policies that let in too many: everybody (KMS.5), everybody in the account, or a whole other account."""

from __future__ import annotations

from collections.abc import Iterator

from ...cloud.policy.documents import Statement
from ..facts.account import Account, Found
from ..facts.finding import Fault, Mend
from ..facts.keys import Key, is_fixed
from ..facts.mending import File, mend
from ..facts.questions import ALL, allowed_by, anybody_here_may_use, lets_in_everybody


def public(account: Account) -> Iterator[Found]:
    """KMS.5, to the letter."""

    def judge(key: Key) -> Iterator[Found]:
        if (statement := lets_in_everybody(key)) is None:
            return
        why = f"The policy of {key.in_words} lets in everybody on AWS: {statement.label}"
        why += " has a condition that any caller can meet." if statement.conditions else " has no condition."
        yield Fault(
            "public-key-policy", key.arn, why, _mended(key, f"in it, name who needs the key in {statement.label}")
        )

    yield from account.customer_keys(judge)


def account_wide(account: Account) -> Iterator[Found]:
    """Everybody in the account may use the key without an IAM policy; or all of another account is let in."""

    def judge(key: Key) -> Iterator[Found]:
        if lets_in_everybody(key) is not None:
            return
        for words, statement in (*_everybody_here(key), *_other_accounts(key)):
            why = f"The policy of {key.in_words} lets in {words}: {statement.label}."
            yield Fault("account-wide-principal", key.arn, why, _mended(key, f"in it, name roles in {statement.label}"))

    yield from account.customer_keys(judge)


def _everybody_here(key: Key) -> Iterator[tuple[str, Statement]]:
    decision = anybody_here_may_use(key)
    if decision is not None and decision.statement is not None:
        yield "every role and user of the account, without an IAM policy", decision.statement.statement


def _other_accounts(key: Key) -> Iterator[tuple[str, Statement]]:
    """Statements whose principal is a whole other account, and that the policy doesn't take back."""
    for statement in key.document.statements:
        if statement.effect != "Allow" or statement.principals is None or statement.principals.negated:
            continue
        if any(map(is_fixed, statement.conditions)):
            continue
        for kind, value in statement.principals.entries:
            other = value.split(":")[4] if value.endswith(":root") else value
            if kind == "AWS" and other.isdigit() and other != key.account and allowed_by(key, other, ALL):
                yield f"every role and user of the account {other} that its administrators choose", statement


def _mended(key: Key, note: str) -> Mend:
    return mend("kms", "put_key_policy", note, KeyId=key.arn, Policy=File("policy.json"))
