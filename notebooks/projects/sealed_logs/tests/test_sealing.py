"""The format: what is sealed opens again, and nothing else does."""

from __future__ import annotations

import io
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sealed_logs import Damaged, NotSealed, WrongFile, seal, unseal

import labkit

ABOUT = {"app": "web", "file": "2026-01-05T09.log"}


@pytest.fixture(scope="module")
def kms(lab: labkit.Lab) -> Any:
    """A client, and the key `alias/logs`."""
    client = boto3.client("kms")
    key = client.create_key()["KeyMetadata"]["KeyId"]
    client.create_alias(AliasName="alias/logs", TargetKeyId=key)
    return client


def sealed(kms: Any, content: bytes, frame: int = 10) -> bytes:
    """The content, sealed in small frames."""
    target = io.BytesIO()
    seal(io.BytesIO(content), target, kms, "alias/logs", ABOUT, frame)
    return target.getvalue()


def opened(kms: Any, raw: bytes, context: dict[str, str] = ABOUT) -> bytes:
    """What is in it."""
    target = io.BytesIO()
    unseal(io.BytesIO(raw), target, kms, "alias/logs", context)
    return target.getvalue()


@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 20, 35])
def test_what_is_sealed_opens(kms: Any, length: int) -> None:
    """Of any length: nothing, less than a frame, whole frames, more."""
    content = bytes(range(length))
    assert opened(kms, sealed(kms, content)) == content


def test_a_source_may_give_less_than_was_asked_for(kms: Any) -> None:
    """As streams do."""

    class Dripping:
        def __init__(self, content: bytes) -> None:
            self.rest = io.BytesIO(content)

        def read(self, size: int, /) -> bytes:
            return self.rest.read(min(size, 3))

    target, plain = io.BytesIO(), io.BytesIO()
    seal(Dripping(bytes(25)), target, kms, "alias/logs", ABOUT, 10)
    unseal(Dripping(target.getvalue()), plain, kms, "alias/logs", ABOUT)
    assert plain.getvalue() == bytes(25)


def test_nothing_that_was_changed_opens(kms: Any) -> None:
    """A bit anywhere, a cut anywhere, something added: always an error, and never a wrong text."""
    raw = sealed(kms, b"0123456789" * 3 + b"end")
    faults = []

    @settings(max_examples=150, derandomize=True, database=None, deadline=None)
    @given(st.integers(0, len(raw) - 1), st.sampled_from(["flip", "cut", "add"]), st.binary(min_size=1, max_size=30))
    def attack(place: int, how: str, more: bytes) -> None:
        tried = {
            "flip": raw[:place] + bytes([raw[place] ^ (1 << place % 8)]) + raw[place + 1 :],
            "cut": raw[:place],
            "add": raw + more,
        }[how]
        try:
            opened(kms, tried)
        except (NotSealed, WrongFile, Damaged):
            return
        except kms.exceptions.ClientError as refused:  # the encrypted data key itself is what was changed
            assert refused.response["Error"]["Code"] in ("InvalidCiphertextException", "IncorrectKeyException")
            return
        faults.append((place, how))

    attack()
    assert faults == []


@pytest.mark.parametrize("context", [{}, {"app": "web"}, ABOUT | {"file": "2026-01-05T10.log"}, ABOUT | {"more": "x"}])
def test_the_context_is_the_whole_one(kms: Any, context: dict[str, str]) -> None:
    """Another name, or a part of it, is another file."""
    with pytest.raises(WrongFile):
        opened(kms, sealed(kms, b"log"), context)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SLOG1",
        b"a plain text, which is long enough to hold all that is read",
        b"SLOG1\n\xff\xff\xff\xff",
        b"SLOG1\n\0\0\0\2{}" + bytes(32),
        b'SLOG1\n\0\0\0\x2b{"context": {}, "frame": 99999999, "key": ""}' + bytes(32),
        b'SLOG1\n\0\0\0\x26{"context": {}, "frame": 9, "key": ""}' + bytes(32),
        b"SLOG1\n\0\0\x27\x10" + b"[" * 10_000 + bytes(32),
    ],
)
def test_what_is_no_sealed_file_is_told_before_kms_is_asked(raw: bytes) -> None:
    """Nothing, another file, a header without end, without its fields, with absurd ones."""
    with pytest.raises(NotSealed):
        opened(None, raw)
