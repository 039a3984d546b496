"""Checks of notebooks/09-sign-and-verify.ipynb: they read the account, change nothing and leave no trace.

What was signed is verified here with the public key alone, as the notebook's clocks do it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from labkit.exercises.account import calls, key_arn, keys
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.permissions import grants_on, may

PSS = "RSASSA_PSS_SHA_256"
OTHERS = ("RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512")
READING = ("kms:Verify", "kms:GetPublicKey", "kms:DescribeKey")
RULING = ("kms:PutKeyPolicy", "kms:CreateGrant", "kms:DisableKey", "kms:ScheduleKeyDeletion")
NEXT = "alias/next-model"


def big_release(lab: LabView, answer: Any) -> Outcome:
    """3.0.sig in the bucket is an ECDSA signature of the whole 3.0.bin by the firmware's key."""
    listed = lab.observer.client("s3").list_objects_v2(Bucket=_bucket(lab))["Contents"]
    if "3.0.sig" not in [item["Key"] for item in listed]:
        return not_attempted("There is no 3.0.sig in the bucket.")
    signature, program = _object(lab, "3.0.sig"), _object(lab, "3.0.bin")
    if _fits(lab, signature, program):
        return solved("KMS has seen 32 bytes of the program; the clocks verify all of it.")
    if _fits(lab, signature, hashlib.sha256(program).digest()):
        return not_yet("KMS was told that the digest is a message: it was hashed once more. The clocks hash once.")
    if _fits(lab, signature, program[:4096]):
        return not_yet("That is a signature of the first 4096 bytes. What comes after them, anybody could change.")
    return not_yet("3.0.sig is no signature of this program by the firmware's key that the clocks would take.")


def gate_pass(lab: LabView, answer: Any) -> Outcome:
    """The answer is a JWT: ES256, by the firmware's key, with the claim sub = visitor."""
    if answer is None:
        return unanswered()
    text = answer.decode("ascii", "replace") if isinstance(answer, bytes) else str(answer)
    parts = text.split(".")
    try:
        header, claims = (json.loads(_from_base64(part)) for part in parts[:2])
        signature = _from_base64(parts[2])
        algorithm, subject = header.get("alg"), claims.get("sub")
    except (ValueError, IndexError, AttributeError):
        return not_yet("That is no JWT: three parts in base64url without padding, with dots between, are expected.")
    if algorithm != "ES256":
        return not_yet(f"The token's header names the algorithm {algorithm}.")
    if subject != "visitor":
        return not_yet("The token has another `sub` than `visitor`.")
    if len(signature) != 64:
        return not_yet(f"The signature in the token has {len(signature)} bytes, not 64.")
    der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    if not _fits(lab, der, ".".join(parts[:2]).encode()):
        return not_yet("The signature does not fit header and claims, or is not by the firmware's key.")
    return solved("A JWT whose key nobody can steal from the program that issues it.")


def pss_only(lab: LabView, answer: Any) -> Outcome:
    """Cashier may do one thing with the tokens' key: sign with RSASSA_PSS_SHA_256; and has done it."""
    arn = _key(lab, "tokens")["Arn"]
    grants = grants_on(lab, arn)
    signs = {name: may(lab, "Cashier", "kms:Sign", arn, _signing(name), grants) for name in (PSS, *OTHERS)}
    besides = [action for action in READING + RULING if may(lab, "Cashier", action, arn, _signing(PSS), grants)]
    if not any(signs.values()) and not besides:
        return not_attempted("The role Cashier has got nothing on the tokens' key so far.")
    more = [name for name in OTHERS if signs[name]]
    if more:
        return not_yet(f"The Cashier may sign with {more[0]}, too.")
    if not signs[PSS]:
        return not_yet(f"The Cashier still can't sign with {PSS}.")
    if besides:
        return not_yet(f"The Cashier may do more with this key than sign: {besides[0]}, for instance.")
    done = [event for event in calls(lab, "Sign") if ":assumed-role/Cashier/" in event["userIdentity"]["arn"]]
    if not [event for event in done if key_arn(event) == arn]:
        return not_yet("The permission is as it should be. The Cashier has not signed anything with this key yet.")
    return solved("One key, one operation, one algorithm.")


def until_2046(lab: LabView, answer: Any) -> Outcome:
    """The alias leads to an ML-DSA key that has signed."""
    kms = lab.observer.client("kms")
    aliases = [alias for page in kms.get_paginator("list_aliases").paginate() for alias in page["Aliases"]]
    target = next((alias.get("TargetKeyId") for alias in aliases if alias["AliasName"] == NEXT), None)
    if target is None:
        return not_attempted(f"There is no alias {NEXT}.")
    key = kms.describe_key(KeyId=target)["KeyMetadata"]
    if key["KeyUsage"] != "SIGN_VERIFY":
        return not_yet(f"A key with the usage {key['KeyUsage']} does not sign.")
    if not key["KeySpec"].startswith("ML_DSA_"):
        return not_yet(f"A quantum computer could work out a private key of {key['KeySpec']} from the public one.")
    if not [event for event in calls(lab, "Sign") if key_arn(event) == key["Arn"]]:
        return not_yet("The key is of the right kind. It has signed nothing yet.")
    return solved("Larger than the others, and for long.")


def _signing(algorithm: str) -> dict[str, str]:
    return {"kms:SigningAlgorithm": algorithm, "kms:MessageType": "RAW"}


def _bucket(lab: LabView) -> str:
    buckets = lab.observer.client("s3").list_buckets()["Buckets"]
    return next(item["Name"] for item in buckets if item["Name"].startswith("clocks-"))


def _object(lab: LabView, name: str) -> bytes:
    body: bytes = lab.observer.client("s3").get_object(Bucket=_bucket(lab), Key=name)["Body"].read()
    return body


def _key(lab: LabView, description: str) -> dict[str, Any]:
    return next(key for key in keys(lab) if key["Description"] == description)


def _fits(lab: LabView, signature: bytes, message: bytes) -> bool:
    """Whether this is an ECDSA signature (DER) of the message by the firmware's key."""
    der = lab.observer.client("kms").get_public_key(KeyId=_key(lab, "firmware")["Arn"])["PublicKey"]
    public = load_der_public_key(der)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    try:
        public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _from_base64(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars="-_", validate=True)
