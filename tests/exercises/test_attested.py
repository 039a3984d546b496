"""Which attestation documents a check of permissions tries: those that can occur, and no others."""

from __future__ import annotations

from labkit.exercises.reach.attested import ZEROS, document, documents, in_words

NAME = "kms:RecipientAttestation:"
IMAGE = "ab" * 48


def test_image_and_pcr0_are_one() -> None:
    """Whichever a policy names, both come, with the same value, in lower case."""
    for name in ("imagesha384", "pcr0"):
        made = list(documents({f"{NAME.lower()}{name}": [IMAGE.upper()]}))
        assert {} in made
        values = [each.get(f"{NAME}ImageSha384") for each in made if each]
        assert values == [each.get(f"{NAME}PCR0") for each in made if each]
        assert {IMAGE, ZEROS} < set(values)


def test_a_document_has_all_registers_or_there_is_none() -> None:
    """An enclave's has sixteen; a NitroTPM's are others, and never come with an enclave's."""
    made = list(documents({f"{NAME.lower()}pcr8": [IMAGE], f"{NAME.lower()}nitrotpmpcr4": [IMAGE]}))
    kinds = {frozenset("tpm" if "TPM" in name else "enclave" for name in each) for each in made}
    assert kinds == {frozenset(), frozenset({"enclave"}), frozenset({"tpm"})}
    assert {len(each) for each in made if f"{NAME}PCR0" in each} == {17}


def test_documents_have_words() -> None:
    """As a check tells a learner what it has found."""
    assert in_words({}) == "without a document"
    assert in_words(document({"PCR8": IMAGE})) == "with a debug enclave's document"
    assert in_words(document({"PCR0": IMAGE})) == "with a document whose PCR0 is abababab…"
    assert in_words({f"{NAME}NitroTPMPCR4": IMAGE}) == "with a NitroTPM's document"
