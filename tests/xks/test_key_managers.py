"""Keys in a file, and in SoftHSM behind PKCS #11."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.xks import FileKeys
from labkit.xks.keys import KeyManager
from labkit.xks.pkcs11_keys import NoToken, Pkcs11Keys, new_softhsm_token, softhsm
from labkit.xks.refusals import Refusal

from .conftest import Caller, decrypting, encrypting


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pkcs11Keys]:
    """An empty SoftHSM token."""
    before = os.environ.get("SOFTHSM2_CONF")
    try:
        library = softhsm()
        new_softhsm_token(tmp_path_factory.mktemp("softhsm"), "labkit", "1234")
        keys = Pkcs11Keys(library, "labkit", "1234")
    except NoToken as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
    yield keys
    if before is None:
        os.environ.pop("SOFTHSM2_CONF", None)
    else:
        os.environ["SOFTHSM2_CONF"] = before


def _behaves(keys: KeyManager, key_id: str) -> None:
    """What every key manager owes the proxy."""
    sealed, iv, tag = keys.seal(key_id, b"plaintext", b"aad")
    metadata = keys.version(key_id)
    assert keys.open(key_id, sealed, iv, tag, b"aad", metadata) == b"plaintext"
    for wrong in (
        (sealed[:-1] + bytes((sealed[-1] ^ 1,)), iv, tag, b"aad", metadata),
        (sealed, iv, bytes(16), b"aad", metadata),
        (sealed, iv, tag, b"other", metadata),
        (sealed, iv, tag, b"aad", b"key_version=9"),
    ):
        with pytest.raises(Refusal, match="InvalidCiphertextException"):
            keys.open(key_id, *wrong)
    assert [each.status for each in keys.fleet()] == ["ACTIVE"]
    assert keys.find("nobody") is None


def test_keys_in_a_file(tmp_path: Path) -> None:
    """The file is the owner's alone, and is read again."""
    path = tmp_path / "keys.json"
    keys = FileKeys(path)
    keys.create("one")
    keys.rotate("one")
    keys.set_status("one", "DISABLED")
    _behaves(keys, "one")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = FileKeys(path)
    assert [(key.id, key.status, again.version(key.id)) for key in again.all()] == [
        ("one", "DISABLED", b"key_version=2")
    ]
    sealed = keys.seal("one", b"x", b"")
    assert again.open("one", *sealed, b"", b"key_version=2") == b"x"
    again.delete("one")
    assert FileKeys(path).all() == []


_SHORT = {"id": "a", "status": "ENABLED", "usage": [], "spec": "AES_256", "versions": ["YQ=="]}
_FORMS = ({}, [], {"labkit-xks-keys": 2, "keys": []}, {"labkit-xks-keys": 1}, {"labkit-xks-keys": 1, "keys": [_SHORT]})


@pytest.mark.parametrize("text", ["", *map(json.dumps, _FORMS)])
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    """And none is lost by being written over."""
    path = tmp_path / "keys.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(ValueError, match="no file of external keys"):
        FileKeys(path)
    assert path.read_text() == text


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """It holds key material."""
    path = tmp_path / "keys.json"
    FileKeys(path).create("one")
    path.chmod(0o640)
    with pytest.raises(ValueError, match="chmod 600"):
        FileKeys(path)


def test_a_file_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    """No advice to change its mode; a folder is no file, and a folder that is not there is named."""
    other = tmp_path / "other"
    other.write_text("root:x:0:0")
    other.chmod(0o644)
    for path in (other, tmp_path):
        with pytest.raises(ValueError, match="no file of external keys"):
            FileKeys(path)
    with pytest.raises(ValueError, match="There is no folder"):
        FileKeys(tmp_path / "nowhere" / "keys.json")


def test_ids_of_keys() -> None:
    """The spec's characters, 128 of them at most, each once."""
    keys = FileKeys()
    keys.create("A.z_9-" + "x" * 122)
    for wrong in ("", "a/b", "a b", "x" * 129):
        with pytest.raises(ValueError, match="external key has"):
            keys.create(wrong)
    with pytest.raises(ValueError, match="already"):
        keys.create(keys.all()[0].id)


def test_keys_in_softhsm(token: Pkcs11Keys) -> None:
    """The same, and the material never leaves the token."""
    token.create("hsm-key")
    _behaves(token, "hsm-key")
    with pytest.raises(ValueError, match="already"):
        token.create("hsm-key")
    import pkcs11

    with token._object("hsm-key") as found:
        with pytest.raises(pkcs11.PKCS11Error):
            found[pkcs11.Attribute.VALUE]
        assert found[pkcs11.Attribute.EXTRACTABLE] is False


def test_a_proxy_before_softhsm(token: Pkcs11Keys) -> None:
    """The largest plaintext and AAD, the integrity value, and keys of limited usage."""
    caller = Caller(token)
    members = {"additionalAuthenticatedData": "A" * 10920, "ciphertextDataIntegrityValueAlgorithm": "SHA_256"}
    answer = caller.encrypt(bytes(4300), **members)
    members.pop("ciphertextDataIntegrityValueAlgorithm")
    status, opened = caller.ask("keys/key/decrypt", decrypting(answer, **members))
    assert (status, opened["plaintext"]) == (200, encrypting(bytes(4300))["plaintext"])
    assert caller.error("keys/decrypt-only/encrypt", encrypting()) == (400, "InvalidKeyUsageException")
    assert [key.id for key in token.all()] == ["decrypt-only", "encrypt-only", "hsm-key", "impotent", "key"]


def test_a_token_that_is_not_there(token: Pkcs11Keys) -> None:
    """Says so, in words."""
    with pytest.raises(NoToken, match="can't be opened"):
        Pkcs11Keys(softhsm(), "nobody's token", "1234")
