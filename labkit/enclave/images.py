"""Building an image and measuring it, on any machine: what nitro-cli build-enclave and describe-eif do."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from textwrap import dedent

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ..cloud.core.clock import START
from ..cloud.nitro import images
from ..errors import LabError

HASH = "Sha384 { ... }"  # nitro-cli's own word for the algorithm


class Signer:
    """Whoever signs images: a name, a P-384 key and a certificate of their own.

    The key follows from the name, so that a lab shows the same registers each time. A real one is drawn, and kept.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        drawn = hashlib.shake_256(b"labkit image signer\0" + name.encode()).digest(56)
        curve = ec.SECP384R1()
        self.__key = ec.derive_private_key(int.from_bytes(drawn) % (curve.group_order - 1) + 1, curve)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self.__key.public_key())
            .serial_number(int.from_bytes(drawn[:16]) | 1)
            .not_valid_before(START)
            .not_valid_after(START + timedelta(days=3650))
            .sign(self.__key, hashes.SHA384(), ecdsa_deterministic=True)
        )
        self.certificate: bytes = made.public_bytes(Encoding.DER)

    def sign(self, measured: bytes) -> bytes:
        """Sign a register's value."""
        return self.__key.sign(measured, ec.ECDSA(hashes.SHA384(), deterministic_signing=True))

    def __repr__(self) -> str:
        return f"Signer({self.name!r})"


@dataclass(frozen=True, slots=True)
class Image:
    """An image: its file, and what is measured of it (PCR0, PCR1, PCR2; PCR8 if it is signed), in hexadecimal."""

    file: bytes = field(repr=False)
    measurements: Mapping[str, str]

    def __repr__(self) -> str:
        lines = [f'  "HashAlgorithm": "{HASH}"', *(f'  "{name}": "{pcr}"' for name, pcr in self.measurements.items())]
        return '"Measurements": {\n' + ",\n".join(lines) + "\n}"


def build(code: str, signer: Signer | None = None) -> Image:
    """Build an image of this Python code, which has a function `handle(message, enclave)`.

    The same code gives the same measurements, on any machine. With a `signer`, PCR8 is a measure of its certificate.
    """
    text = dedent(code).strip() + "\n"
    try:
        names = {each.name for each in ast.parse(text).body if isinstance(each, ast.FunctionDef)}
    except (SyntaxError, ValueError) as wrong:
        raise LabError(f"The code of the image is no Python: {wrong}.") from None
    if "handle" not in names:
        raise LabError("The code of an image has a function handle(message, enclave), which answers each message.")
    image = images.Image(text.encode())
    if signer is not None:
        image = images.Image(image.application, signer.certificate, signer.sign(images.measure(image)[0]))
    found = {f"PCR{index}": pcr.hex() for index, pcr in images.measure(image).items()}
    return Image(image.to_bytes(), found)
