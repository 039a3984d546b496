"""Where every id, token, nonce and key of the simulated account comes from.

Seeded, so that a lab shows the same values at each run: SHAKE-256 over the seed and a counter.
With seed "random" the operating system's generator is used instead. A seeded account protects
nothing: its keys can be computed by anybody who reads this file. It is for labs.
"""

from __future__ import annotations

import hashlib
import itertools
import os

RANDOM = "random"


class Entropy:
    """A stream of bytes, repeatable unless the seed is "random"."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self._counter = itertools.count(1)  # next() of it is one step, whatever other threads do

    def token_bytes(self, length: int) -> bytes:
        """Return the next `length` bytes."""
        if self.seed == RANDOM:
            return os.urandom(length)
        return hashlib.shake_256(f"labkit/{self.seed}/{next(self._counter)}".encode()).digest(length)

    def token_hex(self, length: int) -> str:
        """`length` hexadecimal digits (an even number)."""
        return self.token_bytes(length // 2).hex()

    def uuid(self) -> str:
        """Return a version 4 UUID, in lower case."""
        digits = self.token_hex(32)  # put together by hand: two of these for each call
        variant = "89ab"[int(digits[16], 16) & 3]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
