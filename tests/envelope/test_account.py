"""Envelopes with the account's KMS: its calls, refusals in the reader's words, files that are whole or absent."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

import labkit
from labkit import envelope

CONTEXT = {"tenant": "blue"}
TEXT = b"meet at nine " * 80_000  # four frames


@pytest.fixture
def lab() -> labkit.Lab:
    """A fresh account with a key, alias/app."""
    lab = labkit.start("envelope-tests")
    kms = boto3.client("kms")
    kms.create_alias(AliasName="alias/app", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    return lab


@pytest.fixture
def sealed(lab: labkit.Lab, tmp_path: Path) -> Path:
    """An envelope of TEXT in a file."""
    plain, sealed = tmp_path / "plain", tmp_path / "sealed"
    plain.write_bytes(TEXT)
    envelope.encrypt_file(plain, sealed, boto3.client("kms"), "alias/app", CONTEXT)
    return sealed


def test_one_call_seals_and_one_opens(lab: labkit.Lab, sealed: Path, tmp_path: Path) -> None:
    """GenerateDataKey and Decrypt, both with the context."""
    envelope.decrypt_file(sealed, tmp_path / "opened", boto3.client("kms"), "alias/app", CONTEXT)
    assert (tmp_path / "opened").read_bytes() == TEXT
    calls = [(event["eventName"], event["requestParameters"]["encryptionContext"]) for event in lab.events()[-2:]]
    assert calls == [("GenerateDataKey", CONTEXT), ("Decrypt", CONTEXT)]


def test_progress_is_told_after_each_frame(sealed: Path, tmp_path: Path) -> None:
    """Bytes of plaintext so far; the last is all of it."""
    kms, seen = boto3.client("kms"), list[int]()
    envelope.decrypt_file(sealed, tmp_path / "opened", kms, "alias/app", CONTEXT, seen.append)
    frames = [envelope.FRAME_BYTES * number for number in (1, 2, 3)]
    assert seen == [*frames, len(TEXT)]
    again = list[int]()
    envelope.encrypt_file(tmp_path / "opened", tmp_path / "again", kms, "alias/app", CONTEXT, again.append)
    assert again == seen


def test_a_cut_file_leaves_nothing(sealed: Path, tmp_path: Path) -> None:
    """Neither a target nor an unfinished one; and what stood there before still stands."""
    os.truncate(sealed, 800_000)
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(envelope.EnvelopeError):
        envelope.decrypt_file(sealed, tmp_path / "opened", boto3.client("kms"), "alias/app", CONTEXT)
    assert sorted(os.listdir(tmp_path)) == before
    with pytest.raises(envelope.EnvelopeError):
        envelope.decrypt_file(sealed, tmp_path / "plain", boto3.client("kms"), "alias/app", CONTEXT)
    assert (tmp_path / "plain").read_bytes() == TEXT


def test_a_file_may_be_opened_onto_itself(sealed: Path) -> None:
    """The envelope is replaced by its contents, which only their owner may read."""
    envelope.decrypt_file(sealed, sealed, boto3.client("kms"), "alias/app", CONTEXT)
    assert sealed.read_bytes() == TEXT
    if os.name == "posix":
        assert sealed.stat().st_mode & 0o077 == 0


def test_a_header_can_be_read_without_any_key(sealed: Path) -> None:
    """Context and frame size; the wrapped key does not stand in its repr."""
    with sealed.open("rb") as source:
        header = envelope.read_header(source)
    assert (header.context, header.frame_bytes) == (CONTEXT, envelope.FRAME_BYTES)
    assert "wrapped" not in repr(header)


def disabled(kms: Any) -> None:
    """Disable the key."""
    kms.disable_key(KeyId=kms.describe_key(KeyId="alias/app")["KeyMetadata"]["KeyId"])


def deleted(kms: Any) -> None:
    """Schedule its deletion."""
    kms.schedule_key_deletion(KeyId=kms.describe_key(KeyId="alias/app")["KeyMetadata"]["KeyId"])


def moved(kms: Any) -> None:
    """Let the alias name another key."""
    kms.update_alias(AliasName="alias/app", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])


def renamed(kms: Any) -> None:
    """Take the alias away."""
    kms.delete_alias(AliasName="alias/app")


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (disabled, "DisabledException", "ask its owner"),
        (deleted, "KMSInvalidStateException", "waits for its deletion"),
        (moved, "IncorrectKeyException", "another KMS key than the one you named.*the alias has moved"),
        (renamed, "NotFoundException", "no key or alias of that name"),
    ],
)
def test_kms_refuses_in_words(change: Callable[[Any], None], code: str, words: str, sealed: Path) -> None:
    """Its code, what that means here, and its answer as the cause."""
    kms = boto3.client("kms")
    change(kms)
    target = io.BytesIO()
    with sealed.open("rb") as source, pytest.raises(envelope.KeyRefused, match=words) as raised:
        envelope.decrypt(source, target, kms, "alias/app", CONTEXT)
    assert raised.value.code == code
    assert raised.value.__cause__.response["Error"]["Code"] == code  # type: ignore[union-attr]
    assert target.getvalue() == b""


def test_who_may_not_use_the_key_seals_nothing(lab: labkit.Lab) -> None:
    """A role without permissions: no header is written."""
    target, visitor = io.BytesIO(), lab.role("Visitor").client("kms")
    with pytest.raises(envelope.KeyRefused, match="You may not use the key"):
        envelope.encrypt(io.BytesIO(TEXT), target, visitor, "alias/app", CONTEXT)
    assert target.getvalue() == b""


def test_another_context_is_refused_before_kms_is_asked(lab: labkit.Lab, sealed: Path) -> None:
    """Both contexts stand in the message, and the trail has no further call."""
    calls = len(lab.events())
    with sealed.open("rb") as source, pytest.raises(envelope.WrongContext, match="blue.*you expect.*green"):
        envelope.decrypt(source, io.BytesIO(), boto3.client("kms"), "alias/app", {"tenant": "green"})
    assert len(lab.events()) == calls


def test_a_header_rewritten_for_another_context_is_refused_by_kms(sealed: Path) -> None:
    """The second binding: the wrapped key itself opens for its own context only."""
    changed = io.BytesIO(sealed.read_bytes().replace(b"blue", b"blew"))
    with pytest.raises(envelope.KeyRefused, match="wrapped for another context"):
        envelope.decrypt(changed, io.BytesIO(), boto3.client("kms"), "alias/app", {"tenant": "blew"})


def test_the_body_of_an_s3_object_is_a_source(lab: labkit.Lab, sealed: Path) -> None:
    """From S3 straight through, without a file between."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="envelopes")
    s3.put_object(Bucket="envelopes", Key="letter", Body=sealed.read_bytes())
    target = io.BytesIO()
    body = s3.get_object(Bucket="envelopes", Key="letter")["Body"]
    envelope.decrypt(body, target, boto3.client("kms"), "alias/app", CONTEXT)
    assert target.getvalue() == TEXT


def test_no_key_stands_in_an_error_or_a_repr(lab: labkit.Lab, sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in messages nor among the locals that a traceback keeps: the data key's buffer is zeros by then."""
    kms, keys = boto3.client("kms"), list[bytes]()
    real = kms.decrypt
    monkeypatch.setattr(kms, "decrypt", lambda **asked: (answer := real(**asked), keys.append(answer["Plaintext"]))[0])
    changed = io.BytesIO(sealed.read_bytes()[:-1] + b"\0")
    with pytest.raises(envelope.DamagedFrame) as raised:
        envelope.decrypt(changed, io.BytesIO(), kms, "alias/app", CONTEXT)
    assert keys[0].hex() not in str(raised.value)
    step = raised.value.__traceback__
    while step:
        names = step.tb_frame.f_locals if step.tb_frame.f_globals["__name__"].startswith("labkit.envelope") else {}
        assert keys[0] not in [bytes(each) for each in names.values() if isinstance(each, bytes | bytearray)]
        step = step.tb_next
