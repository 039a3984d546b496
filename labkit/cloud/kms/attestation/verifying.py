"""From a document's bytes to what KMS knows of its sender: an `Attestation`, or why it is none."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from . import chains
from .documents import Document, Unsound, document, envelope

FRESH = timedelta(minutes=5)
"""How old a document may be. No page of AWS's says it; builders report that KMS refuses older ones (the ledger)."""
KEY_SIZES = (2048, 3072, 4096)  # AWS's SDK for enclaves makes these (aws_rsa_key_size)
CONDITION = "kms:RecipientAttestation:"
_SHOWN_OF_ENCLAVES = (1, 2, 3, 4, 8)
_SHOWN_OF_TPMS = (4, 7, 8, 9, 16, 23)  # "Monitoring requests for NitroTPM"


@dataclass(frozen=True, slots=True)
class Attestation:
    """A document that was verified: whose it is, what was measured, and the key that only its sender holds."""

    module_id: str
    pcrs: Mapping[int, bytes]
    of_tpm: bool
    public_key: rsa.RSAPublicKey

    def conditions(self) -> dict[str, str]:
        """Return the condition keys of the request, in lower-case hexadecimal.

        ImageSha384 "corresponds to PCR0"; NitroTPM's registers have keys of their own ("Condition keys for NitroTPM").
        """
        kind = "NitroTPMPCR" if self.of_tpm else "PCR"
        found = {f"{CONDITION}{kind}{index}": value.hex() for index, value in sorted(self.pcrs.items())}
        image = self.pcrs.get(0)
        return found if self.of_tpm or image is None else {f"{CONDITION}ImageSha384": image.hex()} | found

    def record(self) -> dict[str, str]:
        """Return `recipient` of the event's additionalEventData.

        The members are of "Monitoring requests for Nitro enclaves" and "... for NitroTPM". Their values are in Base64,
        as recorded in 2025; a page of 2020 has the image's digest in hexadecimal.
        """
        found = {"attestationDocumentModuleId": self.module_id}
        if self.of_tpm:
            named = {f"NitroTPMPCR{index}": index for index in _SHOWN_OF_TPMS}
        else:
            named = {"EnclaveImageDigest": 0} | {f"EnclavePCR{index}": index for index in _SHOWN_OF_ENCLAVES}
        values = {f"attestationDocument{name}": self.pcrs.get(index) for name, index in named.items()}
        return found | {name: base64.b64encode(value).decode() for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Refused:
    """A document that is not accepted: why."""

    reason: str

    def conditions(self) -> dict[str, str]:
        """Return no condition keys.

        "If the request does not include a valid attestation document from an AWS Nitro enclave, permission is denied
        because this condition is not satisfied" ("Condition keys for Nitro Enclaves").
        """
        return {}


def verified(blob: bytes, roots: Sequence[x509.Certificate], now: datetime) -> Attestation | Refused:
    """Verify an attestation document as of `now`, under these roots."""
    try:
        signed = envelope(blob)
        found = document(signed.payload)
        chains.verify(found, signed, roots, now)
        _require_fresh(found, now)
        return Attestation(found.module_id, found.pcrs, found.of_tpm, _recipient_key(found))
    except Unsound as wrong:
        return Refused(f"The attestation document was not accepted: {wrong}.")


def _require_fresh(found: Document, now: datetime) -> None:
    age = timedelta(milliseconds=now.timestamp() * 1000 - min(found.timestamp, 1 << 52))
    if age > FRESH:
        raise Unsound(f"it is {age.total_seconds() / 60:.0f} minutes old, and KMS takes five")
    if age < -FRESH:
        raise Unsound("it is of a time to come")


def _recipient_key(found: Document) -> rsa.RSAPublicKey:
    if found.public_key is None:
        raise Unsound("it has no public key to encrypt the answer under")
    try:
        key = load_der_public_key(found.public_key)
    except (ValueError, TypeError, UnsupportedAlgorithm) as wrong:
        raise Unsound("its public key is no DER-encoded SubjectPublicKeyInfo") from wrong
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size not in KEY_SIZES:
        raise Unsound("its public key is no RSA key of 2048, 3072 or 4096 bits")
    return key
