"""A KMS without a gateway: calls made by hand, each taking one lab second, by an identified caller."""

from __future__ import annotations

import itertools
import os
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

from labkit.cloud.core.call import Call, Principal
from labkit.cloud.core.clock import Clock
from labkit.cloud.core.entropy import Entropy
from labkit.cloud.core.errors import AwsError
from labkit.cloud.kms import Happening, Kms
from labkit.cloud.kms.model import Key
from labkit.cloud.kms.operations import HANDLERS

from . import attested

ACCOUNT, REGION = "111122223333", "us-east-1"


class World:
    """One Kms and its clock; `last` is the last call, for its notes and targets."""

    account, region = ACCOUNT, REGION

    def __init__(self) -> None:
        self.clock = Clock()
        self.entropy = Entropy("kms tests")
        self.kms = Kms(self.clock, self.entropy, HANDLERS)
        self.happened: list[Happening] = []
        self.last: Call | None = None
        self._numbers = itertools.count(1)

    def call(self, operation: str, /, *, region: str = REGION, account: str = ACCOUNT, **params: Any) -> dict[str, Any]:
        """Do as the gateway does: what time has done, plan, (authorize,) perform."""
        who = Principal("IAMUser", account, f"arn:aws:iam::{account}:user/alice", "AIDAEXAMPLE", "alice")
        number = f"00000000-0000-4000-8000-{next(self._numbers):012d}"
        call = Call("kms", operation, region, params, self.clock.tick(), number, who)
        self.last = call
        self.happened += self.kms.due(call.time)
        call.targets = self.kms.plan(call)
        return self.kms.perform(call)

    def recipient(self, **other: Any) -> dict[str, Any]:
        """A Recipient of the tests' enclave, as of now; `other` is what its document says otherwise."""
        self.kms.trust_attestation_root(attested.ROOT)
        document = attested.good(self.clock.now(), **other)
        return {"AttestationDocument": document, "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256"}

    def refused(self, operation: str, /, **params: Any) -> AwsError:
        """The error of a call that must not succeed."""
        with pytest.raises(AwsError) as caught:
            self.call(operation, **params)
        return caught.value

    def create(self, **params: Any) -> dict[str, Any]:
        """CreateKey's KeyMetadata."""
        return self.call("CreateKey", **params)["KeyMetadata"]

    def key(self, arn: str) -> Key:
        """The key itself."""
        key = self.kms.key(arn)
        assert key is not None
        return key

    def state(self, key_id: str, region: str = REGION) -> str:
        """The key's state, as DescribeKey tells it."""
        return self.call("DescribeKey", KeyId=key_id, region=region)["KeyMetadata"]["KeyState"]

    def advance(self, **distance: float) -> list[Happening]:
        """Move the clock; answers what happened by itself meanwhile."""
        self.clock.advance(timedelta(**distance))
        happened = self.kms.due(self.clock.now())
        self.happened += happened
        return happened

    def parameters(
        self, key_id: str, algorithm: str = "RSAES_OAEP_SHA_256", spec: str = "RSA_2048", region: str = REGION
    ) -> dict[str, Any]:
        """GetParametersForImport."""
        return self.call(
            "GetParametersForImport", KeyId=key_id, WrappingAlgorithm=algorithm, WrappingKeySpec=spec, region=region
        )

    def bring(
        self, key_id: str, secret: bytes, algorithm: str = "RSAES_OAEP_SHA_256", region: str = REGION, **params: Any
    ) -> dict[str, Any]:
        """Import material, wrapped as a customer would; it does not expire unless `params` say so."""
        given = self.parameters(key_id, algorithm, region=region)
        params = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"} | params
        wrapped = wrap(given["PublicKey"], secret, algorithm)
        return self.call(
            "ImportKeyMaterial",
            KeyId=key_id,
            ImportToken=given["ImportToken"],
            EncryptedKeyMaterial=wrapped,
            region=region,
            **params,
        )


def wrap(public_der: bytes, secret: bytes, algorithm: str) -> bytes:
    """Wrap key material as "Importing key material step 3" tells customers to."""
    public_key = load_der_public_key(public_der)
    digest = hashes.SHA1() if algorithm.endswith("SHA_1") else hashes.SHA256()
    oaep = padding.OAEP(padding.MGF1(digest), digest, None)
    if algorithm.startswith("RSAES"):
        return public_key.encrypt(secret, oaep)
    aes = os.urandom(32)
    return public_key.encrypt(aes, oaep) + aes_key_wrap_with_padding(aes, secret)


@pytest.fixture
def world() -> World:
    """A fresh, empty KMS."""
    return World()


@pytest.fixture(scope="module")
def shared() -> World:
    """One KMS for a whole file: for tests that make slow keys and change nothing."""
    return World()


@pytest.fixture(scope="session")
def wrapped_by():
    """`wrap`, for tests that make an import by hand."""
    return wrap
