"""The Nitro Hypervisor of the lab: runs no code, but knows what runs, and signs attestation documents about it.

A document is COSE_Sign1 (ES384) around CBOR, untagged, as real ones are. Source: aws-nitro-enclaves-nsm-api,
docs/attestation_process.md; AWS Nitro Enclaves User Guide, "Verifying the root of trust".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from ..core.clock import Clock
from ..core.entropy import Entropy
from . import images
from .certificates import Chain, Issuer, chain, root

ES384 = -35
MOST = {"public_key": 1024, "user_data": 512, "nonce": 512}
"""How many bytes an enclave may have signed beside its registers."""
MODES = ("production", "debug")


@dataclass(frozen=True, slots=True)
class Running:
    """An enclave that runs: its id and its registers."""

    module_id: str
    account: str
    instance_id: str
    pcrs: Mapping[int, bytes]


class Hypervisor:
    """Launches enclaves and signs documents for them."""

    def __init__(self, clock: Clock, entropy: Entropy) -> None:
        self._clock = clock
        self._entropy = entropy
        self._seed = entropy.token_bytes(32)
        self._root: Issuer | None = None
        self._running: dict[str, Running] = {}

    @property
    def root(self) -> Issuer:
        """The lab root, made when it is first asked for."""
        if self._root is None:
            self._root = root(self._seed)
        return self._root

    def run(self, image: bytes, role_arn: str, instance_id: str, mode: str) -> Running:
        """Measure an image and start an enclave from it; ValueError where it is no image, or was changed."""
        if mode not in MODES:
            raise ValueError(f'An enclave runs in the mode "production" or "debug", not {mode!r}.')
        pcrs = images.registers(images.read(image), role_arn, instance_id, mode)
        module = f"{instance_id}-enc{self._entropy.token_hex(16)}"
        self._running[module] = Running(module, role_arn.split(":")[4], instance_id, pcrs)
        return self._running[module]

    def forget(self, account: str) -> None:
        """End the enclaves on an account's instances."""
        self._running = {name: each for name, each in self._running.items() if each.account != account}

    def attest(self, module_id: str, **signed: bytes) -> bytes:
        """Sign a document for a running enclave; `signed` are public_key, user_data and nonce, where it gave any."""
        enclave = self._running.get(module_id)
        if enclave is None:
            raise ValueError(f"No enclave {module_id} is running.")
        for name, value in signed.items():
            if len(value) > MOST[name]:
                raise ValueError(f"{name} may have {MOST[name]} bytes, and has {len(value)}.")
        now = self._clock.now()
        return document(self.chain(enclave.instance_id, module_id, now), module_id, now, enclave.pcrs, **signed)

    def terminate(self, module_id: str) -> None:
        """End an enclave: no document is signed for it any more."""
        self._running.pop(module_id, None)

    def chain(self, instance_id: str, module_id: str, now: datetime) -> Chain:
        """Return the certificates that sign for this enclave from now on."""
        return chain(self.root, self._seed, instance_id, module_id, now)


def document(signer: Chain, module_id: str, now: datetime, pcrs: Mapping[int, bytes], **signed: bytes) -> bytes:
    """Return a signed document of these facts."""
    facts: dict[str, Any] = {
        "module_id": module_id,
        "digest": "SHA384",
        "timestamp": int(now.timestamp() * 1000),
        "pcrs": dict(pcrs),
    }
    return sign(signer, facts | signed)


def sign(signer: Chain, facts: Mapping[str, Any]) -> bytes:
    """Sign any facts, with the chain among them."""
    chained = {"certificate": signer.leaf.der, "cabundle": [each.der for each in signer.bundle]}
    return sealed(signer.leaf.key, cbor2.dumps(chained | dict(facts)))


def sealed(key: ec.EllipticCurvePrivateKey, payload: bytes) -> bytes:
    """Put a payload into COSE_Sign1 (RFC 9052) with ES384: the signature is r and s, 48 bytes each."""
    protected = cbor2.dumps({1: ES384})
    signed = cbor2.dumps(["Signature1", protected, b"", payload])
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA384(), deterministic_signing=True)))
    return cbor2.dumps([protected, {}, payload, r.to_bytes(48) + s.to_bytes(48)])
