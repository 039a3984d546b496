"""External keys in a token behind PKCS #11: in SoftHSM, or in a real hardware security module.

The material never leaves the token: the proxy hands in plaintext and gets ciphertext. python-pkcs11 is imported when
a token is opened. A token object is a key if it is AES with 256 bits; its label is the external key's id.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import run
from types import ModuleType
from typing import Any

from .framing import TAG
from .keys import USUAL, ExternalKey, Instance, invalid

SOFTHSM = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
"""Where distributions put SoftHSM's library."""


class NoToken(RuntimeError):
    """PKCS #11 can't be used here; the message says what is missing."""


def softhsm() -> str:
    """Find SoftHSM's library; NoToken where it is not installed."""
    found = next((path for path in SOFTHSM if Path(path).exists()), None)
    if found is None:
        raise NoToken("SoftHSM is not installed here: on Debian, `apt install softhsm2`.")
    return found


def new_softhsm_token(folder: Path, label: str, pin: str) -> None:
    """Make an empty SoftHSM token in a folder; SOFTHSM2_CONF of this process points there from now on."""
    tokens = folder / "tokens"
    tokens.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", pin]
    try:
        done = run(command, capture_output=True, text=True, check=False)  # noqa: S603  # a fixed command
    except FileNotFoundError:
        raise NoToken("softhsm2-util is not installed here: on Debian, `apt install softhsm2`.") from None
    if done.returncode:
        raise NoToken(f"SoftHSM made no token: {done.stderr.strip() or done.stdout.strip()}")


class Pkcs11Keys:
    """The AES keys of one token. One session, used by one request at a time."""

    vendor = "PKCS #11"

    def __init__(self, library: str, token: str, pin: str) -> None:
        self._pkcs11 = _module()
        try:
            self._session: Any = self._pkcs11.lib(library).get_token(token_label=token).open(rw=True, user_pin=pin)
        except (self._pkcs11.exceptions.PKCS11Error, RuntimeError) as wrong:
            raise NoToken(f"The token {token!r} can't be opened: {type(wrong).__name__} {wrong}".strip()) from None
        self._token = self._session.token
        self._busy = threading.Lock()

    def create(self, key_id: str, usage: Sequence[str] = USUAL, spec: str = "AES_256") -> ExternalKey:
        """Let the token make a key that it never gives away; ValueError for an id that is taken or can't be one."""
        key = ExternalKey(key_id, tuple(usage), spec=spec)
        if self.find(key_id) is not None:
            raise ValueError(f"There is an external key {key_id} already.")
        attribute = self._pkcs11.Attribute
        template = {
            attribute.TOKEN: True,
            attribute.SENSITIVE: True,
            attribute.EXTRACTABLE: False,
            attribute.ENCRYPT: "ENCRYPT" in usage,
            attribute.DECRYPT: "DECRYPT" in usage,
            **{getattr(attribute, name): False for name in ("WRAP", "UNWRAP", "SIGN", "VERIFY", "DERIVE")},
        }
        with self._busy:
            self._session.generate_key(
                self._pkcs11.KeyType.AES, 256, label=key_id, id=key_id.encode(), store=True, template=template
            )
        return key

    def find(self, key_id: str) -> ExternalKey | None:
        """Return what the token says of the key."""
        with self._object(key_id) as found:
            return None if found is None else self._about(found)

    def all(self) -> list[ExternalKey]:
        """List the token's AES keys, by their labels."""
        with self._busy:
            found = [self._about(each) for each in self._session.get_objects(self._template({}))]
        return sorted(found, key=lambda key: key.id)

    def version(self, _key_id: str) -> bytes:
        """Return nothing: a key of a token has one material."""
        return b""

    def seal(self, key_id: str, plaintext: bytes, additional: bytes) -> tuple[bytes, bytes, bytes]:
        """Encrypt in the token, with an initialization vector of its random numbers."""
        with self._object(key_id) as found:
            iv = bytes(self._session.generate_random(96))
            sealed = bytes(found.encrypt(plaintext, **self._gcm(iv, additional)))
        return sealed[:-TAG], iv, sealed[-TAG:]

    def open(self, key_id: str, ciphertext: bytes, iv: bytes, tag: bytes, additional: bytes, metadata: bytes) -> bytes:
        """Decrypt in the token."""
        if metadata:
            raise invalid()
        with self._object(key_id) as found:
            try:
                return bytes(found.decrypt(ciphertext + tag, **self._gcm(iv, additional)))
            except (
                self._pkcs11.exceptions.EncryptedDataInvalid,
                self._pkcs11.exceptions.EncryptedDataLenRange,
                self._pkcs11.exceptions.GeneralError,  # what SoftHSM says of a tag that does not fit
                self._pkcs11.exceptions.FunctionFailed,
            ):
                raise invalid() from None

    def fleet(self) -> list[Instance]:
        """Let the token encrypt and decrypt with a key of this moment."""
        model = f"{self._token.manufacturer_id} {self._token.model}".strip()
        try:
            with self._busy:
                probe = self._session.generate_key(self._pkcs11.KeyType.AES, 256, store=False)
                gcm = self._gcm(bytes(12), b"")
                well = bytes(probe.decrypt(probe.encrypt(b"health", **gcm), **gcm)) == b"health"
                probe.destroy()
        except self._pkcs11.exceptions.PKCS11Error:
            well = False
        return [Instance(str(self._token.label).strip(), model, "ACTIVE" if well else "UNAVAILABLE")]

    @contextmanager
    def _object(self, key_id: str) -> Iterator[Any]:
        """The token's key of this label, and the session to oneself."""
        with self._busy:
            label = {self._pkcs11.Attribute.LABEL: key_id}
            yield next(iter(list(self._session.get_objects(self._template(label)))), None)

    def _template(self, wanted: dict[Any, Any]) -> dict[Any, Any]:
        attribute = self._pkcs11.Attribute
        kind = {attribute.CLASS: self._pkcs11.ObjectClass.SECRET_KEY, attribute.KEY_TYPE: self._pkcs11.KeyType.AES}
        return kind | wanted

    def _about(self, found: Any) -> ExternalKey:
        attribute = self._pkcs11.Attribute
        usage = [name for name in USUAL if found[getattr(attribute, name)]]
        size = int(found[attribute.VALUE_LEN]) * 8
        return ExternalKey(str(found.label), tuple(usage), spec=f"AES_{size}")

    def _gcm(self, iv: bytes, additional: bytes) -> dict[str, Any]:
        params = self._pkcs11.GCMParams(nonce=iv, aad=additional, tag_bits=TAG * 8)
        return {"mechanism": self._pkcs11.Mechanism.AES_GCM, "mechanism_param": params}


def _module() -> ModuleType:
    try:
        import pkcs11
        import pkcs11.exceptions
    except ImportError:
        raise NoToken("python-pkcs11 is not installed here: `pip install python-pkcs11`.") from None
    module: ModuleType = pkcs11
    return module
