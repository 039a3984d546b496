"""Records of the sample logs, in CloudTrail's form (eventVersion 1.11) and with its order of members.

Absent is absent, save requestParameters and responseElements, which are null. Sources: CloudTrail User Guide,
"CloudTrail record contents"; KMS Developer Guide, "Logging AWS KMS API calls"; records that real accounts published.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .company import BROWSER, CONSOLE, GLOBAL, HOME, Bucket, Key, Role, identifier

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TELL_KEY_EXCHANGE = ("kms", "secretsmanager")  # since November 2025; EC2's records don't (published records, 2026)
FAS = "fas.s3.amazonaws.com"
DEFAULT_SESSION = timedelta(hours=1)  # STS API, AssumeRole: DurationSeconds is 3600 where nobody says it
SERVICE_SESSION = timedelta(hours=6)  # EC2's last about that long; how long others' do is not published


@dataclass(frozen=True, slots=True)
class Recorded:
    """A record, when it happened, and in which account's and Region's files it is delivered."""

    time: datetime
    account: str
    region: str
    record: dict[str, Any]


@dataclass(slots=True)
class Journal:
    """The records of a story; a chance of its own for each, so that one story does not move another's."""

    chance: random.Random
    records: list[Recorded] = field(default_factory=list)
    name: str = ""
    renewed: datetime | None = None  # when the backup agent got a new access key

    def note(
        self,
        time: datetime,
        identity: dict[str, Any],
        source: str,
        event: str,
        region: str,
        *,
        account: str = "",
        ip: str = CONSOLE,
        agent: str = CONSOLE,
        asked: Any = None,
        answer: Any = None,
        additional: Any = None,
        keys: Sequence[Key | Role | Bucket] = (),
        error: tuple[str, str] | None = None,
        writes: tuple[()] | str = (),
        shared: str = "",
        kind: str = "AwsApiCall",
        details: Any = None,
    ) -> dict[str, Any]:
        """Record a call. `account`: in whose trail, else the caller's. `writes`: "writes" for a call that changes."""
        trail = account or identity["accountId"]
        number = f"{self.name} {len(self.records)} {time:%Y%m%d%H%M%S} {event}"
        by_service = identity.get("invokedBy", "")
        host = (asked or {}).get("Host", f"{source}.{region}.amazonaws.com")  # S3's records repeat it
        tls = {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_256_GCM_SHA384", "clientProvidedHostHeader": host}
        if source in TELL_KEY_EXCHANGE:
            tls["keyExchange"] = "X25519MLKEM768"
        record = {
            "eventVersion": "1.11",
            "userIdentity": identity,
            "eventTime": iso(time),
            "eventSource": f"{source}.amazonaws.com",
            "eventName": event,
            "awsRegion": region,
            "sourceIPAddress": by_service or ip,
            "userAgent": by_service or agent,
            **({"errorCode": error[0], "errorMessage": error[1]} if error else {}),
            "requestParameters": asked,
            "responseElements": answer,
            **({"additionalEventData": additional} if additional else {}),
            **({"requestID": _guid(number, "request")} if kind == "AwsApiCall" else {}),
            "eventID": _guid(number, "event"),
            "readOnly": not writes,
            **({"resources": [key.resource for key in keys]} if keys else {}),
            "eventType": kind,
            "managementEvent": True,
            "recipientAccountId": trail,
            **({"sharedEventID": shared} if shared else {}),
            **({"serviceEventDetails": details} if details else {}),
            "eventCategory": "Management",
            **({} if by_service or ip == CONSOLE else {"tlsDetails": tls}),
            # CloudTrail User Guide, record contents: the text "true", or not there.
            **({"sessionCredentialFromConsole": "true"} if agent == BROWSER and kind == "AwsApiCall" else {}),
        }
        self.records.append(Recorded(time, trail, HOME if region == GLOBAL else region, record))
        return record

    def use(
        self, time: datetime, identity: dict[str, Any], event: str, key: Key, context: dict[str, str], **more: Any
    ) -> None:
        """Record a KMS call that uses a key."""
        asked: dict[str, Any] = {"encryptionContext": context} if context else {}
        if event == "Decrypt":
            asked = {**asked, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"}
        elif event == "GenerateDataKey":
            asked = {"keyId": key.arn, "encryptionContext": context, "keySpec": "AES_256"}
        elif event == "GenerateDataKeyWithoutPlaintext":
            asked = {"encryptionContext": context, "keyId": key.arn, "numberOfBytes": 64}
        material = {"keyMaterialId": identifier(f"material {key.arn}", 64)}
        self.call(time, identity, event, key, **{"asked": asked, "additional": material, **more})

    def call(self, time: datetime, identity: dict[str, Any], event: str, key: Key, **more: Any) -> None:
        """Record a KMS call that names a key; across accounts in both accounts' trails."""
        more = {"keys": [key], **more}
        caller = identity.get("accountId", key.account)
        if caller == key.account:
            self.note(time, identity, "kms", event, key.region, account=key.account, **more)
            return
        shared = _guid(f"{self.name} {len(self.records)}", "shared")
        self.note(time, identity, "kms", event, key.region, shared=shared, **more)
        abroad = {"type": "AWSAccount", "principalId": identity["principalId"], "accountId": caller}
        if "invokedBy" in identity:
            abroad["invokedBy"] = identity["invokedBy"]
        self.note(time, abroad, "kms", event, key.region, account=key.account, shared=shared, **more)

    def assume(
        self,
        time: datetime,
        identity: dict[str, Any],
        role: Role,
        session: dict[str, Any],
        *,
        lasts: timedelta = DEFAULT_SESSION,
        **more: Any,
    ) -> None:
        """AssumeRole, and what it answered. A session that is to last longer than by default is asked for."""
        credentials = {
            "accessKeyId": session["accessKeyId"],
            "sessionToken": "EXAMPLE",
            "expiration": java(time + lasts),
        }
        user = {"assumedRoleId": session["principalId"], "arn": session["arn"]}
        asked = {"roleArn": role.arn, "roleSessionName": session["arn"].rpartition("/")[2]}
        if lasts != DEFAULT_SESSION and identity["type"] != "AWSService":
            asked["durationSeconds"] = int(lasts.total_seconds())
        answer = {"credentials": credentials, "assumedRoleUser": user}
        self.note(
            time,
            identity,
            "sts",
            "AssumeRole",
            HOME,
            account=role.account,
            asked=asked,
            answer=answer,
            keys=[role],
            **more,
        )


def chance_of(story: str) -> random.Random:
    """Make the chance of a story: the same in every run."""
    return random.Random(f"bookshop {story}")  # noqa: S311  # a story, not a secret


def iso(time: datetime) -> str:
    """CloudTrail's form of a time."""
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def java(time: datetime) -> str:
    """Write the form of times inside requestParameters and responseElements."""
    half = "AM" if time.hour < 12 else "PM"
    return f"{_MONTHS[time.month - 1]} {time.day}, {time.year}, {(time.hour - 1) % 12 + 1}:{time:%M:%S} {half}"


def service(name: str) -> dict[str, Any]:
    """Write the identity of a service that acts for itself."""
    return {"type": "AWSService", "invokedBy": f"{name}.amazonaws.com"}


def through(identity: dict[str, Any], service: str) -> dict[str, Any]:
    """Write the identity as a service shows it that calls for somebody."""
    return identity | {"invokedBy": service}


def _guid(number: str, kind: str) -> str:
    digits = identifier(f"{kind} {number}")
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"
