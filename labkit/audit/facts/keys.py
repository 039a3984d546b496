"""A KMS key as an audit sees it: its metadata, rotation, policy, grants, last use. Read when asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from ...cloud.core.errors import AwsError
from ...cloud.policy.documents import Condition, Document, Statement, parse_document
from ...cloud.policy.question import NamedPolicy
from ...policy import Grant, as_grant
from .reader import CouldNotRead, Reader


class Key:
    """One KMS key. Every property may raise CouldNotRead."""

    def __init__(self, reader: Reader, key_id: str, arn: str, aliases: Callable[[str], list[str]]) -> None:
        self._reader = reader
        self._aliases = aliases
        self.id, self.arn = key_id, arn

    @property
    def account(self) -> str:
        """The account that it belongs to."""
        return self.arn.split(":")[4]

    @property
    def partition(self) -> str:
        """The second part of its ARN: `aws`, `aws-cn`, `aws-us-gov`."""
        return self.arn.split(":")[1]

    @cached_property
    def aliases(self) -> list[str]:
        """The names of its aliases."""
        return self._aliases(self.id)

    def facts(self, texts: str) -> dict[str, str | list[str]]:
        """Return the condition keys that follow from the key itself; tags and aliases only where these texts ask."""
        about = self.metadata
        found: dict[str, str | list[str]] = {
            "kms:KeySpec": about["KeySpec"],
            "kms:KeyUsage": about["KeyUsage"],
            "kms:KeyOrigin": about["Origin"],
            "kms:MultiRegion": str(about["MultiRegion"]).lower(),
        }
        if "resourcetag" in texts.lower():
            tags = self._reader.listed("kms", "list_resource_tags", "Tags", self.arn, KeyId=self.id)
            found |= {f"aws:ResourceTag/{tag['TagKey']}": tag["TagValue"] for tag in tags}
        if "resourcealiases" in texts.lower():
            found["kms:ResourceAliases"] = self.aliases
        return found

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """DescribeKey's KeyMetadata."""
        found: dict[str, Any] = self._ask("describe_key")["KeyMetadata"]
        return found

    @property
    def is_customers(self) -> bool:
        """Whether it is a customer managed key."""
        return bool(self.metadata["KeyManager"] == "CUSTOMER")

    @property
    def state(self) -> str:
        """`Enabled`, `Disabled`, `PendingDeletion`, ..."""
        return str(self.metadata["KeyState"])

    @property
    def is_usable(self) -> bool:
        """Whether it does cryptography: a key that is updated for a moment still does."""
        return self.state in ("Enabled", "Updating")

    @property
    def words(self) -> str:
        """How a sentence calls it: by its description, if it has one."""
        return f"The key “{self.metadata.get('Description')}”" if self.metadata.get("Description") else "The key"

    @property
    def quoted(self) -> str:
        """How a list calls it."""
        return f"“{self.metadata.get('Description') or self.id}”"

    @property
    def in_words(self) -> str:
        """How a sentence calls it in the middle."""
        return self.words[:1].lower() + self.words[1:]

    @property
    def created(self) -> datetime:
        """When it was made."""
        found: datetime = self.metadata["CreationDate"]
        return found

    @property
    def can_rotate(self) -> bool:
        """Whether automatic rotation is there for it: a symmetric encryption key whose material KMS made."""
        return self.is_symmetric and self.metadata["Origin"] == "AWS_KMS"

    @property
    def is_symmetric(self) -> bool:
        """Whether it is a symmetric encryption key."""
        return bool(self.metadata["KeySpec"] == "SYMMETRIC_DEFAULT")

    @property
    def rotates(self) -> bool:
        """Whether automatic rotation is on."""
        return bool(self._ask("get_key_rotation_status")["KeyRotationEnabled"])

    @property
    def grants(self) -> list[dict[str, Any]]:
        """Its grants, as ListGrants has them."""
        return self._reader.listed("kms", "list_grants", "Grants", self.arn, KeyId=self.id)

    @cached_property
    def decided_grants(self) -> tuple[Grant, ...]:
        """Its grants, as the decision reads them."""
        return tuple(map(as_grant, self.grants))

    @property
    def last_usage(self) -> dict[str, Any]:
        """GetKeyLastUsage's answer."""
        return self._ask("get_key_last_usage")

    @cached_property
    def policy(self) -> NamedPolicy:
        """Its key policy, for the decision. CouldNotRead, too, if the document is none that can be understood."""
        text = self._ask("get_key_policy", PolicyName="default")["Policy"]
        try:
            return NamedPolicy("the key policy", parse_document(text, "key"))
        except AwsError as wrong:
            raise CouldNotRead("kms:GetKeyPolicy", self.arn, wrong.code, wrong.message or "") from None

    @cached_property
    def policy_for_the_named(self) -> NamedPolicy:
        """Return its key policy without what it allows to everybody: that is a finding of its own."""
        document = self.document
        kept = tuple(each for each in document.statements if each.effect == "Deny" or not _lets_in_anybody(each))
        if kept == document.statements:
            return self.policy
        return NamedPolicy("the key policy", replace(document, statements=kept))

    @property
    def document(self) -> Document:
        """Its key policy, statement by statement."""
        return self.policy.document

    def _ask(self, operation: str, **params: Any) -> dict[str, Any]:
        return self._reader.ask("kms", operation, self.arn, KeyId=self.id, **params)


def is_for_everybody(statement: Statement) -> bool:
    """Tell whether a statement's Principal is everybody: "*", or everybody but some."""
    named = statement.principals
    if named is None:
        return False
    return named.negated or any(value == "*" and kind in ("*", "AWS") for kind, value in named.entries)


_WHO = ("aws:principalarn", "aws:principaltag/", "aws:userid", "aws:username")


def _lets_in_anybody(statement: Statement) -> bool:
    """Whether nothing in it says who is meant: a condition on aws:PrincipalArn does."""
    return is_for_everybody(statement) and not any(
        each.key.lower().startswith(_WHO) and is_fixed(each) for each in statement.conditions
    )


def is_fixed(condition: Condition) -> bool:
    """Tell whether a condition grants to fixed values only, as Config's kms-key-policy-no-public-access asks."""
    if "Not" in condition.base or condition.base == "Null" or condition.if_exists:
        return False
    if condition.set_operator == "ForAllValues":  # holds where the key is absent
        return False
    open_network = condition.base == "IpAddress" and any(value.endswith("/0") for value in condition.values)
    return not open_network and not any("*" in value or "?" in value or "${" in value for value in condition.values)
