"""A hypervisor for the tests, and documents of every kind: good ones, and ones with a single fault."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from labkit.cloud.core.clock import START, Clock
from labkit.cloud.core.entropy import Entropy
from labkit.cloud.nitro import certificates
from labkit.cloud.nitro.certificates import Chain, Issuer
from labkit.cloud.nitro.hypervisor import Hypervisor, sealed, sign

INSTANCE, MODULE = "i-0123456789abcdef0", "i-0123456789abcdef0-enc0123456789abcdef"
PCRS = {index: bytes([index]) * 48 for index in range(16)}
HYPERVISOR = Hypervisor(Clock(), Entropy("attested"))
ROOT = HYPERVISOR.root.certificate


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """An enclave's key; one a size for all tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(key: rsa.RSAPrivateKey) -> bytes:
    """The private key as openssl reads it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public(key: Any) -> bytes:
    """A public key as a document has it."""
    der: bytes = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return der


@cache
def chain(now: datetime = START) -> Chain:
    """The certificates of the tests' enclave."""
    return HYPERVISOR.chain(INSTANCE, MODULE, now)


def facts(now: datetime = START, **other: Any) -> dict[str, Any]:
    """What a good document says, and what is to be otherwise; None in `other` leaves a field out."""
    said = {
        "module_id": MODULE,
        "digest": "SHA384",
        "timestamp": int(now.timestamp() * 1000),
        "pcrs": PCRS,
        "certificate": chain(now).leaf.der,
        "cabundle": [each.der for each in chain(now).bundle],
        "public_key": public(rsa_key()),
    }
    return {name: value for name, value in (said | other).items() if value is not None}


def good(now: datetime = START, **other: Any) -> bytes:
    """A document that is accepted, unless `other` says something else."""
    return sign(chain(now), facts(now, **other))


def resealed(change: Callable[[list[Any]], None]) -> bytes:
    """A good document, one part of its COSE_Sign1 structure changed."""
    parts = cbor2.loads(good())
    change(parts)
    return cbor2.dumps(parts)


def by_another_root() -> bytes:
    """A document that is good in itself, of a hypervisor that nobody knows."""
    other = Hypervisor(Clock(), Entropy("another")).chain(INSTANCE, MODULE, START)
    return sign(other, {name: value for name, value in facts().items() if name not in ("certificate", "cabundle")})


def by_its_authority() -> bytes:
    """A document that the instance's certificate signed: it may sign certificates, and here a document, too."""
    *above, authority = chain().bundle
    said = facts(certificate=authority.der, cabundle=[each.der for each in above])
    return sealed(authority.key, cbor2.dumps(said))


def below_its_leaf() -> bytes:
    """A document of a certificate that the last one, which may sign none, has issued to a stranger."""
    stranger = ec.derive_private_key(7, ec.SECP384R1())
    leaf = chain().leaf
    name = leaf.certificate.subject.rfc4514_string().split("CN=")[1].split(",")[0]
    made = certificates._certificate("stranger", stranger, START, timedelta(hours=1), name, leaf.key, None)
    bundle = [*(each.der for each in chain().bundle), leaf.der]
    return sealed(stranger, cbor2.dumps(facts(certificate=Issuer(made, stranger).der, cabundle=bundle)))
