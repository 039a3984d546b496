"""The site's tests: what labkit's fixtures are for. Run them with `pytest examples/flask_app`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from notes import create_app


@pytest.fixture
def key(kms_account: Any) -> str:
    return str(boto3.client("kms").create_key(Description="notes")["KeyMetadata"]["Arn"])


def allow(key: str, *actions: str) -> list[dict[str, Any]]:
    return [{"Effect": "Allow", "Action": list(actions), "Resource": key}]


def test_a_note_comes_back(key: str, kms_role: Callable[..., Any]) -> None:
    site = kms_role("Site", policy=allow(key, "kms:Encrypt", "kms:Decrypt"))
    web = create_app(key, site.client("kms")).test_client()
    assert web.put("/notes/ana", data="buy milk").status_code == 204
    assert web.get("/notes/ana").data == b"buy milk"


def test_without_permission_to_decrypt_nothing_is_read(key: str, kms_role: Callable[..., Any]) -> None:
    site = kms_role("Site", policy=allow(key, "kms:Encrypt"))
    web = create_app(key, site.client("kms")).test_client()
    web.put("/notes/ana", data="buy milk")
    answer = web.get("/notes/ana")
    assert (answer.status_code, answer.data) == (403, b"AccessDeniedException")


def test_a_key_that_is_scheduled_for_deletion_takes_the_notes_with_it(key: str, kms_clock: Any) -> None:
    web = create_app(key).test_client()
    web.put("/notes/ana", data="buy milk")
    boto3.client("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert web.get("/notes/ana").data == b"KMSInvalidStateException"
    kms_clock.advance(days=8)
    assert web.get("/notes/ana").data == b"AccessDeniedException"  # KMS does not say that the key is gone


def test_what_the_site_asked_is_in_the_trail(key: str, trail: Callable[[], list[dict[str, Any]]]) -> None:
    web = create_app(key).test_client()
    web.put("/notes/ana", data="buy milk")
    last = trail()[-1]
    assert (last["eventName"], last["requestParameters"]["encryptionContext"]) == ("Encrypt", {"owner": "ana"})


def test_what_would_have_been_denied(key: str, kms_role: Callable[..., Any], kms_soft_mode: Any) -> None:
    web = create_app(key, kms_role("Site").client("kms")).test_client()
    web.put("/notes/ana", data="buy milk")
    assert web.get("/notes/ana").data == b"buy milk"
    assert [each.action for each in kms_soft_mode] == ["kms:Encrypt", "kms:Decrypt"]
