"""A small simulated enclave: code that runs where nobody looks in, and proves to KMS what it is.

    image = build(code)                  the measurements of an image, as nitro-cli build-enclave tells them
    enclave = run(lab, image, role)      a process of its own, with a key pair of its own
    enclave.send(message)                the only way in, and the only way out

The code has a function `handle(message, enclave)`; `enclave.attest()` gives it a signed attestation document, and
`enclave.open(envelope)` opens a CiphertextForRecipient. Messages are what CBOR can carry: texts, numbers, bytes, lists,
maps. The private key never leaves the process that made it: no name in this one leads to it.

What is simplified stands in docs/enclaves.md. `trust(lab, pem)` lets the account believe another root than the lab's.
"""

from __future__ import annotations

from .images import Image, Signer, build
from .running import Enclave, run, trust

__all__ = ["Enclave", "Image", "Signer", "build", "run", "trust"]
