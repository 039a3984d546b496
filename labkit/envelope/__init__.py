"""Files of any size under a KMS key: a data key for each file, AES-GCM in frames, all of it authenticated.

Touches what it is given: a boto3 KMS client, file objects, and in `encrypt_file` and `decrypt_file` two paths. Knows
nothing of the lab: it works on any account. The format is described in `header.py` (what stands at the front) and
`frames.py` (what follows); notebooks/08-envelope-encryption.ipynb builds it step by step.

    envelope.encrypt_file("log.csv", "log.env", kms, "alias/app", {"file": "log.csv"})
    envelope.decrypt_file("log.env", "log.csv", kms, "alias/app", {"file": "log.csv"})

**What a reader may rely on.** No byte leaves before its frame is verified. But a file is verified to its end only when
`decrypt` has returned: until then a target holds frames that are genuine and in their place, and perhaps not all of
them. So treat a target as worthless if `decrypt` raises. `decrypt_file` does that for you: it writes beside the target,
and gives the result its name only at the end.

**What is wiped.** Derived keys and frame buffers are overwritten as soon as they have served. What boto3 hands over is
`bytes`, which Python can't overwrite: copies of the data key stay in memory until the memory is used again, and so does
the copy inside the cipher's library. A dump of the process shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import (
    DamagedFrame,
    EnvelopeError,
    HeaderChanged,
    KeyRefused,
    NotAnEnvelope,
    TrailingData,
    Truncated,
    UnknownVersion,
    WrongContext,
)
from .files import Path, written_whole
from .frames import Progress, open_frames, seal_frames
from .header import FRAME_BYTES, Header, read_header, read_parts
from .keys import frame_cipher, new_data_key, opened_data_key, wiped
from .streams import Source, Target, write_all

__all__ = [
    "FRAME_BYTES",
    "DamagedFrame",
    "EnvelopeError",
    "Header",
    "HeaderChanged",
    "KeyRefused",
    "NotAnEnvelope",
    "TrailingData",
    "Truncated",
    "UnknownVersion",
    "WrongContext",
    "decrypt",
    "decrypt_file",
    "encrypt",
    "encrypt_file",
    "read_header",
]


def encrypt(
    source: Source,
    target: Target,
    kms: Any,
    key_id: str,
    context: Mapping[str, str],
    progress: Progress | None = None,
    frame_bytes: int = FRAME_BYTES,
) -> None:
    """Read `source` to its end and write an envelope to `target`, in one pass and in constant memory.

    `kms` is a boto3 client; `key_id` an id, ARN or alias of a symmetric encryption key (one call of GenerateDataKey).
    `context` is the encryption context: text that the reader must know too, and that is not secret. `progress` is
    called after each frame with the number of bytes that have been read. KeyRefused where KMS refuses.
    """
    data_key, wrapped_key = new_data_key(kms, key_id, context)
    with wiped(data_key):
        header = Header(wrapped_key, dict(context), frame_bytes)
        packed = header.packed()
        cipher, commitment = frame_cipher(data_key, packed)
    write_all(target, memoryview(packed + commitment))
    seal_frames(source, target, cipher, frame_bytes, progress)


def decrypt(
    source: Source,
    target: Target,
    kms: Any,
    key_id: str,
    context: Mapping[str, str],
    progress: Progress | None = None,
) -> None:
    """Read an envelope from `source` and write its contents to `target`, frame by verified frame.

    `key_id` and `context` are those that you expect, whatever the envelope says of itself (one call of Decrypt).
    `progress` is called after each frame with the number of bytes that have been written. Raises an EnvelopeError for
    whatever is wrong with the envelope; then what `target` holds is not to be used.
    """
    header, packed, expected = read_parts(source)
    if header.context != dict(context):
        raise WrongContext(header.context, context)
    data_key = opened_data_key(kms, key_id, header.wrapped_key, context)
    with wiped(data_key):
        cipher, commitment = frame_cipher(data_key, packed)
    if commitment != expected:  # neither of the two is a secret: no need for a comparison in constant time
        raise HeaderChanged("The header is not the one that this data key was made for: a field has been changed.")
    open_frames(source, target, cipher, header.frame_bytes, progress)


def encrypt_file(
    source: Path, target: Path, kms: Any, key_id: str, context: Mapping[str, str], progress: Progress | None = None
) -> None:
    """`encrypt` from path to path. The target appears when it is complete, or not at all."""
    with written_whole(target) as to, open(source, "rb", buffering=0) as plain:
        encrypt(plain, to, kms, key_id, context, progress)


def decrypt_file(
    source: Path, target: Path, kms: Any, key_id: str, context: Mapping[str, str], progress: Progress | None = None
) -> None:
    """`decrypt` from path to path. The target appears when all of it is verified, or not at all."""
    with written_whole(target) as to, open(source, "rb", buffering=0) as sealed:
        decrypt(sealed, to, kms, key_id, context, progress)
