"""`lab.explain` in a real account: its own policies, read by plain calls, and decided by the kit's engine.

AWS does not say which statement decided. So what is told here is reckoned, from what could be read; where that and
AWS's answer differ, it says so, and what was not seen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ....cloud.core.call import Principal
from ....cloud.policy import Policies, Question, condition_keys, decide, explain
from ....cloud.policy.simulation import principal_of
from ....errors import LabError
from ..memory import Memory, Remembered
from ..words import in_words
from .policies import Clients, Owner, Reading, grants, key_policy, organization_policies, owner, session_policies

_REFUSED = re.compile(
    r"User: (?P<who>\S+) is not authorized to perform: (?P<action>[\w-]+:\w+)(?: on resource: (?P<on>\S+))?"
)
_DENIALS = frozenset({"AccessDenied", "AccessDeniedException", "KMSKeyNotAccessibleFault"})
Tags = tuple[tuple[str, str], ...]
_NOT_SEEN = (
    "Never read: conditions on the network (aws:SourceIp, a VPC endpoint's policy), MFA, and tags of the session that "
    "AWS alone knows. Changes of the last minutes may not count yet."
)


def explanation(request_id: str, memory: Memory, clients: Clients, default_arn: str) -> dict[str, Any]:
    """Tell why a call was allowed or refused, as "text", "html" and "data". LabError for a call that is not known."""
    call = memory.calls.get(request_id)
    if call is None:
        raise LabError(
            f"No call of this notebook has the request id {request_id!r}: it was made elsewhere (an `aws` command), "
            "or before the lab began. Make it with boto3 here, and ask again."
        )
    if call.error and call.error not in _DENIALS:
        text = f"{call.operation} was refused, and not for lack of permission: {call.error}: {call.message}"
        return {
            "text": text,
            "html": f"<pre>{escape(text)}</pre>",
            "data": {"operation": call.operation, "allowed": None},
        }
    told = _REFUSED.search(call.message)
    limits = memory.sessions.get(call.access_key)
    who = told["who"] if told else (limits.arn if limits else default_arn)
    action = told["action"] if told else f"{call.service}:{call.operation}"
    reading = Reading(clients, call.region)
    key = _key(call, told["on"] or "" if told else "", clients)
    if not action.startswith("kms:") or not key:
        return _beyond(call, action)
    person, holder = _caller(reading, who, limits.tags if limits else ())
    policies = Policies(
        identity=holder.identity if holder else (),
        boundary=holder.boundary if holder else None,
        session=session_policies(reading, limits) if person.session else (),
        resource=key_policy(reading, key) if key.startswith("arn:") else None,
        grants=grants(reading, key) if ":key/" in key else (),
    )
    organization_policies(reading, person.account, _account(key))
    context = _context(call, key, clients, holder, limits.tags if limits else (), person.account)
    question = Question(person, action, key, _account(key), context)
    decided = explain(decide(question, policies), lambda name: not _is_read(name, action))
    return _told(call, decided, reading.unread)


def _told(call: Remembered, decided: Any, unread: Sequence[str]) -> dict[str, Any]:
    """The explanation, with what was not seen, and with AWS's own answer where that was another one."""
    differs = ""
    notes = ["Reckoned from the account's policies as they can be read now."]
    if unread:
        notes.append("Could not be read: " + "; ".join(dict.fromkeys(unread)) + ".")
    notes.append(_NOT_SEEN)
    refused = bool(call.error)
    if refused == decided.allowed:
        answer = f"AWS refused it: {call.message}" if refused else "AWS allowed it."
        differs = (
            f"{answer} The policies that can be read now say otherwise: what can't be read, or was changed, decided."
        )
    text = "\n".join(filter(None, [differs, decided.text, *notes]))
    html = "".join([f"<p>{escape(differs)}</p>" * bool(differs), decided.html, *(f"<p>{escape(n)}</p>" for n in notes)])
    return {
        "text": text,
        "html": html,
        "data": decided.data | {"notes": notes, "differs": differs, "unread": list(unread)},
    }


def _beyond(call: Remembered, action: str) -> dict[str, Any]:
    answer = f"AWS refused it: {call.message}" if call.error else "AWS allowed it."
    text = (
        f"{answer}\nIn a real account, calls on one KMS key are explained; {action} is none. Where you may, "
        "iam:SimulatePrincipalPolicy answers for identity-based policies."
    )
    return {"text": text, "html": f"<pre>{escape(text)}</pre>", "data": {"operation": call.operation, "allowed": None}}


def _caller(reading: Reading, arn: str, tags: Tags) -> tuple[Principal, Owner | None]:
    """The caller as the engine takes it, and the role or user whose policies count."""
    person = principal_of(arn)
    if person.session is not None:
        holder = owner(reading, "role", person.session.issuer_name)
        issuer = holder.arn if holder else person.session.issuer_arn
        return replace(person, session=replace(person.session, issuer_arn=issuer, tags=tags)), holder
    return person, owner(reading, "user", person.name) if person.kind == "IAMUser" else None


def _key(call: Remembered, on: str, clients: Clients) -> str:
    """The ARN of what was asked about: a key's, or an alias's where it was refused by that name."""
    if ":key/" in on or ":alias/" in on:
        return on
    named = str(call.key or call.params.get("KeyId") or call.params.get("DestinationKeyId") or "")
    if not named or ":key/" in named:
        return named
    try:
        return str(clients("kms", call.region).describe_key(KeyId=named)["KeyMetadata"]["Arn"])
    except (BotoCoreError, ClientError) as wrong:
        raise LabError(in_words(wrong)) from None


def _context(
    call: Remembered, key: str, clients: Clients, holder: Owner | None, tags_of_session: Tags, caller_account: str
) -> dict[str, str | Sequence[str]]:
    """The condition keys that follow from the request and from the key, as far as they can be read."""
    now = datetime.now(UTC)
    context: dict[str, str | Sequence[str]] = {
        "aws:CurrentTime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:RequestedRegion": call.region,
        "aws:SecureTransport": "true",
        "kms:CallerAccount": caller_account,
        "aws:ResourceAccount": _account(key),
    }
    pairs = call.params.get("EncryptionContext") or {}
    context |= {f"kms:EncryptionContext:{name}": str(value) for name, value in pairs.items()}
    if pairs:
        context["kms:EncryptionContextKeys"] = list(pairs)
    asked = str(call.params.get("KeyId", "")).rpartition(":")[2]
    if asked.startswith("alias/"):
        context["kms:RequestAlias"] = asked
    for name in ("EncryptionAlgorithm", "SigningAlgorithm", "MacAlgorithm", "MessageType", "GranteePrincipal"):
        if name in call.params:
            context[f"kms:{name}"] = str(call.params[name])
    if "PendingWindowInDays" in call.params:
        context["kms:ScheduleKeyDeletionPendingWindowInDays"] = str(call.params["PendingWindowInDays"])
    tags = dict(holder.tags if holder else ()) | dict(tags_of_session)
    context |= {f"aws:PrincipalTag/{name}": value for name, value in tags.items()}
    return context | _of_key(key, clients)


# What of a request's condition keys is known here: what follows from the caller and the KMS key, and the parameters
# that `_context` reads. Calls of the notebook come from no service: what would tell of one is known to be absent.
_READ = frozenset({
    "aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:currenttime", "aws:epochtime",
    "aws:principalaccount", "aws:principalarn", "aws:principalisawsservice", "aws:principalservicename",
    "aws:principalservicenameslist", "aws:principaltype", "aws:requestedregion", "aws:resourceaccount",
    "aws:securetransport", "aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths",
    "aws:username", "aws:viaawsservice", "kms:calleraccount", "kms:encryptionalgorithm", "kms:encryptioncontextkeys",
    "kms:granteeprincipal", "kms:keyorigin", "kms:keyspec", "kms:keyusage", "kms:macalgorithm", "kms:messagetype",
    "kms:multiregion", "kms:requestalias", "kms:resourcealiases", "kms:schedulekeydeletionpendingwindowindays",
    "kms:signingalgorithm", "kms:viaservice",
})  # fmt: skip
_READ_BEGINNINGS = ("aws:principaltag/", "aws:resourcetag/", "kms:encryptioncontext:")


def _is_read(name: str, action: str) -> bool:
    """Tell whether it is known if a request for `action` had this condition key."""
    if condition_keys.lookup(name) is not None and not condition_keys.supported(name, action):
        return True  # it never has
    if action.startswith("kms:ReEncrypt") and name.startswith("kms:encryptioncontext"):
        return False
    return name in _READ or name.startswith(_READ_BEGINNINGS)


def _of_key(key: str, clients: Clients) -> dict[str, str | Sequence[str]]:
    """What policies may ask of the key itself: its tags, aliases and kind. Left out where it can't be read."""
    if ":key/" not in key:
        return {}
    kms = clients("kms", key.split(":")[3])
    found: dict[str, str | Sequence[str]] = {}
    try:
        about = kms.describe_key(KeyId=key)["KeyMetadata"]
        found |= {"kms:KeySpec": about["KeySpec"], "kms:KeyUsage": about["KeyUsage"], "kms:KeyOrigin": about["Origin"]}
        found["kms:MultiRegion"] = str(about.get("MultiRegion", False)).lower()
        tags = kms.list_resource_tags(KeyId=key)["Tags"]
        found |= {f"aws:ResourceTag/{tag['TagKey']}": tag["TagValue"] for tag in tags}
        aliases = [each["AliasName"] for each in kms.list_aliases(KeyId=key)["Aliases"]]
        if aliases:
            found["kms:ResourceAliases"] = aliases
    except (BotoCoreError, ClientError):
        return found
    return found


def _account(arn: str) -> str:
    return arn.split(":")[4]
