"""Each notebook's calls against the trail: as many events as calls, each with the right caller, and no others.

While a learner runs the notebook's Python cells, a hook in botocore notes every request that leaves this process and
what came back; CloudTrail's records are then matched with these notes, request by request. What is left over must be
something that a service did, and say so.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import boto3
import botocore.handlers

import labkit
from labkit.trail.pictures.sequence import steps

PLAIN = "02-create-keys"  # where nobody but the learner calls

# What AWS answers to a caller whom it does not know: such calls are in no account's trail.
NOBODYS = ("ExpiredTokenException", "InvalidSignatureException")
SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")
ADMINISTRATOR = re.compile(r"arn:aws:iam::\d{12}:user/lab-administrator")


@dataclass(eq=False)
class Made:
    """A request that left this process, and its answer."""

    service: str  # as its signature names it
    operation: str
    access_key: str
    region: str
    request_id: str = ""
    error: str = ""


@dataclass
class Notes:
    """What the hook saw."""

    calls: list[Made] = field(default_factory=list)
    callers: dict[str, str] = field(default_factory=dict)  # ARN by access key, as IAM and STS answered it
    newest: threading.local = field(default_factory=threading.local)  # each thread's call that is not answered yet

    def sent(self, request: Any, event_name: str, **_: Any) -> None:
        """A request goes out; those of the kit's own checks leave no trace on purpose."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        if "x-labkit-observer" in headers:
            return
        signed = headers.get("authorization", b"")
        found = SCOPE.search(signed.decode() if isinstance(signed, bytes) else signed)
        key, region, service = found.groups() if found else ("", "", "")
        self.newest.call = Made(service, event_name.rpartition(".")[2], key, region)
        self.calls.append(self.newest.call)

    def received(self, parsed_response: Any, **_: Any) -> None:
        """Its answer: a thread makes one call at a time, so it belongs to the thread's newest request."""
        call = self.newest.call
        if parsed_response is None and not call.request_id:
            self.calls.remove(call)  # nobody answered: lab 08 calls a Region that is silent
        if call.request_id or parsed_response is None:
            return
        call.request_id = parsed_response["ResponseMetadata"].get("RequestId", "")
        call.error = parsed_response.get("Error", {}).get("Code", "")
        credentials = parsed_response.get("Credentials") or {}
        user = parsed_response.get("AssumedRoleUser") or parsed_response.get("FederatedUser") or {}
        if "AccessKeyId" in credentials:
            self.callers[credentials["AccessKeyId"]] = user.get("Arn") or self.callers[call.access_key]
        made = parsed_response.get("AccessKey") or {}
        if "AccessKeyId" in made:
            account = self.caller(call).split(":")[4]
            self.callers[made["AccessKeyId"]] = f"arn:aws:iam::{account}:user/{made['UserName']}"

    def caller(self, call: Made) -> str:
        """Who made a call; empty for an access key that nobody was seen to make: an account's administrator has one."""
        return self.callers.get(call.access_key, "")


@contextmanager
def noted() -> Iterator[Notes]:
    """The hook, in every client that is made until the end."""
    seen = Notes()
    hooks = [("before-send", seen.sent), ("response-received", seen.received)]
    botocore.handlers.BUILTIN_HANDLERS[:0] = hooks
    boto3.DEFAULT_SESSION = None
    try:
        yield seen
    finally:
        for hook in hooks:
            botocore.handlers.BUILTIN_HANDLERS.remove(hook)
        boto3.DEFAULT_SESSION = None


def records(lab: labkit.Lab, notes: Notes) -> list[dict[str, Any]]:
    """CloudTrail's records of every account that the learner was in."""
    accounts = {caller.split(":")[4] for caller in notes.callers.values()} | {lab.account_id}
    return [event for account in sorted(accounts) for event in lab._remote.get("events", account=account)]


def told(call: Made) -> dict[str, str]:
    """What the record of a call must say of it."""
    # The answer to a HEAD has no body, so its caller has the status alone.
    error = "AccessDenied" if call.error in ("AccessDeniedException", "403") else call.error
    return {
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": {"ListObjectsV2": "ListObjects"}.get(call.operation, call.operation),
        "awsRegion": call.region,
        "errorCode": f"Client.{error}" if error and call.service == "ec2" else error,
    }


def says(event: dict[str, Any]) -> dict[str, str]:
    """The same of a record; Lambda writes a version behind its operations' names."""
    name = str(event["eventName"])
    return {
        "eventSource": event["eventSource"],
        "eventName": re.sub(r"2015\d{4}(v2)?$", "", name),
        "awsRegion": event["awsRegion"],
        "errorCode": event.get("errorCode", ""),
    }


def is_right_caller(call: Made, event: dict[str, Any], notes: Notes) -> bool:
    """The identity that STS or IAM gave with the access key that the request was signed with."""
    identity = event["userIdentity"]
    if identity.get("accessKeyId", "") != call.access_key or "invokedBy" in identity:
        return False
    expected = notes.caller(call)
    return identity["arn"] == expected if expected else bool(ADMINISTRATOR.fullmatch(identity["arn"]))


def is_copy(event: dict[str, Any], calls: dict[str, Made]) -> bool:
    """The record in the account whose key was used: the same request, the caller without a name."""
    shared = "sharedEventID" in event and event["userIdentity"]["type"] == "AWSAccount"
    return shared and event["requestID"] in calls and event["userIdentity"]["accountId"] != event["recipientAccountId"]


def is_elsewhere(event: dict[str, Any], calls: dict[str, Made]) -> bool:
    """The second record that some multi-Region operations write, in the other Region (KMS Developer Guide)."""
    call = calls.get(event.get("requestID", ""))
    twice = call is not None and call.operation in ("ReplicateKey", "UpdatePrimaryRegion")
    return twice and call is not None and event["awsRegion"] != call.region


def by_whom(event: dict[str, Any], of_functions: set[str]) -> str:
    """What a record that no request of the learner's explains says of its origin; empty if it says nothing."""
    identity = event["userIdentity"]
    if str(event.get("userAgent", "")).strip("[]").casefold().startswith("python-urllib"):
        return "somebody with a presigned link"
    if event["eventType"] == "AwsServiceEvent" or identity == {
        "accountId": event["recipientAccountId"],
        "invokedBy": "AWS Internal",
    }:
        return "a service, of its own accord" if event["sourceIPAddress"] == "AWS Internal" else ""
    if "invokedBy" in identity:
        same = {identity["invokedBy"], event["sourceIPAddress"], event["userAgent"]}
        return "a service" if len(same) == 1 and "tlsDetails" not in event else ""
    if identity.get("accessKeyId") in of_functions:
        return "a function"
    if "sharedEventID" in event and identity.get("type") == "AWSAccount":
        same = {event["sourceIPAddress"], event["userAgent"]}
        return "a service, for another account" if len(same) == 1 and "tlsDetails" not in event else ""
    role = identity.get("type") == "AssumedRole" and event["sourceIPAddress"] == event["userAgent"] == "AWS Internal"
    return "a service, as a role that it holds" if role else ""


def looked_up(lab: labkit.Lab) -> set[str]:
    """The ids of all that the event history answers, save the question's own records."""
    client, now = boto3.client("cloudtrail", region_name=lab.region), lab.clock.now()
    pages = client.get_paginator("lookup_events").paginate(EndTime=now)
    return {each["EventId"] for page in pages for each in page["Events"]}


def compared(notebook: str, lab: labkit.Lab, notes: Notes) -> dict[str, object]:
    """What is not as it must be, after the last cell: one record a call, of its operation, Region, error and caller;
    what is left over, services did."""
    # What a VPC endpoint's policy alone refused is in no record but the network activity of its owner.
    stopped = {each["requestID"] for each in lab.network_activity() if each.get("errorCode") == "VpceAccessDenied"}
    known = [call for call in notes.calls if call.error not in NOBODYS and call.request_id not in stopped]
    calls = {call.request_id: call for call in known}
    found = records(lab, notes)
    own = [each for each in found if each.get("requestID") in calls]
    own = [each for each in own if not is_copy(each, calls) and not is_elsewhere(each, calls)]
    pairs = [(told(calls[each["requestID"]]), says(each)) for each in own]
    of_functions = {
        event["responseElements"]["credentials"]["accessKeyId"]
        for event in found
        if event["eventName"] == "AssumeRole" and event["userIdentity"].get("invokedBy") == "lambda.amazonaws.com"
    }
    rest = [event for event in found if event.get("requestID") not in calls]
    # in a lab, a call and its own are at once
    inferred = [(step, each) for step in steps(lab.events()) for each in step.inner]
    since = lab.clock.now() - timedelta(days=90)  # LookupEvents' reach
    near = [each for each in found if each["recipientAccountId"] == lab.account_id and each["awsRegion"] == lab.region]
    recent = {each["eventID"] for each in near if datetime.fromisoformat(each["eventTime"]) > since
              and each["managementEvent"]}  # fmt: skip
    requests = sorted(event["requestID"] for event in own)
    wrong = {
        "no calls": not calls,
        "requests with one id": len(known) - len(calls),
        "records without a request, or requests without one": requests != sorted(calls) and (requests, sorted(calls)),
        "records that say something else": [pair for pair in pairs if pair[0] != pair[1]],
        "records of another caller": [
            each for each in own if not is_right_caller(calls[each["requestID"]], each, notes)
        ],
        "records of nobody": [event for event in rest if not by_whom(event, of_functions)],
        "records besides the learner's": notebook == PLAIN and rest,
        "inner calls at another time": [pair for pair in inferred if pair[0].time != pair[1].time],
        "events with one id": len(found) - len({event["eventID"] for event in found}),
        "looked up or not": looked_up(lab) ^ recent,
    }
    return {what: found for what, found in wrong.items() if found}
