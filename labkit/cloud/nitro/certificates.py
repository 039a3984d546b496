"""The lab root, and the chain below it: Region, zone, instance, and the certificate that signs documents.

The lifetimes are those of real chains (measured by others in 2026): three weeks, six days, a day, three hours. All
keys come from the account's entropy, and signatures are deterministic (RFC 6979): a chain is the same at each run.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

ROOT_NAME = "lab.nitro-enclaves"  # AWS's own is "aws.nitro-enclaves"
BORN = datetime(2019, 10, 28, 13, 28, 5, tzinfo=UTC)  # the day of AWS's G1 root; that one, too, lasts thirty years
LIFE = timedelta(days=30 * 365)
BELOW = (("region", timedelta(weeks=3)), ("zone", timedelta(days=6)), ("instance", timedelta(days=1)))
LEAF = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Issuer:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def der(self) -> bytes:
        """The certificate's bytes."""
        return self.certificate.public_bytes(Encoding.DER)


@dataclass(frozen=True, slots=True)
class Chain:
    """What signs a document: the certificates from the root down, and the last one apart."""

    bundle: tuple[Issuer, ...]
    leaf: Issuer


def root(seed: bytes) -> Issuer:
    """Return the lab root of this seed: signed by itself, for thirty years."""
    key = _key(seed, ROOT_NAME)
    return Issuer(_certificate(ROOT_NAME, key, BORN, LIFE, ROOT_NAME, key, len(BELOW)), key)


def chain(top: Issuer, seed: bytes, instance_id: str, module_id: str, now: datetime) -> Chain:
    """Return a chain below this root for a running enclave, valid from now on."""
    bundle = [top]
    for number, (kind, life) in enumerate(BELOW):
        name = f"{instance_id if kind == 'instance' else kind}.{ROOT_NAME}"
        bundle.append(_below(bundle[-1], seed, name, now, life, len(BELOW) - number - 1))
    return Chain(tuple(bundle), _below(bundle[-1], seed, f"{module_id}.{ROOT_NAME}", now, LEAF, None))


def _below(above: Issuer, seed: bytes, name: str, now: datetime, life: timedelta, depth: int | None) -> Issuer:
    key = _key(seed, name)
    issuer = above.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    return Issuer(_certificate(name, key, now, life, str(issuer), above.key, depth), key)


def _key(seed: bytes, name: str) -> ec.EllipticCurvePrivateKey:
    """The key of this name: 64 bits more than needed, reduced (FIPS 186-5, A.2.1)."""
    curve = ec.SECP384R1()
    drawn = hashlib.shake_256(b"labkit nitro\0" + seed + name.encode()).digest(56)
    return ec.derive_private_key(int.from_bytes(drawn) % (curve.group_order - 1) + 1, curve)


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    start: datetime,
    life: timedelta,
    issuer: str,
    signer: ec.EllipticCurvePrivateKey,
    depth: int | None,
) -> x509.Certificate:
    """A certificate; one with a `depth` may sign others, as many levels down, one without signs documents."""
    ca = depth is not None
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
         "decipher_only"), False,
    )  # fmt: skip
    number = int.from_bytes(hashlib.sha256(f"{name} {start.timestamp()}".encode()).digest()[:16]) | 1
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(number)
        .not_valid_before(start)
        .not_valid_after(start + life)
        .add_extension(x509.BasicConstraints(ca, depth), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=ca, crl_sign=ca, **usage), critical=True)
    )
    return builder.sign(signer, hashes.SHA384(), ecdsa_deterministic=True)


def _name(common: str) -> x509.Name:
    """A subject as the guide has it: CN, C=US, O=Amazon, OU=AWS. Here it says whose it is."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "labkit"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "simulated"),
            x509.NameAttribute(NameOID.COMMON_NAME, common[:64]),
        ]
    )
