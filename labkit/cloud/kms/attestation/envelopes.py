"""CiphertextForRecipient: CMS EnvelopedData (RFC 5652) that only the private key of the document's key opens.

Its form is the real service's, octet for octet, as recorded in 2025 (a Nitro Enclave demo, `ned`): BER with indefinite
lengths, one recipient by key identifier, RSAES-OAEP with SHA-256 in both places, AES-256-CBC. What the 32 bytes of the
key identifier are is not known: here the SHA-256 of the public key. `openssl cms -decrypt -inform DER` opens it.
"""

from __future__ import annotations

import hashlib

from asn1crypto import algos, cms, core
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ...core.entropy import Entropy

END = b"\x00\x00"  # of an indefinite length
SEQUENCE, CONTENT = b"\x30\x80", b"\xa0\x80"
VERSION = 2  # "if any RecipientInfo has another version than 0": by key identifier they have 2 (RFC 5652, 6.1, 6.2.1)


def seal(plaintext: bytes, recipient: rsa.RSAPublicKey, entropy: Entropy) -> bytes:
    """Encrypt under a fresh AES key, and that under the recipient's RSA key."""
    key, iv = entropy.token_bytes(32), entropy.token_bytes(16)
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    content = encryptor.update(padder.update(plaintext) + padder.finalize()) + encryptor.finalize()
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    info = _recipient_info(recipient, recipient.encrypt(key, oaep))
    return _enveloped(info, iv, content)


def _recipient_info(recipient: rsa.RSAPublicKey, encrypted_key: bytes) -> bytes:
    der = recipient.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    sha256 = {"algorithm": "sha256", "parameters": core.Null()}
    info = cms.KeyTransRecipientInfo(
        {
            "version": "v2",
            "rid": cms.RecipientIdentifier("subject_key_identifier", hashlib.sha256(der).digest()),
            "key_encryption_algorithm": {
                "algorithm": "rsaes_oaep",
                "parameters": algos.RSAESOAEPParams(
                    {"hash_algorithm": sha256, "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": sha256}}
                ),
            },
            "encrypted_key": encrypted_key,
        }
    )
    return bytes(cms.RecipientInfos([cms.RecipientInfo("ktri", info)]).dump())


def _enveloped(recipients: bytes, iv: bytes, content: bytes) -> bytes:
    """Put it together with indefinite lengths, which the library reads but does not write."""
    algorithm = cms.EncryptionAlgorithm({"algorithm": "aes256_cbc", "parameters": core.OctetString(iv)}).dump()
    return b"".join(
        [
            *(SEQUENCE, cms.ContentType("enveloped_data").dump(), CONTENT),
            *(SEQUENCE, core.Integer(VERSION).dump(), recipients),
            *(SEQUENCE, cms.ContentType("data").dump(), algorithm, CONTENT, core.OctetString(content).dump()),
            END * 5,
        ]
    )
