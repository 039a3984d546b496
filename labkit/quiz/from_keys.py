"""Questions about what a key's state, or its usage, lets it do: KMS's own tables decide. Pure."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from ..cloud.core.errors import AwsError
from ..cloud.core.kms_operations import table
from ..cloud.kms.model import Key
from ..cloud.kms.operation import require_usage
from ..cloud.kms.specs import SPECS
from ..cloud.kms.states import check
from .questions import Choice, Entry, Question

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_ARN = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_STATES: dict[str, dict[str, Any]] = {
    "Disabled": {"enabled": False},
    "PendingDeletion": {"enabled": False, "pending_window": timedelta(days=30), "deletion_date": NOW},
    "PendingImport": {"origin": "EXTERNAL"},
}
_BY_STATE = (
    "Encrypt", "Decrypt", "GenerateDataKey", "DescribeKey", "GetKeyPolicy", "PutKeyPolicy", "TagResource",
    "CreateAlias", "EnableKey", "DisableKey", "CancelKeyDeletion", "ScheduleKeyDeletion", "CreateGrant",
    "EnableKeyRotation", "UpdateKeyDescription",
)  # fmt: skip
_BY_USAGE = ("Encrypt", "Decrypt", "Sign", "Verify", "GenerateMac", "VerifyMac", "DeriveSharedSecret")
_KINDS = (
    ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
    ("HMAC_256", "GENERATE_VERIFY_MAC"),
    ("RSA_2048", "ENCRYPT_DECRYPT"),
    ("RSA_3072", "SIGN_VERIFY"),
    ("ECC_NIST_P256", "SIGN_VERIFY"),
    ("ECC_NIST_P384", "KEY_AGREEMENT"),
    ("ML_DSA_65", "SIGN_VERIFY"),
)
_NUMBER = 4


def question_about_state(entry: Entry, rng: random.Random) -> Question:
    """Draw a state and four operations, and ask which of them run. `about["states"]` may limit the states."""
    state = rng.choice(sorted(entry.about.get("states", _STATES)))
    key = _key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", **_STATES[state])
    if key.state(NOW) != state:
        raise ValueError(f"The key made for the question is {key.state(NOW)}, not {state}.")
    origin = ", whose material is to be imported," if state == "PendingImport" else ""
    refused = {name: code for name in _BY_STATE if (code := _refusal(name, key))}
    text = f"A symmetric encryption key{origin} is in the state `{state}`. Nothing lacks permission. Which calls run?"
    why = {name: f"In this state, KMS answers `{name}` with `{code}`." for name, code in refused.items()}
    return _asked(entry, text, [name for name in _BY_STATE if name not in refused], why, rng)


def question_about_usage(entry: Entry, rng: random.Random) -> Question:
    """Draw a kind of key and four operations, and ask which of them can use it."""
    spec, usage = rng.choice(_KINDS)
    key = _key(spec, usage)
    able, unable = [], {}
    for name in _BY_USAGE:
        try:
            require_usage(key, name, table()[name].usage)
            able.append(name)
        except AwsError as refused:
            unable[name] = f"KMS answers with `{refused.code}`: this is not what the key was made for."
    text = f"A key was made with `KeySpec` `{spec}` and `KeyUsage` `{usage}`. Which of these operations can use it?"
    return _asked(entry, text, able, unable, rng)


def _refusal(operation: str, key: Key) -> str:
    try:
        check(operation, key, NOW)
    except AwsError as refused:
        return refused.code
    return ""


def _key(spec: str, usage: str, origin: str = "AWS_KMS", **state: Any) -> Key:
    return Key(
        _ARN.rpartition("/")[2], _ARN, "111122223333", "us-east-1", NOW, SPECS[spec], usage, origin, "{}", **state
    )


def _asked(entry: Entry, text: str, right: list[str], wrong: dict[str, str], rng: random.Random) -> Question:
    """Four operations, one to three of them right, in an order that is drawn."""
    number = rng.randint(max(1, _NUMBER - len(wrong)), min(_NUMBER - 1, len(right)))
    made = [Choice(f"`{name}`", True) for name in rng.sample(right, number)]
    made += [Choice(f"`{name}`", False, wrong[name]) for name in rng.sample(sorted(wrong), _NUMBER - number)]
    rng.shuffle(made)
    return Question(entry.id, text, tuple(made), entry.source, entry.version)
