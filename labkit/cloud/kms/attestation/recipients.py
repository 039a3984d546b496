"""What the operations ask about `Recipient`: Decrypt, GenerateDataKey, GenerateDataKeyPair, GenerateRandom,
DeriveSharedSecret.

A document is verified before policies are asked, because they may ask for its measurements. If it is not accepted, the
request has no such condition keys, and policies decide without them. If they allow it all the same, KMS refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cryptography import x509

from ...core.call import Call
from ...core.entropy import Entropy
from ...core.errors import AwsError
from .verifying import Attestation, verified


def look(roots: Sequence[x509.Certificate], call: Call) -> None:
    """Verify the document of the call, if it has one, for the policies to ask about."""
    given = (call.params.get("Recipient") or {}).get("AttestationDocument")
    if given:
        call.attestation = verified(given, roots, call.time)


def require(call: Call) -> None:
    """Refuse a Recipient that is not whole or whose document is not accepted: ValidationException.

    Recorded of a Recipient without a document, the code alone (floci-io/floci, KmsIntegrationTest). For all else no
    code could be established; the reason stands in `lab.explain`. "Only RSAES_OAEP_SHA_256": the model sees to it.
    """
    recipient = call.params.get("Recipient")
    if recipient is None:
        return
    whole = recipient.get("AttestationDocument") and recipient.get("KeyEncryptionAlgorithm")
    if not whole or not isinstance(call.attestation, Attestation):
        raise AwsError("ValidationException", None)


def answer(entropy: Entropy, call: Call, member: str, plaintext: bytes) -> dict[str, Any]:
    """Return the plaintext under its member, or, for an attested call, CiphertextForRecipient in its place.

    "The Plaintext field in the response is null or empty": it is left out. The record tells who the recipient was.
    """
    attestation = call.attestation
    if not isinstance(attestation, Attestation):
        return {member: plaintext}
    call.notes["recipient"] = attestation.record()
    from . import envelopes  # CMS: loaded when an enclave asks

    return {"CiphertextForRecipient": envelopes.seal(plaintext, attestation.public_key, entropy)}
