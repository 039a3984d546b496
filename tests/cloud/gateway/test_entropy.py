"""Ids of the form that AWS's have, repeatable for a seed."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from labkit.cloud.core.entropy import Entropy


@given(st.text(max_size=20))
def test_uuids_are_of_version_4(seed: str) -> None:
    """Whatever the seed: version, variant and spelling as the standard library writes them."""
    made = Entropy(seed).uuid()
    read = uuid.UUID(made)
    assert (str(read), read.version, read.variant) == (made, 4, uuid.RFC_4122)


def test_a_seed_gives_one_stream_and_random_none() -> None:
    """The same bytes in the same order; with "random" never the same twice."""
    assert [Entropy("a").token_hex(8) for _ in "ab"] == [Entropy("a").token_hex(8)] * 2
    assert Entropy("a").token_bytes(40) != Entropy("b").token_bytes(40)
    assert Entropy("random").token_bytes(40) != Entropy("random").token_bytes(40)
