"""Megabytes a second of labkit.envelope, beside bare AES-GCM and beside AWS's Encryption SDK. Run by `make bench`.

All read the same bytes from memory, in one process, in turn, in one run, by processor time:

    AES-GCM          `cryptography`'s AESGCM alone, one call for each frame's bytes: nothing is read, copied or kept
    labkit.envelope  from memory (BytesIO) to a stream: framed, verified
    ... read         the same from a stream that must be read, as a file or a socket: one copy more
    SDK              AWS's, from a stream, with the same frame size: its default suite (which also signs), and unsigned
    ... default      the same with the frame size that it has by default, 4096 bytes

KMS is a constant here, so that only the work on the data counts. The figure to hold: labkit.envelope reaches at least
0.80 of AES-GCM, sealing and opening, from memory as that does.
"""

from __future__ import annotations

import io
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import aws_encryption_sdk
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import AesWrappingAlg, CreateRawAesKeyringInput
from aws_encryption_sdk.identifiers import Algorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from labkit import envelope

TO_HOLD = 0.80
SIZE = 16 * 1024 * 1024
ROUNDS = int(os.environ.get("ROUNDS", "3")) * 11
SDK_ROUNDS = 2
FRAME = envelope.FRAME_BYTES
CONTEXT = {"purpose": "benchmark"}
SUITES = {
    "signed": Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384,
    "unsigned": Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY,
}


class Constant:
    """A KMS that answers at once."""

    def generate_data_key(self, **_: Any) -> dict[str, bytes]:
        """The one data key."""
        return {"Plaintext": bytes(32), "CiphertextBlob": b"wrapped"}

    def decrypt(self, **_: Any) -> dict[str, bytes]:
        """The same."""
        return {"Plaintext": bytes(32)}


class Nowhere:
    """A target that keeps nothing."""

    def write(self, data: Any) -> int:
        """Taken."""
        return len(data)


class Read(io.BytesIO):
    """A source that gives its bytes by copying them."""


def rate(work: Callable[[], object]) -> float:
    """MB of plaintext for each second of processor time."""
    start = time.process_time()
    work()
    return SIZE / (time.process_time() - start) / 1e6


def bare(data: bytes) -> tuple[Callable[[], object], Callable[[], object]]:
    """AES-GCM alone: sealing, opening."""
    cipher, view = AESGCM(bytes(32)), memoryview(data)
    places = range(0, SIZE, FRAME)
    sealed = [cipher.encrypt(place.to_bytes(12), view[place : place + FRAME], None) for place in places]

    def seal() -> None:
        for place in places:
            cipher.encrypt(place.to_bytes(12), view[place : place + FRAME], None)

    def unseal() -> None:
        for place, frame in zip(places, sealed, strict=True):
            cipher.decrypt(place.to_bytes(12), frame, None)

    return seal, unseal


def ours(data: bytes, source: type[io.BytesIO]) -> tuple[Callable[[], object], Callable[[], object]]:
    """labkit.envelope from such a source: sealing, opening."""
    kms, sealed = Constant(), io.BytesIO()
    envelope.encrypt(io.BytesIO(data), sealed, kms, "alias/bench", CONTEXT)
    content = sealed.getvalue()
    return (
        lambda: envelope.encrypt(source(data), Nowhere(), kms, "alias/bench", CONTEXT),
        lambda: envelope.decrypt(source(content), Nowhere(), kms, "alias/bench", CONTEXT),
    )


def sdk(data: bytes, suite: Algorithm, frame: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """The Encryption SDK's streams, with a key that is at hand: sealing, opening."""
    providers = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())
    keyring = providers.create_raw_aes_keyring(
        CreateRawAesKeyringInput(
            key_namespace="bench",
            key_name="bench",
            wrapping_key=bytes(32),
            wrapping_alg=AesWrappingAlg.ALG_AES256_GCM_IV12_TAG16,
        )
    )
    client = aws_encryption_sdk.EncryptionSDKClient()

    def through(mode: str, content: bytes, **more: Any) -> bytes:
        with client.stream(mode=mode, source=io.BytesIO(content), keyring=keyring, **more) as stream:
            return b"".join(iter(lambda: stream.read(FRAME), b""))

    asked = {"algorithm": suite, "frame_length": frame, "encryption_context": CONTEXT}
    content = through("e", data, **asked)
    return lambda: through("e", data, **asked), lambda: through("d", content)


def main() -> int:
    """Measure in turn, print the medians and the ratios; 1 where the figure to hold is not reached."""
    data = os.urandom(SIZE)
    contenders = {"AES-GCM": bare(data), "labkit.envelope": ours(data, io.BytesIO), "... read": ours(data, Read)}
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, (seal, unseal) in contenders.items():
            rates[name].append((rate(seal), rate(unseal)))
    for name, suite in SUITES.items():
        for frame, label in ((FRAME, ""), (4096, ", default frames")):
            seal, unseal = sdk(data, suite, frame)
            rates[f"SDK {name}{label}"] = [(rate(seal), rate(unseal)) for _ in range(SDK_ROUNDS)]
    print(f"MB/s of processor time, median; frames of {FRAME} bytes")
    medians = {
        name: [statistics.median(column) for column in zip(*taken, strict=True)] for name, taken in rates.items()
    }
    print(f"{'':<28}{'seal':>8}{'open':>8}   of AES-GCM")
    for name, both in medians.items():
        ratios = [mine / base for mine, base in zip(both, medians["AES-GCM"], strict=True)]
        print(
            f"{name:<28}" + "".join(f"{value:>8.0f}" for value in both) + "   " + " ".join(f"{r:.2f}" for r in ratios)
        )
    paired = [
        statistics.median(
            mine[side] / base[side] for mine, base in zip(rates["labkit.envelope"], rates["AES-GCM"], strict=True)
        )
        for side in (0, 1)
    ]
    print(f"labkit.envelope / AES-GCM: seal {paired[0]:.2f}, open {paired[1]:.2f} (to hold: {TO_HOLD:.2f})")
    return 0 if min(paired) >= TO_HOLD else 1


if __name__ == "__main__":
    sys.exit(main())
