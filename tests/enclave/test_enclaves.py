"""The simulated enclave on an account: its measurements, its messages, its documents before key policies."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import cbor2
import pytest

import labkit
from labkit.cloud.nitro import images
from labkit.enclave import Enclave, Image, Signer, build, run, trust

CODE = """
def handle(message, enclave):
    print("got a message")
    if message == "attest":
        return enclave.attest(nonce=b"once")
    if message == "fail":
        raise KeyError("a salary of 5200")
    if message == "leave":
        raise SystemExit
    if isinstance(message, bytes):
        return len(enclave.open(message))
    return message
"""
OAEP = "RSAES_OAEP_SHA_256"


@dataclass(frozen=True)
class Firm:
    """One account for all tests here: a role, an image, an enclave of it, one in debug mode, a key bound to it."""

    lab: labkit.Lab
    role: Any
    image: Image
    enclave: Enclave
    debug: Enclave
    key: str
    blob: bytes

    def decrypt(self, **recipient: Any) -> Any:
        """Decrypt as the role."""
        return self.role.client("kms").decrypt(CiphertextBlob=self.blob, **recipient)

    def bind(self, condition: Any) -> None:
        """Let the role decrypt under this condition, and nobody else."""
        boto3.client("kms").put_key_policy(KeyId=self.key, Policy=_policy(self.lab, self.role, condition))


def _policy(lab: labkit.Lab, role: Any, condition: Any) -> str:
    manage = {"Effect": "Allow", "Principal": {"AWS": lab.account_id}, "NotAction": "kms:Decrypt", "Resource": "*"}
    allow = {"Effect": "Allow", "Principal": {"AWS": role.arn}, "Action": "kms:Decrypt", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [manage, allow | {"Condition": condition}]})


def _by(enclave: Enclave) -> dict[str, Any]:
    return {"Recipient": {"AttestationDocument": enclave.send("attest"), "KeyEncryptionAlgorithm": OAEP}}


def _when(operator: str, **registers: Any) -> dict[str, Any]:
    return {operator: {f"kms:RecipientAttestation:{name}": value for name, value in registers.items()}}


@pytest.fixture(scope="module")
def firm() -> Iterator[Firm]:
    """The account; its enclaves end with the tests."""
    lab = labkit.start("enclaves")
    kms, role, image = boto3.client("kms"), lab.role("Payroll"), build(CODE, Signer("team"))
    condition = _when("StringEqualsIgnoreCase", ImageSha384=image.measurements["PCR0"])
    key = kms.create_key(Policy=_policy(lab, role, condition))["KeyMetadata"]["Arn"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x" * 33)["CiphertextBlob"]
    enclave, debug = run(lab, image, role), run(lab, image, role, mode="debug")
    yield Firm(lab, role, image, enclave, debug, key, blob)
    enclave.terminate()
    debug.terminate()


def test_measurements_are_the_same_everywhere_and_follow_the_code() -> None:
    """PCR0 by the whole, PCR1 by the kernel, PCR2 by the code, PCR8 by the signer; indentation is not code."""
    plain, signed, other = build(CODE), build(CODE, Signer("team")), build(CODE.replace("5200", "5201"))
    assert build("\n".join("    " + line if line else line for line in CODE.split("\n"))) == plain
    assert {name for name in plain.measurements if plain.measurements[name] != other.measurements[name]} == {
        "PCR0",
        "PCR2",
    }
    assert {**signed.measurements, "PCR8": ""} == {**plain.measurements, "PCR8": ""}
    assert signed.measurements["PCR8"] != build(CODE, Signer("others")).measurements["PCR8"]
    assert '"HashAlgorithm": "Sha384 { ... }"' in repr(plain)


def test_the_registers_of_the_parent_are_awss_recipe(firm: Firm) -> None:
    """SHA-384 of 48 zeros and the name (AWS Nitro Enclaves User Guide, "Where to get an enclave's measurements")."""
    assert firm.enclave.measurements["PCR3"] == hashlib.sha384(bytes(48) + firm.role.arn.encode()).hexdigest()
    instance = firm.enclave.id.partition("-enc")[0]
    assert firm.enclave.measurements["PCR4"] == hashlib.sha384(bytes(48) + instance.encode()).hexdigest()
    assert len(firm.enclave.measurements) == images.REGISTERS


def test_debug_mode_has_zeros_and_a_console(firm: Firm) -> None:
    """And production has neither."""
    zeros = {f"PCR{index}" for index in range(16) if firm.debug.measurements[f"PCR{index}"] == "0" * 96}
    assert {"PCR0", "PCR1", "PCR2"} <= zeros
    assert firm.enclave.measurements["PCR0"] == firm.image.measurements["PCR0"]
    assert firm.debug.send(7) == 7
    assert "got a message" in firm.debug.console()
    with pytest.raises(labkit.LabError, match="no console"):
        firm.enclave.console()


@pytest.mark.parametrize("message", [None, True, -7, 1.5, "text", [1, [2]], {"a": {"b": [None]}}])
def test_messages_come_back_as_they_went(firm: Firm, message: Any) -> None:
    """Whatever CBOR can carry."""
    assert firm.enclave.send(message) == message


def test_a_failure_inside_says_no_more_than_its_kind(firm: Firm) -> None:
    """In debug mode it says all."""
    with pytest.raises(labkit.LabError) as told:
        firm.enclave.send("fail")
    assert "KeyError" in str(told.value)
    assert "5200" not in str(told.value)
    with pytest.raises(labkit.LabError, match="5200"):
        firm.debug.send("fail")
    with pytest.raises(labkit.LabError, match="A message holds"):
        firm.enclave.send(object())
    assert firm.enclave.send("goes on") == "goes on"


def test_the_private_key_is_nowhere_on_this_side(firm: Firm) -> None:
    """Not in what an enclave's attributes lead to, and no copy of it can be made."""
    held = [str(value) for value in vars(firm.enclave).values()]
    assert not any("PRIVATE" in each or "rsa" in each.lower() for each in held)
    for make in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(labkit.LabError, match="can't be copied"):
            make(firm.enclave)


def test_code_that_leaves_ends_its_enclave(firm: Firm) -> None:
    """And says so."""
    gone = run(firm.lab, firm.image, firm.role.arn)
    with pytest.raises(labkit.LabError, match="has ended"):
        gone.send("leave")
    with pytest.raises(labkit.LabError, match="terminated"):
        gone.send("more")
    assert "TERMINATED" in repr(gone)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("def handle(", "no Python"),
        ("x = 1", "has a function handle"),
        ("\0", "no Python"),
    ],
)
def test_what_is_no_image_is_not_built(wrong: str, said: str) -> None:
    """In the builder's words."""
    with pytest.raises(labkit.LabError, match=said):
        build(wrong)


def test_an_image_that_was_changed_after_signing_does_not_run(firm: Firm) -> None:
    """The hypervisor looks at the signature; and what is no image it does not run either."""
    parts = cbor2.loads(firm.image.file)
    for file in (cbor2.dumps({**parts, "application": b"other"}, canonical=True), b"noise", cbor2.dumps([1])):
        with pytest.raises(labkit.LabError, match=r"changed after signing|no enclave image"):
            run(firm.lab, Image(file, {}), firm.role)
    with pytest.raises(labkit.LabError, match='"production" or "debug"'):
        run(firm.lab, firm.image, firm.role, mode="dbg")
    for role in ("Payroll", None):
        with pytest.raises(labkit.LabError, match="has a role"):
            run(firm.lab, firm.image, role)


BOUND = [
    ("its image", _when("StringEqualsIgnoreCase", ImageSha384="IMAGE"), True, False),
    ("its image in capitals", _when("StringEqualsIgnoreCase", ImageSha384="CAPITALS"), True, False),
    ("StringEquals minds the case", _when("StringEquals", ImageSha384="CAPITALS"), False, False),
    ("PCR0", _when("StringEquals", PCR0="IMAGE"), True, False),
    ("another image", _when("StringEquals", PCR0="12" * 48), False, False),
    ("one of two", _when("StringEquals", PCR0=["12" * 48, "IMAGE"]), True, False),
    ("image and role", _when("StringEquals", PCR0="IMAGE", PCR3="ROLE"), True, False),
    ("image and another role", _when("StringEquals", PCR0="IMAGE", PCR3="34" * 48), False, False),
    ("its signer", _when("StringEquals", PCR8="SIGNER"), True, True),
    ("zeros", _when("StringEquals", PCR0="0" * 96), False, True),
    ("any document", _when("Null", ImageSha384="false"), True, True),
    ("a register that enclaves have not", _when("StringLike", PCR31="*"), False, False),
    ("a TPM's register", _when("StringLike", NitroTPMPCR4="*"), False, False),
]


@pytest.mark.parametrize(
    ("condition", "production", "debug"), [row[1:] for row in BOUND], ids=[row[0] for row in BOUND]
)
def test_a_key_policy_decides_by_the_document(firm: Firm, condition: Any, production: bool, debug: bool) -> None:
    """Never without one."""
    pcrs = firm.enclave.measurements
    text = json.dumps(condition).replace("IMAGE", pcrs["PCR0"]).replace("CAPITALS", pcrs["PCR0"].upper())
    firm.bind(json.loads(text.replace("ROLE", pcrs["PCR3"]).replace("SIGNER", pcrs["PCR8"])))
    for enclave, allowed in ((firm.enclave, production), (firm.debug, debug)):
        if allowed:
            answer = firm.decrypt(**_by(enclave))
            assert enclave.send(answer["CiphertextForRecipient"]) == 33
            assert "Plaintext" not in answer
        else:
            with labkit.expect_error("AccessDeniedException"):
                firm.decrypt(**_by(enclave))
    with labkit.expect_error("AccessDeniedException"):
        firm.decrypt()


def test_generate_random_is_bound_by_an_iam_policy(firm: Firm) -> None:
    """It has no key, so only IAM policies can ask for the document."""
    wanted = _when("StringEquals", ImageSha384=firm.image.measurements["PCR0"])
    dice = firm.lab.role(
        "Dice", policy=[{"Effect": "Allow", "Action": "kms:GenerateRandom", "Resource": "*", "Condition": wanted}]
    ).client("kms")
    answer = dice.generate_random(NumberOfBytes=40, **_by(firm.enclave))
    assert firm.enclave.send(answer["CiphertextForRecipient"]) == 40
    with labkit.expect_error("AccessDeniedException"):
        dice.generate_random(NumberOfBytes=40)
    recipient = firm.lab.events()[-2]["additionalEventData"]["recipient"]
    assert base64.b64decode(recipient["attestationDocumentEnclaveImageDigest"]).hex() == firm.image.measurements["PCR0"]


def test_a_refused_call_tells_the_trail_nothing_of_its_document(firm: Firm) -> None:
    """And `lab.explain` why a document was not accepted."""
    firm.bind(_when("StringEquals", ImageSha384=firm.image.measurements["PCR0"]))
    broken = {"AttestationDocument": b"noise" * 9, "KeyEncryptionAlgorithm": OAEP}
    with labkit.expect_error("AccessDeniedException") as refused:
        firm.decrypt(Recipient=broken)
    assert "additionalEventData" not in firm.lab.events()[-1]
    assert "The attestation document was not accepted" in firm.lab.explain(refused).text
    assert "was not accepted" in firm.lab.explain(refused).html
    with labkit.expect_error("AccessDeniedException") as other:
        firm.decrypt(**_by(firm.debug))
    assert "an attestation document whose ImageSha384 is" in firm.lab.explain(other).text


def test_another_root_can_be_trusted(firm: Firm) -> None:
    """Documents of another hypervisor are refused until its root is."""
    from labkit.cloud.core.clock import Clock
    from labkit.cloud.core.entropy import Entropy
    from labkit.cloud.nitro.hypervisor import Hypervisor

    there = Hypervisor(Clock(firm.lab.clock.now()), Entropy("another"))
    running = there.run(firm.image.file, firm.role.arn, "i-0123456789abcdef0", "production")
    public = cbor2.loads(cbor2.loads(firm.enclave.send("attest"))[2])["public_key"]
    theirs = {"AttestationDocument": there.attest(running.module_id, public_key=public), "KeyEncryptionAlgorithm": OAEP}
    firm.bind(_when("StringEquals", ImageSha384=firm.image.measurements["PCR0"]))
    with labkit.expect_error("AccessDeniedException"):
        firm.decrypt(Recipient=theirs)
    from cryptography.hazmat.primitives.serialization import Encoding

    pem = there.root.certificate.public_bytes(Encoding.PEM).decode()
    assert "lab.nitro-enclaves" in trust(firm.lab, pem)
    assert firm.enclave.send(firm.decrypt(Recipient=theirs)["CiphertextForRecipient"]) == 33
    with pytest.raises(labkit.LabError):
        trust(firm.lab, "no certificate")
