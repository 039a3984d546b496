"""Signatures, the two credentials, the proxy's own policy, its log, and the switches of a lesson."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from labkit.xks import Credential
from labkit.xks.refusals import Refusal
from labkit.xks.signatures import signer

from .conftest import METADATA, Caller, encrypting, now

HEALTH = {"requestMetadata": {"kmsRequestId": "r-1", "kmsOperation": "ConnectCustomKeyStore"}}
FAILED = (401, "AuthenticationFailedException")


def test_signed_headers_are_taken_as_sent(caller: Caller) -> None:
    """curl signs the content type too; KMS signs Host and X-Amz-Date."""
    assert caller.error("health", HEALTH, headers={"Content-Type": "application/json"}) == (200, "")
    assert caller.error("health", HEALTH) == (200, "")


def test_another_service_or_secret_is_refused(caller: Caller) -> None:
    """The scope names kms-xks-proxy; the secret is the proxy's."""
    assert caller.error("health", HEALTH, service="kms") == FAILED
    wrong = Credential(caller.proxy.credential.access_key_id, "x" * 43)
    assert caller.error("health", HEALTH, credential=wrong) == FAILED
    assert caller.error("health", HEALTH, credential=Credential("A" * 20, "x" * 43)) == FAILED


@pytest.mark.parametrize(
    "change",
    [
        lambda request: replace(request, body=request.body + b" "),
        lambda request: request.headers.pop("authorization") and None,
        lambda request: request.headers.pop("x-amz-date") and None,
        lambda request: request.headers.update({"host": "other.example.com"}),
        lambda request: request.headers.update({"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}),
        lambda request: request.headers.update({"x-amz-date": "20200101T000000Z"}),
        lambda request: replace(request, path=request.path.replace("health", "keys/key/encrypt")),
        lambda request: request.headers.update(
            {"authorization": request.headers["authorization"].replace("host;x-amz-date", "x-amz-date")}
        ),
        lambda request: request.headers.update(
            {"authorization": request.headers["authorization"].replace("host;", "absent;host;")}
        ),
    ],
)
def test_a_changed_request_is_refused(caller: Caller, change: Any) -> None:
    """Method, path, body, host and time are signed."""
    request = caller.request("health", json.dumps(HEALTH).encode())
    status, answer = caller.send(change(request) or request)
    assert (status, answer["errorName"]) == FAILED


@pytest.mark.parametrize(("minutes", "taken"), [(0, True), (4.9, True), (-4.9, True), (5.1, False), (-5.1, False)])
def test_five_minutes_of_skew(caller: Caller, minutes: float, taken: bool) -> None:
    """Either way."""
    request = caller.request("health", b"{}")
    at = now() + timedelta(minutes=minutes)
    if taken:
        assert signer(request, caller.proxy.credentials, at) == caller.proxy.credential.access_key_id
    else:
        with pytest.raises(Refusal, match="5 minutes"):
            signer(request, caller.proxy.credentials, at)


def test_two_credentials_at_a_time(fresh: Caller) -> None:
    """Add the new one, tell KMS, remove the old one."""
    old = fresh.proxy.credential
    new = fresh.proxy.new_credential()
    assert fresh.proxy.credential == new
    for each in (old, new):
        assert fresh.error("health", HEALTH, credential=each) == (200, "")
    with pytest.raises(ValueError, match="two credentials"):
        fresh.proxy.new_credential()
    fresh.proxy.remove_credential(old.access_key_id)
    assert fresh.error("health", HEALTH, credential=old) == FAILED
    assert fresh.error("health", HEALTH, credential=new) == (200, "")
    with pytest.raises(ValueError, match="needs a credential"):
        fresh.proxy.remove_credential(new.access_key_id)


@pytest.mark.parametrize(
    ("denial", "changes", "denied"),
    [
        ({"principal": "*user/Alice"}, {}, True),
        ({"principal": "*user/Bob"}, {}, False),
        ({"operation": "Decrypt"}, {}, False),
        ({"operation": "Encrypt", "principal": "*Alice"}, {}, True),
        ({"operation": "Encrypt", "principal": "*Bob"}, {}, False),
        ({"kms_key": "arn:aws:kms:us-east-2:*"}, {}, True),
        ({"via_service": "s3"}, {}, False),
        ({"via_service": ""}, {"kmsViaService": None}, True),
        ({"external_key": "key"}, {}, True),
        ({}, {}, True),
    ],
)
def test_the_proxys_own_policy(fresh: Caller, denial: dict[str, str], changes: dict[str, Any], denied: bool) -> None:
    """403, and the log says by which denial; GetHealthStatus is never asked."""
    made = fresh.proxy.deny(**denial)
    metadata = {name: value for name, value in (METADATA | changes).items() if value is not None}
    asked = encrypting() | {"requestMetadata": metadata}
    expected = (403, "AccessDeniedException") if denied else (200, "")
    assert fresh.error("keys/key/encrypt", asked) == expected
    assert fresh.proxy.log()[-1].denied_by == (str(made) if denied else "")
    assert fresh.error("health", HEALTH) == (200, "")
    fresh.proxy.allow_all()
    assert fresh.error("keys/key/encrypt", asked) == (200, "")


def test_the_log_joins_cloudtrail_and_holds_no_secret(fresh: Caller) -> None:
    """A line for each request; kmsRequestId is in it; neither plaintext nor key nor secret is."""
    sealed = fresh.encrypt(b"a secret text")
    fresh.error("health", HEALTH, service="kms")
    first, second = fresh.proxy.log()
    assert (first.api, first.status, first.kms_request_id) == ("Encrypt", 200, METADATA["kmsRequestId"])
    assert (first.principal, first.via_service) == (METADATA["awsPrincipalArn"], "ebs")
    assert (second.api, second.status, second.kms_request_id, second.access_key_id) == ("GetHealthStatus", 401, "", "")
    told = "\n".join(fresh.lines)
    assert len(fresh.lines) == 2
    hidden = (encrypting(b"a secret text")["plaintext"], sealed["ciphertext"], fresh.proxy.credential.secret_access_key)
    assert not [each for each in (*hidden, "a secret text") if each in told]
    assert fresh.proxy.credential.secret_access_key not in repr(fresh.proxy.credential)


def test_a_slow_proxy_notes_at_once(fresh: Caller) -> None:
    """The log keeps the order in which KMS asked, although KMS does not wait for the answer."""
    fresh.proxy.slow(0.3)
    began = time.monotonic()
    assert fresh.error("health", HEALTH) == (200, "")
    assert time.monotonic() - began >= 0.3
    assert fresh.proxy.log()[-1].milliseconds >= 300


def test_fleets(fresh: Caller) -> None:
    """Up to ten key managers, each with its health."""
    fresh.proxy.report("ACTIVE", "DEGRADED", "UNAVAILABLE")
    told = fresh.ask("health", HEALTH)[1]["ekmFleetDetails"]
    assert [each["healthStatus"] for each in told] == ["ACTIVE", "DEGRADED", "UNAVAILABLE"]
    for wrong in (["WELL"], ["ACTIVE"] * 11):
        with pytest.raises(ValueError, match="up to 10"):
            fresh.proxy.report(*wrong)
