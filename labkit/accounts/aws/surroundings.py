"""What an account looks like: whether others depend on it. Reads a few lists, after consent, before anything is made.

What can't be read counts against the account, with what could not be found out: a doubt is settled by its owner.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .caller import Caller
from .settings import Settings
from .words import lacks_permission

HANDFUL = 5
RUN_TAG = "labkit:run"
_NO_ORGANIZATION = "AWSOrganizationsNotInUseException"
_OF_AWS = ("/aws-service-role/", "/aws-reserved/", "/service-role/")


@dataclass(frozen=True, slots=True)
class Listing:
    """One kind of thing: how to list it in one page, and its members' names in the answer."""

    service: str
    operation: str
    path: tuple[str, ...]
    name: str
    what: str


# A page each is enough: more than a handful is more than a handful.
LISTINGS = (
    Listing("s3", "list_buckets", ("Buckets",), "Name", "bucket"),
    Listing("iam", "list_roles", ("Roles",), "RoleName", "role"),
    Listing("iam", "list_users", ("Users",), "UserName", "user"),
    Listing("ec2", "describe_instances", ("Reservations", "Instances"), "InstanceId", "instance"),
    Listing("lambda", "list_functions", ("Functions",), "FunctionName", "function"),
    Listing("dynamodb", "list_tables", ("TableNames",), "", "table"),
    Listing("secretsmanager", "list_secrets", ("SecretList",), "Name", "secret"),
)


def doubts(settings: Settings, who: Caller, runs: Collection[str] = ()) -> list[str]:
    """Say why this account may be one that others depend on, a sentence each; none if nothing speaks for it.

    runs: ids of earlier runs of the kit, whose leftovers (by name or tag) are nobody else's.
    """
    found = [*_organization(settings, who), *_names(settings)]
    if who.is_root:
        found.append("You are the account's root user. Use a role or a user instead.")
    return [*found, *_foreign(settings, runs)]


def _organization(settings: Settings, who: Caller) -> Iterator[str]:
    """Whether it is an organization's management account."""
    try:
        organization = settings.client("organizations").describe_organization()["Organization"]
    except (BotoCoreError, ClientError) as wrong:
        if isinstance(wrong, ClientError) and wrong.response["Error"]["Code"] == _NO_ORGANIZATION:
            return
        yield _not_known(
            "whether it is an organization's management account", "organizations:DescribeOrganization", wrong
        )
        return
    if organization.get("MasterAccountId") == who.account_id:
        yield "It is the management account of an organization: no service control policy limits what happens there."


def _names(settings: Settings) -> Iterator[str]:
    """Whether its alias or name says that it is for production."""
    named: list[tuple[str, str]] = []
    try:
        named += [("alias", each) for each in settings.client("iam").list_account_aliases()["AccountAliases"]]
    except (BotoCoreError, ClientError) as wrong:
        yield _not_known("its alias", "iam:ListAccountAliases", wrong)
    with suppress(BotoCoreError, ClientError):  # a newer call, which many may not make: its alias was asked for
        named.append(("name", settings.client("account").get_account_information().get("AccountName", "")))
    yield from (f"Its {kind} is {name!r}." for kind, name in named if "prod" in name.lower())


def _foreign(settings: Settings, runs: Collection[str]) -> Iterator[str]:
    """Whether more than a handful of things are in it that no run of the kit has made."""
    found: list[str] = []
    for listing in LISTINGS:
        try:
            names = [name for name in _listed(settings, listing) if not any(run in name for run in runs)]
            found += [f"{listing.what} {name}" for name in names]
        except (BotoCoreError, ClientError) as wrong:
            call = f"{listing.service}:{''.join(part.title() for part in listing.operation.split('_'))}"
            yield _not_known(f"which {listing.what}s are in it", call, wrong)
    try:
        found += [f"key {key}" for key in _keys(settings)]
    except (BotoCoreError, ClientError) as wrong:
        yield _not_known("which KMS keys are in it", "kms:ListKeys, kms:DescribeKey or kms:ListResourceTags", wrong)
    if len(found) > HANDFUL:
        shown = ", ".join(found[:HANDFUL])
        yield f"There is more in it already than a handful of things: {shown} and {len(found) - HANDFUL} more."


def _listed(settings: Settings, listing: Listing) -> Iterator[str]:
    answer = getattr(settings.client(listing.service), listing.operation)()
    items: list[Any] = answer.get(listing.path[0], [])
    for inner in listing.path[1:]:
        items = [each for item in items for each in item.get(inner, [])]
    for item in items:
        if isinstance(item, str):
            yield item
        elif not str(item.get("Path", "/")).startswith(_OF_AWS) and not _of_the_kit(item.get("Tags")):
            yield str(item[listing.name])


def _keys(settings: Settings) -> Iterator[str]:
    """Customer managed keys that are not on their way out, up to one more than a handful."""
    kms = settings.client("kms")
    left = HANDFUL + 1
    for each in kms.list_keys()["Keys"]:
        key = kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"]
        if key["KeyManager"] != "CUSTOMER" or key["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
            continue
        tags = kms.list_resource_tags(KeyId=each["KeyId"])["Tags"]
        if not _of_the_kit([{"Key": tag["TagKey"]} for tag in tags]):
            yield str(each["KeyId"])
            left -= 1
        if not left:
            return


def _of_the_kit(tags: Any) -> bool:
    return any(tag.get("Key") == RUN_TAG for tag in tags or ())


def _not_known(what: str, permission: str, wrong: Exception) -> str:
    if lacks_permission(wrong):
        return f"It can't be found out {what}: you lack {permission}."
    code = wrong.response["Error"]["Code"] if isinstance(wrong, ClientError) else type(wrong).__name__
    return f"It can't be found out {what}: {permission} answered {code}."
