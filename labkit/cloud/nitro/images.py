"""Enclave images and their measurements: the platform configuration registers (PCRs).

An image of the lab is CBOR with a kernel, an application and, where it is signed, a certificate and a signature. The
registers are what AWS says they are a measure of ("Where to get an enclave's measurements"), made as nitro-cli makes
them: SHA-384, extended from zeros. Simplified: no boot ramdisk, no sections and headers of a real EIF.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import cbor2
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

SIZE = 48  # bytes of a register: SHA-384
REGISTERS = 16
"""How many a document shows, 0 to 15, as those of real enclaves do."""
ZEROS = bytes(SIZE)
KERNEL = b"the kernel of every enclave in the lab, version 1"
DEBUG = (0, 1, 2)
"""What debug mode sets to zeros. The user guide says all registers ("PCRs that are made up entirely of zeros"); other
readers of AWS's nitro-cli say all but PCR3, PCR4 and PCR8, which is done here (the ledger has both)."""


@dataclass(frozen=True, slots=True)
class Image:
    """What is in an image: the application's code, and who signed it, if anybody."""

    application: bytes
    certificate: bytes = b""  # DER
    signature: bytes = b""

    def to_bytes(self) -> bytes:
        """Return the image as a file: the same bytes for the same contents."""
        parts = {"kernel": KERNEL, "application": self.application}
        if self.certificate:
            parts |= {"certificate": self.certificate, "signature": self.signature}
        return cbor2.dumps(parts, canonical=True)


def read(file: bytes) -> Image:
    """Return what is in an image file; ValueError where it is none, or its signature is not its certificate's."""
    try:
        parts = cbor2.loads(file)
        image = Image(parts["application"], parts.get("certificate", b""), parts.get("signature", b""))
        sound = parts["kernel"] == KERNEL and image.to_bytes() == file
    except (cbor2.CBORDecodeError, KeyError, TypeError, AttributeError, ValueError) as wrong:
        raise ValueError("This is no enclave image of the lab: build one with labkit.enclave.build.") from wrong
    if not sound:
        raise ValueError("This is no enclave image of the lab: build one with labkit.enclave.build.")
    _require_signature(image)
    return image


def _require_signature(image: Image) -> None:
    """Refuse what was changed after it was signed: "the enclave fails to boot" (image signing, nitro-cli)."""
    if not image.certificate:
        return
    try:
        public = x509.load_der_x509_certificate(image.certificate).public_key()
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise InvalidSignature
        public.verify(image.signature, measure(image)[0], ec.ECDSA(hashes.SHA384()))
    except (ValueError, InvalidSignature):
        raise ValueError("The image's signature is not of its certificate: it was changed after signing.") from None


def measure(image: Image) -> dict[int, bytes]:
    """Return the registers that the image alone decides: 0 the whole, 1 the kernel, 2 the application, 8 its signer."""
    found = {0: extended(KERNEL + image.application), 1: extended(KERNEL), 2: extended(image.application)}
    if image.certificate:
        found[8] = extended(image.certificate)
    return found


def extended(content: bytes) -> bytes:
    """Return a register that was extended once, from zeros, with the hash of this."""
    return hashlib.sha384(ZEROS + hashlib.sha384(content).digest()).digest()


def of_parent(name: str) -> bytes:
    """Return the register of a parent's role ARN (3) or instance id (4): AWS's guide has this very recipe."""
    return hashlib.sha384(ZEROS + name.encode()).digest()


def registers(image: Image, role_arn: str, instance_id: str, mode: str) -> Mapping[int, bytes]:
    """Return all registers of a running enclave; `mode` is "production" or "debug"."""
    found = dict.fromkeys(range(REGISTERS), ZEROS) | measure(image)
    found |= {3: of_parent(role_arn), 4: of_parent(instance_id)}
    return found | (dict.fromkeys(DEBUG, ZEROS) if mode == "debug" else {})
