"""Attested calls: what KMS makes of the `Recipient` of a request.

    recipients     what the operations ask: is there one, is it good, how is it answered
    verifying      the whole of it: a document's bytes → an `Attestation`, or why it is none
    documents      CBOR, COSE, and the rules for each field
    chains         the certificates, from the root that is trusted to the one that signed
    envelopes      CiphertextForRecipient

Sources: AWS Nitro Enclaves User Guide, "Verifying the root of trust"; aws-nitro-enclaves-nsm-api,
docs/attestation_process.md; KMS Developer Guide, "Cryptographic attestation support"; an attested call recorded in 2025
(a Nitro Enclave demo, `ned`).
"""
