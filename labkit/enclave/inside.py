"""What runs inside: makes the key pair, loads the image's code, answers messages. Nothing imports it: it is a script.

It is started with `python -I`: no environment, no files of yours on its path. The first message is the image.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent))

import cbor2
from asn1crypto import cms
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from frames import FrameError, receive, transmit  # type: ignore[import-not-found,unused-ignore]

BITS = 2048  # what AWS's SDK for enclaves speaks of


class Inside:
    """What the code of an image has: documents that prove what it is, and the key that opens what is sent to it."""

    def __init__(self, pipe: tuple[Any, Any]) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

        def attest(user_data: bytes | None = None, nonce: bytes | None = None) -> bytes:
            given = {"public_key": public, "user_data": user_data, "nonce": nonce}
            transmit(pipe[1], {"attest": {name: value for name, value in given.items() if value is not None}})
            document = receive(pipe[0])
            if not isinstance(document, bytes):
                raise RuntimeError(document)
            return document

        def open_(envelope: bytes) -> bytes:
            found = cms.ContentInfo.load(envelope)["content"]
            sealed = found["recipient_infos"][0].chosen["encrypted_key"].native
            oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
            info = found["encrypted_content_info"]
            iv = info["content_encryption_algorithm"]["parameters"].native
            decryptor = Cipher(algorithms.AES(key.decrypt(sealed, oaep)), modes.CBC(iv)).decryptor()
            content = decryptor.update(info["encrypted_content"].native) + decryptor.finalize()
            unpadder = PKCS7(128).unpadder()
            return unpadder.update(content) + unpadder.finalize()

        self.attest = attest
        self.open = open_


def main() -> None:
    """Answer messages until the pipe is closed."""
    pipe = (os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb"))
    sys.stdin = sys.stdout = io.StringIO()
    inside = Inside(pipe)
    handle: Any = None
    told: dict[str, Any]
    while True:
        try:
            message = receive(pipe[0])
        except FrameError:
            return
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            try:
                if handle is None:
                    names: dict[str, Any] = {"__name__": "image"}
                    exec(compile(cbor2.loads(message)["application"], "image", "exec"), names)  # noqa: S102  # the image
                    handle, answer = names["handle"], None
                else:
                    answer = handle(message, inside)
                told = {"answer": answer}
                cbor2.dumps(told)
            except Exception as wrong:  # the code's own: it answers, and goes on
                told = {"raised": type(wrong).__name__, "said": str(wrong)[:2000]}
        transmit(pipe[1], told | {"printed": printed.getvalue()})


if __name__ == "__main__":
    main()
