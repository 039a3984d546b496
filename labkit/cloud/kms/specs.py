"""The key specs that KMS knows: what each can be used for, with which algorithms, and how large its material is.

A table and its look-ups; no cryptography here. Sources: botocore's KMS model (CreateKey, GetPublicKey, Sign) and
"Key spec reference" in the AWS KMS Developer Guide.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Family = Literal["symmetric", "hmac", "rsa", "ecc", "ed25519", "ml-dsa", "ml-kem", "sm2"]

ENCRYPT, SIGN, MAC = "ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"
AGREE, ENCAPSULATE = "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE"

ALGORITHMS_MEMBER = MappingProxyType(
    {
        ENCRYPT: "EncryptionAlgorithms",
        SIGN: "SigningAlgorithms",
        MAC: "MacAlgorithms",
        AGREE: "KeyAgreementAlgorithms",
        ENCAPSULATE: "EncapsulationAlgorithms",
    }
)
"""The member of KeyMetadata (and GetPublicKey's answer) that lists a key's algorithms, by its usage."""


@dataclass(frozen=True, slots=True)
class KeySpec:
    """One row of the table. `size` is bytes of symmetric material, or bits of an RSA modulus."""

    name: str
    family: Family
    size: int
    algorithms: MappingProxyType[str, tuple[str, ...]] = field(repr=False)

    @property
    def usages(self) -> tuple[str, ...]:
        """What a key of this spec may be made for."""
        return tuple(self.algorithms)

    @property
    def asymmetric(self) -> bool:
        """Whether there is a public key to download."""
        return self.family not in ("symmetric", "hmac")


def _spec(name: str, family: Family, size: int, **algorithms: tuple[str, ...]) -> KeySpec:
    return KeySpec(name, family, size, MappingProxyType(algorithms))


_OAEP = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
_RSA_SIGNING = tuple(f"RSASSA_{scheme}_SHA_{bits}" for scheme in ("PKCS1_V1_5", "PSS") for bits in (256, 384, 512))
_ECDH = ("ECDH",)

SPECS = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            _spec("SYMMETRIC_DEFAULT", "symmetric", 32, ENCRYPT_DECRYPT=("SYMMETRIC_DEFAULT",)),
            *(
                _spec(f"HMAC_{bits}", "hmac", size, GENERATE_VERIFY_MAC=(f"HMAC_SHA_{bits}",))
                for bits, size in ((224, 28), (256, 32), (384, 48), (512, 64))
            ),
            *(
                _spec(f"RSA_{bits}", "rsa", bits, ENCRYPT_DECRYPT=_OAEP, SIGN_VERIFY=_RSA_SIGNING)
                for bits in (2048, 3072, 4096)
            ),
            _spec("ECC_NIST_P256", "ecc", 32, SIGN_VERIFY=("ECDSA_SHA_256",), KEY_AGREEMENT=_ECDH),
            _spec("ECC_NIST_P384", "ecc", 48, SIGN_VERIFY=("ECDSA_SHA_384",), KEY_AGREEMENT=_ECDH),
            _spec("ECC_NIST_P521", "ecc", 66, SIGN_VERIFY=("ECDSA_SHA_512",), KEY_AGREEMENT=_ECDH),
            _spec("ECC_SECG_P256K1", "ecc", 32, SIGN_VERIFY=("ECDSA_SHA_256",)),
            _spec("ECC_NIST_EDWARDS25519", "ed25519", 32, SIGN_VERIFY=("ED25519_SHA_512", "ED25519_PH_SHA_512")),
            *(_spec(f"ML_DSA_{level}", "ml-dsa", 32, SIGN_VERIFY=("ML_DSA_SHAKE_256",)) for level in (44, 65, 87)),
            *(_spec(f"ML_KEM_{size}", "ml-kem", 64, ENCAPSULATE_DECAPSULATE=("ML_KEM",)) for size in (512, 768, 1024)),
            _spec("SM2", "sm2", 32, ENCRYPT_DECRYPT=("SM2PKE",), SIGN_VERIFY=("SM2DSA",), KEY_AGREEMENT=_ECDH),
        )
    }
)
"""Every key spec of the model, by name."""

SYMMETRIC = SPECS["SYMMETRIC_DEFAULT"]

NOT_SIMULATED = frozenset({"ML_KEM_512"})
"""Specs that the cryptography library does not offer; the ledger says what happens instead."""

ONLY_IN_CHINA = frozenset({"SM2"})
"""Specs that exist in the China Regions alone (botocore's CreateKey documentation)."""


def oaep_limit(spec: KeySpec, algorithm: str) -> int:
    """Return the most bytes that RSAES-OAEP can take: modulus - 2 * hash - 2 (RFC 8017, 7.1.1)."""
    digest = 20 if algorithm == "RSAES_OAEP_SHA_1" else 32
    return spec.size // 8 - 2 * digest - 2
