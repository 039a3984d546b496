"""Attestation documents: which are accepted, what they tell policies and the trail, and that nothing breaks KMS."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.cloud.core.clock import START
from labkit.cloud.kms.attestation.verifying import Attestation, Refused, verified
from labkit.cloud.nitro.hypervisor import sealed

from . import attested
from .attested import PCRS, ROOT, chain, facts, good, public, resealed, rsa_key


def _set(number: int, value: Any) -> bytes:
    return resealed(lambda parts: parts.__setitem__(number, value))


def _nested() -> bytes:
    return b"\x81" * 100_000


FAULTS = [
    ("nothing but text", b"attest", "behind its end"),
    ("cut off", good()[:-1], "CBOR"),
    ("cut off early", good()[:20], "CBOR"),
    ("bytes behind its end", good() + b"\x00", "behind its end"),
    ("nested without end", _nested(), "CBOR"),
    ("a map", cbor2.dumps({}), "COSE_Sign1"),
    ("three parts", cbor2.dumps([b"", {}, b""]), "COSE_Sign1"),
    ("another tag", cbor2.dumps(cbor2.CBORTag(17, cbor2.loads(good()))), "COSE_Sign1"),
    ("ES256 named", _set(0, cbor2.dumps({1: -7})), "another algorithm"),
    ("no algorithm named", _set(0, cbor2.dumps({})), "another algorithm"),
    ("unprotected headers", _set(1, {4: b"key"}), "unprotected"),
    ("payload as text", _set(2, "payload"), "byte string"),
    ("signature of zeros", _set(3, bytes(96)), "changed after signing"),
    ("signature of another length", _set(3, bytes(64)), "length"),
    ("payload exchanged", _set(2, cbor2.dumps(facts(module_id="i-1-enc2"))), "changed after signing"),
    ("payload of another type", sealed(chain().leaf.key, cbor2.dumps([1])), "no map"),
    *((f"no {name}", good(**{name: None}), name) for name in ("module_id", "digest", "timestamp", "pcrs")),
    ("no certificate", sealed(chain().leaf.key, cbor2.dumps(facts(certificate=None))), "certificate"),
    ("both kinds of registers", good(nitrotpm_pcrs=PCRS), "two kinds"),
    ("an unknown field", good(extra=1), "extra"),
    ("an empty module id", good(module_id=""), "module_id"),
    ("another digest", good(digest="SHA256"), "digest"),
    ("a timestamp of text", good(timestamp="now"), "timestamp"),
    ("a timestamp of true", good(timestamp=True), "timestamp"),
    ("a timestamp of zero", good(timestamp=0), "timestamp"),
    ("a timestamp beyond eight bytes", good(timestamp=2**70), "timestamp"),
    ("no registers", good(pcrs={}), "pcrs"),
    ("register 32", good(pcrs={32: bytes(48)}), "pcrs"),
    ("a register named by text", good(pcrs={"0": bytes(48)}), "pcrs"),
    ("a register of 47 bytes", good(pcrs={0: bytes(47)}), "pcrs"),
    ("an empty chain", sealed(chain().leaf.key, cbor2.dumps(facts(cabundle=[]))), "cabundle"),
    ("a certificate too long", sealed(chain().leaf.key, cbor2.dumps(facts(cabundle=[bytes(1025)]))), "cabundle"),
    ("no certificates", sealed(chain().leaf.key, cbor2.dumps(facts(cabundle=[b"x"]))), "is none"),
    ("a chain upside down", sealed(chain().leaf.key, cbor2.dumps(facts(cabundle=facts()["cabundle"][::-1]))), "root"),
    ("a chain with a gap", sealed(chain().leaf.key, cbor2.dumps(facts(cabundle=facts()["cabundle"][:2]))), "above it"),
    ("a chain without end", sealed(chain().leaf.key, cbor2.dumps(facts(cabundle=facts()["cabundle"][:1] * 9))), "long"),
    ("another root", attested.by_another_root(), "root that is trusted"),
    ("signed by an authority", attested.by_its_authority(), "path length"),
    ("signed below the last certificate", attested.below_its_leaf(), "so many below it"),
    ("no public key", good(public_key=None), "no public key"),
    ("an empty public key", good(public_key=b""), "public_key"),
    ("a public key of noise", good(public_key=b"noise"), "SubjectPublicKeyInfo"),
    ("a public key of P-256", good(public_key=public(ec.derive_private_key(5, ec.SECP256R1()))), "RSA"),
    ("an RSA key of 1024 bits", good(public_key=public(rsa_key(1024))), "RSA"),
    ("user data of 513 bytes", good(user_data=bytes(513)), "user_data"),
    ("a nonce of text", good(nonce="once"), "nonce"),
]


@pytest.mark.parametrize(("document", "reason"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_a_document_with_a_fault_is_not_accepted(document: bytes, reason: str) -> None:
    """And the reason says which."""
    found = verified(document, [ROOT], START)
    assert isinstance(found, Refused)
    assert reason in found.reason
    assert found.conditions() == {}


TIMES = [
    (timedelta(0), ""),
    (timedelta(minutes=5), ""),
    (timedelta(minutes=5, seconds=1), "takes five"),
    (timedelta(hours=3, seconds=1), "valid from"),
    (timedelta(seconds=-1), "valid from"),
]


@pytest.mark.parametrize(("later", "reason"), TIMES)
def test_a_document_ages(later: timedelta, reason: str) -> None:
    """First it is too old for KMS, then its certificate expires."""
    found = verified(good(), [ROOT], START + later)
    assert getattr(found, "reason", "")[-400:].count(reason or "accepted") == (1 if reason else 0)


def test_a_document_of_a_time_to_come_is_not_accepted() -> None:
    """Its certificates are valid, its own time is not."""
    found = verified(good(timestamp=int(START.timestamp() * 1000) + 600_000), [ROOT], START)
    assert isinstance(found, Refused)
    assert "to come" in found.reason


def test_without_a_root_nothing_is_accepted() -> None:
    """KMS believes what it was told to believe."""
    assert isinstance(verified(good(), [], START), Refused)


ACCEPTED = [
    good(),
    cbor2.dumps(cbor2.CBORTag(18, cbor2.loads(good()))),
    good(user_data=b"", nonce=bytes(512)),
    good(public_key=public(rsa_key(3072))),
    sealed(chain().leaf.key, cbor2.dumps(facts() | {"user_data": None, "nonce": None})),
]


@pytest.mark.parametrize("document", ACCEPTED, ids=["plain", "tagged", "user data", "RSA 3072", "null as recorded"])
def test_a_sound_document_is_accepted(document: bytes) -> None:
    """Tagged or not, and with null for what the enclave gave not."""
    found = verified(document, [ROOT], START)
    assert isinstance(found, Attestation), found
    assert found.module_id == attested.MODULE


def test_an_enclave_tells_policies_its_registers() -> None:
    """In lower-case hexadecimal; ImageSha384 is PCR0 by another name."""
    found = verified(good(pcrs={0: b"\xab" * 48, 8: b"\xcd" * 48, 31: bytes(64)}), [ROOT], START)
    name = "kms:RecipientAttestation:"
    assert found.conditions() == {
        f"{name}ImageSha384": "ab" * 48,
        f"{name}PCR0": "ab" * 48,
        f"{name}PCR8": "cd" * 48,
        f"{name}PCR31": "00" * 64,
    }


def test_a_tpm_has_condition_keys_and_members_of_its_own() -> None:
    """An EC2 instance with NitroTPM is no enclave: it has no image digest."""
    found = verified(good(pcrs=None, nitrotpm_pcrs=PCRS), [ROOT], START)
    assert isinstance(found, Attestation)
    assert set(found.conditions()) == {f"kms:RecipientAttestation:NitroTPMPCR{index}" for index in PCRS}
    shown = [f"attestationDocumentNitroTPMPCR{index}" for index in (4, 7, 8, 9)]  # 16 and 23 are not in this one
    assert list(found.record()) == ["attestationDocumentModuleId", *shown]


def test_the_record_has_the_members_of_the_guide_in_base64() -> None:
    """As recorded in 2025."""
    found = verified(good(), [ROOT], START)
    assert isinstance(found, Attestation)
    members = ["ImageDigest", *(f"PCR{index}" for index in (1, 2, 3, 4, 8))]
    names = [f"attestationDocumentEnclave{name}" for name in members]
    assert list(found.record()) == ["attestationDocumentModuleId", *names]
    assert base64.b64decode(found.record()["attestationDocumentEnclavePCR8"]) == PCRS[8]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.binary(max_size=60) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(0, 40) | st.text(max_size=9), inner),
    max_leaves=8,
)


@given(
    change=st.dictionaries(st.sampled_from([*facts(), "nonce", "user_data", "nitrotpm_pcrs", "other"]), _VALUES),
    without=st.sets(st.sampled_from(list(facts()))),
)
@settings(max_examples=60, deadline=None)
def test_no_field_breaks_it(change: dict[str, Any], without: set[str]) -> None:
    """Whatever is signed, the answer is that it is accepted or that it is not."""
    said = {name: value for name, value in facts().items() if name not in without} | change
    assert isinstance(verified(sealed(chain().leaf.key, cbor2.dumps(said)), [ROOT], START), (Attestation, Refused))


@given(at=st.integers(0, len(good()) - 1), byte=st.integers(0, 255), cut=st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_a_changed_byte_is_never_accepted(at: int, byte: int, cut: int) -> None:
    """Except where it is the same byte."""
    document = good()
    changed = document[:at] + bytes([byte]) + document[at + 1 + cut :]
    assert isinstance(verified(changed, [ROOT], START), Refused) or changed == document


@given(blob=st.binary(min_size=1, max_size=200) | _VALUES.map(cbor2.dumps))
@settings(max_examples=60, deadline=None)
def test_noise_is_no_document(blob: bytes) -> None:
    """Nor is any other CBOR."""
    assert isinstance(verified(blob, [ROOT], START), Refused)
