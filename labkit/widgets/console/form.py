"""The six steps of the console's "Create key": what was chosen, what is missing, and the calls that Finish makes. Pure.

Source of steps and fields: "Create a symmetric encryption KMS key" and its sisters in the AWS KMS Developer Guide.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from ..calls import Call
from .key_policy import console_policy
from .words import MULTI_REGION, ORIGINS, SINGLE_REGION, USAGES

STEPS = (
    "Configure key",
    "Add labels",
    "Define key administrative permissions - optional",
    "Define key usage permissions - optional",
    "Edit key policy - optional",
    "Review",
)
KEY_TYPES = ("Symmetric", "Asymmetric")
REGIONALITIES = (SINGLE_REGION, MULTI_REGION)
_USAGES = {
    "Symmetric": ("Encrypt and decrypt", "Generate and verify MAC"),
    "Asymmetric": ("Encrypt and decrypt", "Sign and verify", "Key agreement"),
}
_RSA = ("RSA_2048", "RSA_3072", "RSA_4096")
_NIST = ("ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521")
_SPECS = {  # SM2 is in the China Regions alone
    ("Symmetric", "Encrypt and decrypt"): ("SYMMETRIC_DEFAULT",),
    ("Symmetric", "Generate and verify MAC"): ("HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512"),
    ("Asymmetric", "Encrypt and decrypt"): _RSA,
    ("Asymmetric", "Sign and verify"): (
        *_RSA, *_NIST, "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519", "ML_DSA_44", "ML_DSA_65", "ML_DSA_87",
    ),
    ("Asymmetric", "Key agreement"): _NIST,
}  # fmt: skip
CONFIRMATIONS = {
    # "Create a KMS key with no key material" and "Create a KMS key in external key stores"; the words of the second box
    # are ours, the guide does not give them
    "External (import key material)": (
        "I understand the security, availability, and durability implications of using an imported key"
    ),
    "External key store": "I confirm that this is the external key to use; it can't be changed later",
}
_STORES = {"AWS CloudHSM key store", "External key store"}
_ALIAS = re.compile(r"[a-zA-Z0-9/_-]{1,250}")
_ACCOUNT = re.compile(r"[0-9]{12}")


@dataclass(frozen=True)
class Form:
    """The fields of all steps, each with the console's default. A change by `choose` keeps them fitting together."""

    key_type: str = "Symmetric"
    key_usage: str = "Encrypt and decrypt"
    key_spec: str = "SYMMETRIC_DEFAULT"
    origin: str = "KMS"
    regionality: str = SINGLE_REGION
    custom_key_store_id: str = ""
    xks_key_id: str = ""
    confirmed: bool = False  # the box that some origins have
    alias: str = ""
    description: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    administrators: tuple[str, ...] = ()
    deletion: bool = True  # "Allow key administrators to delete this key"
    users: tuple[str, ...] = ()
    other_accounts: tuple[str, ...] = ()
    policy: str = ""  # as edited in step 5; empty: as the console writes it

    @property
    def usages(self) -> tuple[str, ...]:
        """The key usages that step 1 offers for this key type."""
        return _USAGES[self.key_type]

    @property
    def specs(self) -> tuple[str, ...]:
        """The key specs that step 1 offers for this key type and usage."""
        return _SPECS[self.key_type, self.key_usage]

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins: a custom key store holds symmetric encryption keys of one Region alone."""
        return tuple(each for each in ORIGINS if each not in _STORES or self.key_spec == "SYMMETRIC_DEFAULT")

    @property
    def regionalities(self) -> tuple[str, ...]:
        """Whether several Regions are to be had."""
        return (SINGLE_REGION,) if self.in_store else REGIONALITIES

    @property
    def in_store(self) -> bool:
        """Whether the key is to stand in a custom key store."""
        return self.origin in _STORES

    def choose(self, **changes: Any) -> Form:
        """Change fields; what no longer fits goes to the first that does. ValueError for what is not on offer."""
        known = {each.name for each in fields(self)}
        if strange := sorted(set(changes) - known):
            raise ValueError(f"The form has no field {strange[0]!r}. It has: {', '.join(sorted(known))}.")
        form = self
        for name, offered in _OFFERS.items():  # in the order in which one decides about the next
            if name in changes and changes[name] not in getattr(form, offered):
                choices = ", ".join(getattr(form, offered))
                raise ValueError(f"{name} {changes[name]!r} is not on offer here. Choose one of: {choices}.")
            wanted = changes.get(name, getattr(form, name))
            form = replace(form, **{name: wanted if wanted in getattr(form, offered) else getattr(form, offered)[0]})
        if form.origin != self.origin:  # another store, another box to tick
            form = replace(form, confirmed=False, custom_key_store_id="")
        return replace(form, **{name: _plain(name, value) for name, value in changes.items() if name not in _OFFERS})

    @property
    def key_types(self) -> tuple[str, ...]:
        """Both."""
        return KEY_TYPES

    def problems(self, step: int) -> tuple[str, ...]:
        """Say what keeps this step (1 to 6) from being left. KMS itself judges the rest."""
        if step == 1 and self.in_store and not self.custom_key_store_id:
            return ("Choose a custom key store.",)
        if step == 1 and self.origin == "External key store" and not self.xks_key_id:
            return ("Enter the external key ID.",)
        if step == 1 and self.origin in CONFIRMATIONS and not self.confirmed:
            return (f"Tick the box: {CONFIRMATIONS[self.origin]}.",)
        if step == 2:
            return (*alias_problems(self.alias), *tag_problems(self.tags))
        if step == 4:
            return tuple(
                f"{each!r} is no account ID: it has 12 digits."
                for each in self.other_accounts
                if each and not _ACCOUNT.fullmatch(each)
            )
        return tuple(each for before in (1, 2, 4) for each in self.problems(before)) if step == 6 else ()

    def document(self, account: str, partition: str = "aws") -> str:
        """Write the key policy that step 5 shows: as edited, or as the console makes it of steps 3 and 4."""
        if self.policy:
            return self.policy
        policy = console_policy(
            account,
            self.key_spec,
            USAGES[self.key_usage],
            partition=partition,
            multi_region=self.regionality == MULTI_REGION,
            administrators=self.administrators,
            deletion=self.deletion,
            users=self.users,
            other_accounts=[each for each in self.other_accounts if each],
        )
        return json.dumps(policy, indent=2, ensure_ascii=False)

    def create_key(self, account: str, partition: str = "aws") -> Call:
        """Make the call of CreateKey. Empty fields are left out; an edited policy is sent as it is."""
        document = self.policy or json.dumps(json.loads(self.document(account, partition)), separators=(",", ":"))
        given = {
            "KeySpec": self.key_spec,
            "KeyUsage": USAGES[self.key_usage],
            "Origin": ORIGINS[self.origin],
            "MultiRegion": self.regionality == MULTI_REGION,
            "CustomKeyStoreId": self.custom_key_store_id if self.in_store else "",
            "XksKeyId": self.xks_key_id if self.origin == "External key store" else "",
            "Description": self.description,
            "Tags": [{"TagKey": key, "TagValue": value} for key, value in self.tags if key],
            "Policy": document,
        }
        return Call("CreateKey", {name: value for name, value in given.items() if value not in ("", [])})

    def create_alias(self, key_id: str) -> Call:
        """Make the call of CreateAlias."""
        return Call("CreateAlias", {"AliasName": f"alias/{self.alias}", "TargetKeyId": key_id})

    def as_shell(self, account: str, partition: str = "aws") -> str:
        """Write what Finish does as two commands."""
        create, alias = self.create_key(account, partition).cli, shlex.quote(f"alias/{self.alias}")
        return (
            f"KEY_ID=$({create} --query KeyMetadata.KeyId --output text)\n"
            f'aws kms create-alias --alias-name {alias} --target-key-id "$KEY_ID"'
        )

    def as_python(self, account: str, partition: str = "aws") -> str:
        """Write what Finish does as two lines of Python."""
        return (
            f'key = {self.create_key(account, partition).boto3}["KeyMetadata"]\n'
            f'kms.create_alias(AliasName={f"alias/{self.alias}"!r}, TargetKeyId=key["KeyId"])'
        )


_OFFERS = {
    "key_type": "key_types",
    "key_usage": "usages",
    "key_spec": "specs",
    "origin": "origins",
    "regionality": "regionalities",
}


def _plain(name: str, value: Any) -> Any:
    """Take lists and dicts for the fields that hold several; an alias with its prefix, too."""
    if name == "tags":
        return tuple((str(key), str(text)) for key, text in (value.items() if isinstance(value, dict) else value))
    if name in ("administrators", "users", "other_accounts"):
        return (value,) if isinstance(value, str) else tuple(map(str, value))
    if name == "alias":
        return str(value).removeprefix("alias/")
    return value


def tag_problems(tags: Iterable[tuple[str, str]]) -> list[str]:
    """Say which tags can't be sent."""
    return [f"A tag with the value {value!r} needs a key." for key, value in tags if value and not key]


def alias_problems(alias: str) -> list[str]:
    """Say what keeps an alias, without its prefix, from being one."""
    if not alias:
        return ["Enter an alias: the console asks for one."]
    if alias.startswith("aws/"):
        return ["An alias can't begin with aws/: these are for AWS managed keys."]
    if not _ALIAS.fullmatch(alias):
        return ["An alias has letters, digits, and / _ - only, 250 at most."]
    return []
