"""What an account says of an error: reads only; in a lab, by its observer, without a trace."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import LabError
from .reading import Symptom

DEFAULT_REGION = "us-east-1"


class Account(Protocol):
    """What makes clients: a boto3 session, or a lab's observer."""

    @property
    def client(self) -> Any:
        """Make a client, of a service's name and a Region."""


class OpenLab:
    """The account of the lab that this process is in; it also knows why it decided as it did."""

    def __init__(self, remote: Any, region: str) -> None:
        self._remote = remote
        from ..observer import Observer

        self.client = Observer(remote, region).client

    def changes(self, request_id: str) -> list[str]:
        """Tell the smallest changes that would allow a refused call; each was tried on the account's policies."""
        data = self._remote.get("explanation", request_id=request_id)["data"]
        return ["; and ".join(step["say"] for step in change) for change in data.get("changes", ())]


def open_lab() -> OpenLab | None:
    """Find the lab that is open in this process; None if there is none."""
    accounts = sys.modules.get("labkit.accounts.local")  # loaded by the first lab: before, there can be none
    remote = accounts.LocalCloud.joined() if accounts else None
    return None if remote is None else OpenLab(remote, os.environ.get("AWS_REGION", DEFAULT_REGION))


def seen_in(account: Account | OpenLab | None, symptom: Symptom) -> tuple[str, ...]:
    """Ask the account about what the error names; what it does not tell is left out."""
    if account is None:
        return ()
    found: list[str] = []
    for ask in (_changes, _key, _grants, _aliases):
        try:
            found += ask(account, symptom)
        except (ClientError, BotoCoreError, LabError) as refused:
            if isinstance(refused, ClientError) and ask is _key:
                found.append(f"DescribeKey of it: {refused.response['Error'].get('Code', 'refused')}.")
    return tuple(found)


def _changes(account: Any, symptom: Symptom) -> Iterator[str]:
    if symptom.request_id and isinstance(account, OpenLab):
        for change in account.changes(symptom.request_id)[:2]:
            yield f"It would be allowed with this change: {change}"


def _key(account: Any, symptom: Symptom) -> Iterator[str]:
    if arn := symptom.facts.get("key"):
        about = _kms(account, arn).describe_key(KeyId=arn)["KeyMetadata"]
        until = f", until {about['DeletionDate']:%Y-%m-%d}" if about.get("DeletionDate") else ""
        yield f"The key is {about['KeyState']}{until}; {about['KeySpec']}, {about['KeyUsage']}, {about['Origin']}."


def _grants(account: Any, symptom: Symptom) -> Iterator[str]:
    """Grants that would allow it, and perhaps don't yet."""
    arn, who = symptom.facts.get("key"), symptom.facts.get("who", "")
    operation = symptom.facts.get("action", "").partition(":")[2]
    if not arn or ":assumed-role/" not in who or "no " not in symptom.text:
        return
    role = who.replace(":sts:", ":iam:").replace(":assumed-role/", ":role/").rpartition("/")[0]
    for grant in _kms(account, arn).list_grants(KeyId=arn)["Grants"]:
        if grant.get("GranteePrincipal") == role and operation in grant["Operations"]:
            made = f"{grant['CreationDate']:%Y-%m-%d %H:%M:%S}"
            yield (
                f"There is a grant for it, made at {made}: a new grant may need five minutes, or its grant token "
                "(eventual consistency); or its constraints ask for another encryption context."
            )
            return


def _aliases(account: Any, symptom: Symptom) -> Iterator[str]:
    if (arn := symptom.facts.get("alias")) and "not found" in symptom.text:
        name = arn.rpartition(":")[2]
        pages = _kms(account, arn).get_paginator("list_aliases").paginate()
        names = [alias["AliasName"] for page in pages for alias in page["Aliases"]]
        if name in names:
            yield f"By now {name} is there."
        elif alike := get_close_matches(name, names, n=3, cutoff=0.7):
            yield f"There is no {name}, but {', '.join(alike)}."


def _kms(account: Any, arn: str) -> Any:
    return account.client("kms", arn.split(":")[3])
