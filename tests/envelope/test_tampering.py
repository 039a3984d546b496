"""An envelope opens as it was sealed, or raises an EnvelopeError: every cut, every bit, every exchange of parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from labkit.envelope import (
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

FRAME = 8
SEALED_FRAME = FRAME + 16
TEXT = b"attack at nine o'clock, or later"  # four frames
CONTEXT = {"file": "letter.txt", "purpose": "test"}


@pytest.mark.parametrize("size", [*range(4 * FRAME + 2), 1000])
def test_every_size_comes_back(size: int, one_key: Any, seal: Any, unseal: Any, header_size: Any) -> None:
    """Empty, one byte short of a frame, exactly a frame, one more; and the envelope has the length it should have."""
    plaintext = bytes(number % 251 for number in range(size))
    sealed = seal(one_key, plaintext)
    assert unseal(one_key, sealed) == plaintext
    frames = max(1, -(-size // FRAME))
    assert len(sealed) - header_size(sealed) == size + 16 * frames


@given(
    plaintext=some.binary(max_size=300),
    frame_bytes=some.integers(1, 100),
    context=some.dictionaries(some.text(max_size=8), some.text(max_size=8), max_size=4),
)
def test_every_content_frame_size_and_context_comes_back(
    plaintext: bytes, frame_bytes: int, context: dict[str, str], one_key: Any, seal: Any, unseal: Any
) -> None:
    """Any text as a context, too."""
    try:
        sealed = seal(one_key, plaintext, frame_bytes, context)
    except UnicodeEncodeError:  # half a surrogate pair is no text
        return
    assert unseal(one_key, sealed, context) == plaintext


@pytest.mark.parametrize("text", [TEXT, TEXT[:-3], TEXT[:FRAME], b""])
def test_every_truncation_is_detected(text: bytes, one_key: Any, seal: Any, unseal: Any, header_size: Any) -> None:
    """At each length; what has been released is a genuine beginning, and at a frame's border it is called truncated."""
    sealed = seal(one_key, text)
    start = header_size(sealed)
    for size in range(len(sealed)):
        with pytest.raises((Truncated, DamagedFrame)) as raised:
            unseal(one_key, sealed[:size])
        assert text.startswith(raised.value.released)  # type: ignore[attr-defined]
        if size < start or (size - start) % SEALED_FRAME < 16:
            assert isinstance(raised.value, Truncated), size


def test_every_bit_counts(one_key: Any, seal: Any, unseal: Any, header_size: Any) -> None:
    """Each bit of header, commitment and frames; each frame's error names the frame."""
    sealed = seal(one_key, TEXT)
    start = header_size(sealed)
    for place in range(8 * len(sealed)):
        changed = bytearray(sealed)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(EnvelopeError) as raised:
            unseal(one_key, bytes(changed))
        if place // 8 >= start:
            assert isinstance(raised.value, DamagedFrame)
            assert raised.value.number == (place // 8 - start) // SEALED_FRAME
        released = raised.value.released  # type: ignore[attr-defined]
        assert released == TEXT[: getattr(raised.value, "number", 0) * FRAME]


@pytest.mark.parametrize(
    ("place", "error"),
    [
        (0, NotAnEnvelope),
        (6, NotAnEnvelope),
        (8, UnknownVersion),
        (9, HeaderChanged),  # 16 MiB a frame: out of bounds
        (12, HeaderChanged),  # another frame size, in bounds: the commitment tells
        (13, Truncated),  # the wrapped key's length: more than there is
        (17, KeyRefused),  # the wrapped key
        (-4 * SEALED_FRAME - 32 - 1, WrongContext),
        (-4 * SEALED_FRAME - 1, HeaderChanged),  # the commitment
    ],
)
def test_what_is_changed_in_the_header_has_its_error(
    place: int, error: type[EnvelopeError], one_key: Any, seal: Any, unseal: Any
) -> None:
    """One bit of each field."""
    changed = bytearray(seal(one_key, TEXT))
    changed[place] ^= 1
    with pytest.raises(error):
        unseal(one_key, bytes(changed))


def frames_of(sealed: bytes, start: int) -> list[bytes]:
    """The sealed frames."""
    return [sealed[place : place + SEALED_FRAME] for place in range(start, len(sealed), SEALED_FRAME)]


@given(order=some.lists(some.integers(0, 3), max_size=6))
@example(order=[1, 0, 2, 3])
@example(order=[0, 2, 3])
@example(order=[0, 0, 1, 2, 3])
@example(order=[3])
@example(order=[0, 1, 2])
def test_frames_keep_their_order(
    order: list[int], one_key: Any, seal: Any, unseal: Any, header_size: Callable[[bytes], int]
) -> None:
    """Any selection of an envelope's own frames but the right one fails."""
    sealed = seal(one_key, TEXT)
    start = header_size(sealed)
    frames = frames_of(sealed, start)
    changed = sealed[:start] + b"".join(frames[number] for number in order)
    if order == [0, 1, 2, 3]:
        assert unseal(one_key, changed) == TEXT
    else:
        with pytest.raises(EnvelopeError):
            unseal(one_key, changed)


@given(sources=some.lists(some.sampled_from("ab"), min_size=4, max_size=4))
def test_frames_of_two_envelopes_do_not_mix(
    sources: list[str], fresh: Any, seal: Any, unseal: Any, header_size: Any
) -> None:
    """Same KMS key, same context, same length: each frame belongs to its own envelope."""
    sealed = {"a": seal(fresh, TEXT), "b": seal(fresh, TEXT.upper())}
    start = header_size(sealed["a"])
    frames = {name: frames_of(data, start) for name, data in sealed.items()}
    changed = sealed["a"][:start] + b"".join(frames[name][number] for number, name in enumerate(sources))
    if sources == ["a"] * 4:
        assert unseal(fresh, changed) == TEXT
    else:
        with pytest.raises(DamagedFrame):
            unseal(fresh, changed)


def test_a_header_opens_its_own_frames_only(fresh: Any, seal: Any, unseal: Any, header_size: Any) -> None:
    """Two envelopes whose headers are exchanged."""
    one, other = seal(fresh, TEXT), seal(fresh, TEXT)
    start = header_size(one)
    with pytest.raises(DamagedFrame) as raised:
        unseal(fresh, other[:start] + one[start:])
    assert raised.value.number == 0


def test_a_header_of_the_same_data_key_does_not_serve(one_key: Any, seal: Any, unseal: Any, header_size: Any) -> None:
    """Even where one data key had served twice, another frame size is another key: the header is bound by HKDF."""
    small, large = seal(one_key, TEXT, 8), seal(one_key, TEXT, 16)
    start = header_size(small)
    with pytest.raises(DamagedFrame):
        unseal(one_key, small[:start] + large[start:])
    with pytest.raises(HeaderChanged):
        unseal(one_key, small[: start - 32] + large[start - 32 :])


@given(behind=some.binary(min_size=1, max_size=60))
def test_nothing_may_follow_the_end(behind: bytes, one_key: Any, seal: Any, unseal: Any) -> None:
    """A full last frame is verified as the last; behind a short one, it is changed."""
    with pytest.raises(TrailingData):
        unseal(one_key, seal(one_key, TEXT) + behind)
    with pytest.raises(DamagedFrame):
        unseal(one_key, seal(one_key, TEXT[:-1]) + behind)


@given(data=some.binary(max_size=300))
def test_anything_else_is_refused_as_an_envelope(data: bytes, one_key: Any, unseal: Any) -> None:
    """Random bytes raise an EnvelopeError, never anything else."""
    with pytest.raises(EnvelopeError):
        unseal(one_key, data)


@given(data=some.data())
def test_random_changes_raise_envelope_errors_alone(
    data: some.DataObject, one_key: Any, seal: Any, unseal: Any
) -> None:
    """Whatever replaces some bytes of a real envelope."""
    sealed = seal(one_key, TEXT)
    start = data.draw(some.integers(0, len(sealed)))
    end = data.draw(some.integers(start, len(sealed)))
    changed = sealed[:start] + data.draw(some.binary(max_size=40)) + sealed[end:]
    if changed != sealed:
        with pytest.raises(EnvelopeError):
            unseal(one_key, changed)
