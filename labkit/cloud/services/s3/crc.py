"""The checksums that S3 keeps of an object: CRC32, CRC32C, CRC64NVME, SHA-1 and SHA-256. Pure: bytes in, bytes out.

zlib and hashlib know all but CRC32C and CRC64NVME. Those are computed here, from their polynomials: long contents in
lanes side by side, joined by the rule that the CRC of a text is that of its head, carried over its tail's zeros.
Sources: RFC 3720, appendix B.4 (CRC32C); NVM Express NVM Command Set Specification, 5.2.1.3.4 (CRC64NVME); S3 User
Guide, "Checking object integrity". Checked against values that the real service answered.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cache
from hashlib import sha1, sha256
from typing import Any

ALGORITHMS = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")
_SHORT = 1 << 16  # below, a plain loop is as fast
_LANES = 4096


@dataclass(frozen=True, slots=True)
class _Crc:
    """A reflected CRC that starts and ends with all bits turned."""

    polynomial: int
    size: int  # bytes

    @property
    def ones(self) -> int:
        return (1 << 8 * self.size) - 1


_CRC32C = _Crc(0x82F63B78, 4)
_CRC64NVME = _Crc(0x9A6C9329AC4BC9B5, 8)


def digest(algorithm: str, content: bytes) -> bytes:
    """Return the checksum of `content`; ValueError for an algorithm that S3 does not have."""
    if algorithm == "CRC32":
        return zlib.crc32(content).to_bytes(4, "big")
    if algorithm == "SHA1":
        return sha1(content, usedforsecurity=False).digest()
    if algorithm == "SHA256":
        return sha256(content).digest()
    crc = {"CRC32C": _CRC32C, "CRC64NVME": _CRC64NVME}.get(algorithm)
    if crc is None:
        raise ValueError(f"{algorithm} is none of {', '.join(ALGORITHMS)}.")
    return (_of(crc, content) ^ crc.ones).to_bytes(crc.size, "big")


def _of(crc: _Crc, content: bytes) -> int:
    if len(content) < _SHORT:
        return _carried(crc, crc.ones, content)
    width = len(content) // _LANES
    body, rest = content[: width * _LANES], content[width * _LANES :]
    return _carried(crc, _joined(crc, body, width), rest)


def _carried(crc: _Crc, register: int, content: bytes) -> int:
    table = _table(crc)
    for byte in content:
        register = table[(register ^ byte) & 0xFF] ^ (register >> 8)
    return register


def _joined(crc: _Crc, content: bytes, width: int) -> int:
    """The register after `content`: all lanes of `width` bytes at once, each from zero, and then one by one."""
    import numpy as np  # takes a moment to load, and small objects need none of it

    lanes = np.frombuffer(content, dtype=np.uint8).reshape(_LANES, width).T
    table = np.array(_table(crc), dtype=np.uint64)
    registers: Any = np.zeros(_LANES, dtype=np.uint64)
    low, eight = np.uint64(0xFF), np.uint64(8)
    for column in lanes:
        registers = table[(registers ^ column) & low] ^ (registers >> eight)
    shift = _over_zeros(crc, width)
    register = crc.ones
    for lane in registers.tolist():
        moved = 0
        for place in range(crc.size):
            moved ^= shift[place][(register >> 8 * place) & 0xFF]
        register = moved ^ lane
    return register


@cache
def _table(crc: _Crc) -> tuple[int, ...]:
    values = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (crc.polynomial if value & 1 else 0)
        values.append(value)
    return tuple(values)


def _over_zeros(crc: _Crc, width: int) -> list[list[int]]:
    """What `width` zero bytes make of a register, as a table for each of its bytes: the step is linear, and squared."""
    step = [_carried(crc, 1 << bit, b"\0") for bit in range(8 * crc.size)]
    power = [1 << bit for bit in range(8 * crc.size)]
    while width:
        if width & 1:
            power = [_applied(step, column) for column in power]
        step = [_applied(step, column) for column in step]
        width >>= 1
    return [[_applied(power, byte << 8 * place) for byte in range(256)] for place in range(crc.size)]


def _applied(matrix: list[int], vector: int) -> int:
    result = 0
    for column in matrix:
        if vector & 1:
            result ^= column
        vector >>= 1
        if not vector:
            break
    return result
