"""Checks of notebooks/09-sign-and-verify.ipynb: they read the account, change nothing and leave no trace.

What was signed is verified here with the public key alone, as the notebook's clocks do it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import random
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from labkit.exercises.account import aliases, calls, is_by, key_arn, the_key, unusable
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.reach import Reach, Right

PSS = "RSASSA_PSS_SHA_256"
ALGORITHM = "kms:SigningAlgorithm"
NEXT = "alias/next-model"


def big_release(lab: LabView, answer: Any) -> Outcome:
    """3.0.sig in the bucket is an ECDSA signature of the whole 3.0.bin by the firmware's key."""
    listed = [
        each["Key"] for each in lab.observer.client("s3").list_objects_v2(Bucket=_bucket(lab)).get("Contents", [])
    ]
    if "3.0.sig" not in listed:
        return not_attempted("There is no 3.0.sig in the bucket.")
    if "3.0.bin" not in listed:
        return not_yet("3.0.bin is not in the bucket any more: the clocks have nothing to load.")
    signature, program = _object(lab, "3.0.sig"), _object(lab, "3.0.bin")
    if program != random.Random(3).randbytes(300_000):  # noqa: S311  # as the notebook has it
        return not_yet("3.0.bin is another program than before. Sign the one of 300,000 bytes.")
    if wrong := _half_is_held_back(lab):
        return wrong
    if _fits(lab, signature, program):
        return solved("KMS has seen 32 bytes of the program; the clocks verify all of it.")
    if _fits(lab, signature, hashlib.sha256(program).digest()):
        return not_yet("KMS was told that the digest is a message: it was hashed once more. The clocks hash once.")
    if _fits(lab, signature, program[:4096]):
        return not_yet("That is a signature of the first 4096 bytes. What comes after them, anybody could change.")
    if _fits(lab, _from_text(signature), program):
        return not_yet("That is the right signature in base64. The clocks take its bytes as KMS gives them.")
    return not_yet("3.0.sig is no signature of this program by the firmware's key that the clocks would take.")


def gate_pass(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is a JWT: ES256, by the firmware's key, with sub = visitor, and PyJWT takes it."""
    if answer is None:
        return unanswered()
    text = answer if isinstance(answer, str) else bytes(answer).decode("ascii", "replace")
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
    if wrong := _half_is_held_back(lab):
        return wrong
    der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    if not _fits(lab, der, ".".join(parts[:2]).encode()):
        return not_yet("The signature does not fit header and claims, or is not by the firmware's key.")
    return _refused(lab, text, claims) or solved("Nobody can steal this token's key from the program that issues it.")


def _refused(lab: LabView, token: str, claims: Mapping[str, Any]) -> Outcome | None:
    """What an ordinary JWT library says against a token with a good signature; None if it takes it.

    The library is told which audience the gate is: the one that the token names, if it names any.
    """
    import jwt  # it comes with the notebooks

    public = load_der_public_key(lab.observer.client("kms").get_public_key(KeyId=_firmware(lab))["PublicKey"])
    named = claims.get("aud")
    one_of = [each for each in (named if isinstance(named, list) else [named]) if isinstance(each, str)]
    clock = "A library goes by the clock of the machine that it runs on, not by the lab's."
    try:
        jwt.decode(token, public, algorithms=["ES256"], audience=one_of or None)  # type: ignore[arg-type]
    except jwt.ExpiredSignatureError:
        return not_yet(f"The signature is right, and a JWT library refuses the token: its `exp` is past. {clock}")
    except jwt.ImmatureSignatureError as error:
        return not_yet(f"The signature is right, and a JWT library refuses the token: {error}. {clock}")
    except jwt.PyJWTError as error:
        return not_yet(f"The signature is right, and a JWT library refuses the token: {type(error).__name__}: {error}.")
    return None


def pss_only(lab: LabView, answer: Any) -> Outcome:
    """Cashier may do one thing with the tokens' key: sign with RSASSA_PSS_SHA_256; and has done it."""
    arn, reach = the_key(lab, "tokens")["Arn"], Reach(lab)
    cashier, tokens = reach.caller("Cashier"), reach.key(arn)
    right = Right(("kms:Sign",), (arn,), {ALGORITHM: (PSS,)})
    beyond, lacking = reach.exceeds_on(tokens, cashier, right), reach.lacks(cashier, right)
    if beyond is None and not any(reach.accesses(cashier, tokens, [right])):
        return not_attempted("The role Cashier has got nothing on the tokens' key so far.")
    if beyond is not None and beyond.action == "kms:Sign":
        return not_yet(f"The Cashier may sign with {beyond.situation.get(ALGORITHM, 'another algorithm')}, too.")
    if lacking is not None:
        return not_yet(f"The Cashier still can't sign with {PSS}{_in_this_case(lacking.how)}.")
    if beyond is not None:
        return not_yet(f"The Cashier may do more with this key than sign: {beyond.told}, for instance.")
    if wrong := unusable(lab, arn):
        return not_yet(f"The permission is as it should be. But: {wrong}")
    if not [event for event in calls(lab, "Sign") if is_by(event, "Cashier") and key_arn(event) == arn]:
        return not_yet("The permission is as it should be. The Cashier has not signed anything with this key yet.")
    return solved("One key, one operation, one algorithm.")


def _in_this_case(how: str) -> str:
    """The rest of the situation that was tried, if there is more to it than the algorithm."""
    more = how.replace(f"with {ALGORITHM} {PSS}", "").strip(" ,")
    return f" ({more})" if more else ""


def until_2046(lab: LabView, answer: Any) -> Outcome:
    """Check that the alias leads to an ML-DSA key that has signed, and can be used."""
    target = aliases(lab).get(NEXT)
    if target is None:
        return not_attempted(f"There is no alias {NEXT}.")
    key = lab.observer.client("kms").describe_key(KeyId=target)["KeyMetadata"]
    if key["KeyUsage"] != "SIGN_VERIFY":
        return not_yet(f"A key with the usage {key['KeyUsage']} does not sign.")
    if not key["KeySpec"].startswith("ML_DSA_"):
        return not_yet(f"A quantum computer could work out a private key of {key['KeySpec']} from the public one.")
    if wrong := unusable(lab, key["Arn"]):
        return not_yet(f"The key is of the right kind. But: {wrong}")
    if not [event for event in calls(lab, "Sign") if key_arn(event) == key["Arn"]]:
        return not_yet("The key is of the right kind. It has signed nothing yet.")
    return solved("Larger than the others, and good for a long time.")


def _bucket(lab: LabView) -> str:
    return f"clocks-{lab.observer.client('sts').get_caller_identity()['Account']}"


def _object(lab: LabView, name: str) -> bytes:
    body: bytes = lab.observer.client("s3").get_object(Bucket=_bucket(lab), Key=name)["Body"].read()
    return body


def _firmware(lab: LabView) -> str:
    return str(the_key(lab, "firmware")["Arn"])


def _half_is_held_back(lab: LabView) -> Outcome | None:
    """What to say if KMS does not give the public half of the firmware's key; None if it does."""
    try:
        lab.observer.client("kms").get_public_key(KeyId=_firmware(lab))
    except ClientError as refused:
        if refused.response["Error"]["Code"] not in ("DisabledException", "KMSInvalidStateException"):
            raise
        return not_yet(f"{unusable(lab, _firmware(lab))} KMS does not even give its public half, to verify with.")
    return None


def _fits(lab: LabView, signature: bytes, message: bytes) -> bool:
    """Whether this is an ECDSA signature (DER) of the message by the firmware's key."""
    der = lab.observer.client("kms").get_public_key(KeyId=_firmware(lab))["PublicKey"]
    public = load_der_public_key(der)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    try:
        public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _from_text(signature: bytes) -> bytes:
    try:
        return base64.b64decode(signature)
    except (ValueError, binascii.Error):
        return b""


def _from_base64(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars="-_", validate=True)
