"""The certificates of a document: from a root that is trusted down to the one whose key signed.

"Semantical validation" (aws-nitro-enclaves-nsm-api, docs/attestation_process.md, 3.2.3 and 3.2.4): validity of all,
basic constraints, key usage, the chain itself. "We do not use CRL."
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from .documents import Document, Envelope, Unsound

LONGEST = 8  # certificates; AWS's chains have five


def verify(document: Document, signed: Envelope, roots: Sequence[x509.Certificate], now: datetime) -> None:
    """Unsound unless the chain is whole, rests on a root that is trusted, is valid now, and signed the document."""
    if len(document.cabundle) >= LONGEST:
        raise Unsound("its chain of certificates is too long")
    chain = [_read(each) for each in (*document.cabundle, document.certificate)]
    if chain[0] not in roots:
        raise Unsound("its chain of certificates does not begin with a root that is trusted")
    for above, below in pairwise(chain):
        _require_issued(above, below)
    for number, each in enumerate(chain):
        _require_valid(each, now)
        _require_purpose(each, len(chain) - 2 - number)
    _require_signature(chain[-1], signed)


def _read(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except (ValueError, TypeError) as wrong:
        raise Unsound("one of its certificates is none") from wrong


def _require_issued(above: x509.Certificate, below: x509.Certificate) -> None:
    try:
        _public_key(above)
        below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as wrong:
        raise Unsound("one of its certificates is not signed by the one above it") from wrong


def _require_valid(certificate: x509.Certificate, now: datetime) -> None:
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise Unsound(
            f"one of its certificates is valid from {certificate.not_valid_before_utc:%Y-%m-%d %H:%M:%S} to "
            f"{certificate.not_valid_after_utc:%Y-%m-%d %H:%M:%S}, and it is {now:%Y-%m-%d %H:%M:%S}"
        )


def _require_purpose(certificate: x509.Certificate, below: int) -> None:
    """Check basic constraints and key usage; `below` is how many certificates of authorities follow, -1 for the last.

    "No certificate was used to create a chain longer than its pathLenConstraint."
    """
    constraints, usage = _extension(certificate, x509.BasicConstraints), _extension(certificate, x509.KeyUsage)
    authority = below >= 0
    if usage is None or not (usage.key_cert_sign if authority else usage.digital_signature):
        raise Unsound("one of its certificates may not be used for what it was used for (key usage)")
    if authority:
        depth = constraints.path_length if constraints is not None else None
        if constraints is None or not constraints.ca or (depth is not None and depth < below):
            raise Unsound("one of its certificates may not have so many below it (basic constraints)")
    elif constraints is not None and constraints.path_length is not None:
        raise Unsound("the certificate that signed has a path length (basic constraints)")


def _extension(certificate: x509.Certificate, kind: Any) -> Any:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    except (ValueError, TypeError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as wrong:
        raise Unsound("one of its certificates has an extension that can't be read") from wrong


def _require_signature(leaf: x509.Certificate, signed: Envelope) -> None:
    public, half = _public_key(leaf), len(signed.signature) // 2
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP384R1):
        raise Unsound("the key of the certificate that signed is not of P-384")
    r, s = (int.from_bytes(part) for part in (signed.signature[:half], signed.signature[half:]))
    try:
        public.verify(encode_dss_signature(r, s), signed.signed(), ec.ECDSA(hashes.SHA384()))
    except InvalidSignature:
        raise Unsound("its signature is not of its certificate's key: it was changed after signing") from None


def _public_key(certificate: x509.Certificate) -> Any:
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as wrong:
        raise Unsound("the key of one of its certificates can't be read") from wrong
