"""The four operations, by the specification of the proxy API (aws/aws-kms-xksproxy-api-spec, 1.0.3)."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.xks import framing
from labkit.xks.refusals import STATUS

from .conftest import METADATA, Caller, b64, decrypting, encrypting

CDIV = {"ciphertextDataIntegrityValueAlgorithm": "SHA_256"}
NEVER = ["", 7, None, ["x"], {"a": 1}]


def _without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != name}


def _metadata(*without: str, **members: Any) -> dict[str, Any]:
    told = {name: value for name, value in METADATA.items() if name not in without} | members
    return {"requestMetadata": told}


def test_the_integrity_value_of_the_spec() -> None:
    """Appendix C: the worked example."""
    parts = (
        base64.b64decode("cHJvamVjdD1uaWxlLGRlcGFydG1lbnQ9bWFya2V0aW5n"),
        base64.b64decode("a2V5X3ZlcnNpb249MQ=="),
        base64.b64decode("HMrlRw85cAJUd5Ax"),
        base64.b64decode("ghxkK1txeDNn3q8Y"),
        base64.b64decode("vBxN2ncH1oEkR8WVXpmyYQ=="),
    )
    assert framing.integrity_value(*parts) == "qHA/ImC9h5HsLRXqCyPmWgYx7tzyoTplzILbP0fPXsc="


def test_the_framing_keeps_the_parts_apart() -> None:
    """2 bytes of length, the AAD, 1 byte of length, the metadata."""
    assert framing.additional_data(b"ab", b"c") == b"\0\x02ab\x01c"
    assert framing.additional_data(b"", b"") == b"\0\0\0"


@pytest.mark.parametrize("members", [{}, CDIV, {"additionalAuthenticatedData": b64(b"aad")},
                                     {"additionalAuthenticatedData": b64(b"aad"), **CDIV}])  # fmt: skip
def test_what_was_encrypted_decrypts(caller: Caller, members: dict[str, str]) -> None:
    """With and without AAD and integrity value; the sizes are the spec's."""
    answer = caller.encrypt(**members)
    sealed = {name: base64.b64decode(value) for name, value in answer.items()}
    assert len(sealed["ciphertext"]) == len(b"Hello World!")
    assert len(sealed["initializationVector"]) in (12, 16)
    assert len(sealed["authenticationTag"]) == 16
    assert len(sealed.get("ciphertextMetadata", b"")) <= 20
    assert ("ciphertextDataIntegrityValue" in answer) == (members.keys() >= CDIV.keys())
    if members.keys() >= CDIV.keys():
        aad = base64.b64decode(members.get("additionalAuthenticatedData", ""))
        names = ("ciphertextMetadata", "initializationVector", "ciphertext", "authenticationTag")
        assert answer["ciphertextDataIntegrityValue"] == framing.integrity_value(aad, *(sealed[n] for n in names))
    aad_member = {"additionalAuthenticatedData": members.get("additionalAuthenticatedData")}
    assert caller.ask("keys/key/decrypt", decrypting(answer, **aad_member)) == (
        200,
        {"plaintext": b64(b"Hello World!")},
    )


@pytest.mark.parametrize("name", ["ciphertext", "initializationVector", "authenticationTag", "ciphertextMetadata"])
def test_a_changed_byte_does_not_open(caller: Caller, name: str) -> None:
    """Each part is authenticated."""
    answer = caller.encrypt()
    data = bytearray(base64.b64decode(answer[name]))
    data[-1] ^= 1
    asked = decrypting(answer | {name: b64(bytes(data))})
    assert caller.error("keys/key/decrypt", asked) == (400, "InvalidCiphertextException")


def test_another_aad_does_not_open(caller: Caller) -> None:
    """Nor does metadata that is passed off as AAD (the spec's note on lengths), or none where there was some."""
    answer = caller.encrypt()
    metadata = answer["ciphertextMetadata"]
    for members in ({"additionalAuthenticatedData": b64(b"x")},
                    {"additionalAuthenticatedData": metadata, "ciphertextMetadata": None}):  # fmt: skip
        asked = decrypting(answer, **members)
        assert caller.error("keys/key/decrypt", asked) == (400, "InvalidCiphertextException")


@pytest.mark.parametrize(
    ("plaintext", "aad", "expected"),
    [(4300, 0, 200), (4300, 8192, 200), (1, 8192, 200), (4301, 0, 501), (1, 8193, 501), (1, 70000, 501)],
)
def test_sizes(caller: Caller, plaintext: int, aad: int, expected: int) -> None:
    """What the spec demands is taken; beyond it UnsupportedOperationException."""
    members = {"additionalAuthenticatedData": b64(bytes(aad))} if aad else {}
    status, answer = caller.ask("keys/key/encrypt", encrypting(bytes(plaintext), **members))
    assert status == expected
    if status == 200:
        assert caller.ask("keys/key/decrypt", decrypting(answer, **members))[0] == 200
    else:
        assert answer["errorName"] == "UnsupportedOperationException"


def test_metadata_of_a_key(caller: Caller) -> None:
    """AES_256, its usage, its status."""
    asked = _metadata("kmsKeyArn", "kmsViaService", kmsOperation="CreateKey")
    assert caller.ask("keys/key/metadata", asked) == (
        200,
        {"keySpec": "AES_256", "keyUsage": ["ENCRYPT", "DECRYPT"], "keyStatus": "ENABLED"},
    )
    assert caller.ask("keys/impotent/metadata", asked)[1]["keyUsage"] == []


def test_health(caller: Caller) -> None:
    """Every member that the spec requires."""
    health = {"requestMetadata": {"kmsRequestId": "r", "kmsOperation": "KmsHealthCheck"}}
    status, answer = caller.ask("health", health)
    assert status == 200
    assert answer.keys() == {"xksProxyFleetSize", "xksProxyVendor", "xksProxyModel", "ekmVendor", "ekmFleetDetails"}
    assert answer["xksProxyFleetSize"] >= 1
    assert [each["healthStatus"] for each in answer["ekmFleetDetails"]] == ["ACTIVE"]


VALIDATION: list[tuple[str, dict[str, Any]]] = [
    *((path, _metadata(name)) for path in ("keys/key/metadata", "keys/key/encrypt", "health")
      for name in ("kmsRequestId", "kmsOperation")),
    *((f"keys/key/{api}", _metadata("awsPrincipalArn")) for api in ("metadata", "encrypt", "decrypt")),
    *((path, body) for path in ("health", "keys/key/metadata", "keys/key/encrypt", "keys/key/decrypt")
      for body in ({}, {"requestMetadata": {}}, {"requestMetadata": "x"}, {"requestMetadata": [1]})),
    ("keys/key/encrypt", encrypting() | _metadata("kmsKeyArn")),
    ("keys/key/encrypt", _without(encrypting(), "plaintext")),
    ("keys/key/encrypt", _without(encrypting(), "encryptionAlgorithm")),
    ("keys/key/encrypt", encrypting(encryptionAlgorithm="AES_CBC")),
    ("keys/key/encrypt", encrypting(ciphertextDataIntegrityValueAlgorithm="SHA_1")),
    ("keys/key/encrypt", encrypting(plaintext="not base64!")),
    ("keys/key/encrypt", encrypting(plaintext="SGVs-_8=")),
    ("keys/key/encrypt", encrypting(additionalAuthenticatedData="ö")),
    ("keys/key/encrypt", encrypting(b"")),
    ("keys/key/metadata", _metadata(awsPrincipalArn="a" * 2049)),
    *(("keys/key/decrypt", decrypting({"ciphertext": b64(b"x"), "initializationVector": b64(bytes(12)),
                                       "authenticationTag": b64(bytes(16))} | wrong))
      for wrong in ({"ciphertext": None}, {"ciphertext": ""}, {"initializationVector": None},
                    {"initializationVector": b64(bytes(13))}, {"authenticationTag": b64(bytes(15))},
                    {"ciphertextMetadata": b64(bytes(21))})),
    *(("keys/key/encrypt", encrypting(encryptionAlgorithm=wrong)) for wrong in NEVER if wrong is not None),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body"), VALIDATION)
def test_what_the_spec_does_not_allow(caller: Caller, path: str, body: dict[str, Any]) -> None:
    """ValidationException, and a message of printable ASCII below 512 characters."""
    status, answer = caller.ask(path, body)
    assert (status, answer["errorName"]) == (400, "ValidationException")
    assert 0 < len(answer["errorMessage"]) < 512
    assert all(" " <= each <= "~" for each in answer["errorMessage"])


@pytest.mark.parametrize("operation", ["Encrypt", "ReEncrypt", "BulkEncrypt", "x" * 300])
def test_unknown_operations_of_kms_are_no_fault(caller: Caller, operation: str) -> None:
    """ "The XKS Proxy MUST NOT reject a request as invalid if it sees a kmsOperation other than those listed"."""
    asked = encrypting() | _metadata(kmsOperation=operation, kmsRequestId="not a UUID", somethingNew="ignored")
    assert caller.ask("keys/key/encrypt", asked)[0] == 200


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("keys/nobody/metadata", (404, "KeyNotFoundException")),
        ("keys/nobody/encrypt", (404, "KeyNotFoundException")),
        ("keys/decrypt-only/encrypt", (400, "InvalidKeyUsageException")),
        ("keys/impotent/encrypt", (400, "InvalidKeyUsageException")),
        ("keys/encrypt-only/encrypt", (200, "")),
        ("keys/key/encrypt/", (404, "InvalidUriPathException")),
        ("keys/key/sign", (404, "InvalidUriPathException")),
        ("keys//encrypt", (404, "InvalidUriPathException")),
        ("keys/a/b/encrypt", (404, "InvalidUriPathException")),
        ("", (404, "InvalidUriPathException")),
    ],
)
def test_paths_and_keys(caller: Caller, path: str, expected: tuple[int, str]) -> None:
    """By the table of errors."""
    assert caller.error(path, encrypting()) == expected


def test_another_prefix_is_nothing_here(caller: Caller) -> None:
    """The URI path is whole, or wrong."""
    for prefix in ("/kms/xks/v1", "/other/kms/xks/v1", "/labkit/kms/xks/v2"):
        assert caller.error("health", {}, prefix=prefix) == (404, "InvalidUriPathException")


def test_a_key_that_encrypts_only_can_prove_nothing(caller: Caller) -> None:
    """The integrity value asks for a decryption."""
    asked = encrypting(**CDIV)
    assert caller.error("keys/encrypt-only/encrypt", asked) == (400, "InvalidKeyUsageException")
    sealed = caller.encrypt(key="encrypt-only")
    assert caller.error("keys/encrypt-only/decrypt", decrypting(sealed)) == (400, "InvalidKeyUsageException")


def test_a_disabled_key(fresh: Caller) -> None:
    """InvalidStateException for both uses; its metadata say so."""
    sealed = fresh.encrypt()
    fresh.proxy.keys.set_status("key", "DISABLED")
    assert fresh.error("keys/key/encrypt", encrypting()) == (400, "InvalidStateException")
    assert fresh.error("keys/key/decrypt", decrypting(sealed)) == (400, "InvalidStateException")
    assert fresh.ask("keys/key/metadata", _metadata())[1]["keyStatus"] == "DISABLED"


def test_a_rotated_key_opens_what_is_older(fresh: Caller) -> None:
    """The metadata name the version: KMS notices nothing."""
    old = fresh.encrypt()
    fresh.proxy.keys.rotate("key")
    new = fresh.encrypt()
    assert old["ciphertextMetadata"] != new["ciphertextMetadata"]
    for answer in (old, new):
        assert fresh.ask("keys/key/decrypt", decrypting(answer))[0] == 200


@pytest.mark.parametrize("name", sorted(STATUS))
def test_every_error_of_the_table_can_be_had(fresh: Caller, name: str) -> None:
    """For those who want to see what KMS makes of it."""
    fresh.proxy.fail(name)
    assert fresh.error("keys/key/encrypt", encrypting()) == (STATUS[name], name)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_only_post(caller: Caller, method: str) -> None:
    """405, and a load balancer's question is answered at a path of its own."""
    request = caller.request("health", b"")
    assert caller.send(replace(request, method=method))[0] == 405
    asked = replace(request, path="/ping", method="GET")
    assert caller.proxy._answer(asked, lambda _: None).status == 200


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_NAMES = ("requestMetadata", "plaintext", "ciphertext", "initializationVector", "authenticationTag",
          "additionalAuthenticatedData", "ciphertextMetadata", "encryptionAlgorithm")  # fmt: skip
_BODIES = st.binary(max_size=200) | st.dictionaries(st.sampled_from(_NAMES), _JSON).map(
    lambda changes: json.dumps(decrypting(encrypting(), **changes)).encode()
)


@settings(max_examples=50, deadline=None)
@given(
    path=st.sampled_from(["health", *(f"keys/key/{api}" for api in ("metadata", "encrypt", "decrypt"))]), body=_BODIES
)
def test_hostile_bodies_are_refused_by_the_table(path: str, body: bytes) -> None:
    """Whatever comes signed: an answer of the spec, and never a fault."""
    status, answer = _HOSTILE.ask(path, body)
    assert status != 500
    assert status == 200 or STATUS[answer["errorName"]] == status


@settings(max_examples=25, deadline=None)
@given(authorization=st.text(max_size=120) | st.builds("AWS4-HMAC-SHA256 {}".format, st.text(max_size=120)),
       path=st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=60))  # fmt: skip
def test_strangers_are_refused(authorization: str, path: str) -> None:
    """Whatever comes unsigned: 401, or nothing is there."""
    request = _HOSTILE.request("health", b"{}")
    request.headers["authorization"] = authorization
    assert _HOSTILE.send(request)[0] == 401
    assert _HOSTILE.send(replace(request, path=f"/{path}"))[0] in (401, 404)


_HOSTILE = Caller()


def test_the_key_managers_fault_is_the_specs_internal_exception(fresh: Caller, monkeypatch: Any) -> None:
    """No traceback, and no word of what it was."""
    monkeypatch.setattr(fresh.proxy.keys, "seal", lambda *_: 1 / 0)
    status, answer = fresh.ask("keys/key/encrypt", encrypting())
    assert (status, answer["errorName"]) == (500, "InternalException")
    assert "division" not in json.dumps(answer)
