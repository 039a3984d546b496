"""The simulated Nitro System: what measures an enclave's image, and signs what it has measured.

Its certificates chain to a *lab root*, in place of AWS's G1 root: a document from here opens nothing on a real account,
and a real one opens nothing here unless its root is trusted (`Kms.trust_attestation_root`).
Knows nothing of KMS. KMS's own verification stands in kms/attestation/ and shares no code with it.
"""
