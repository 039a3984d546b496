"""Ed25519ph, the prehashed form of Ed25519 (RFC 8032, 5.1), which the cryptography library does not offer.

Written for labs, where clearness counts: it is not constant in time. Plain Ed25519 is the library's.
"""

from __future__ import annotations

import hashlib

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_SQRT_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_DOM2 = b"SigEd25519 no Ed25519 collisions" + b"\x01\x00"  # phflag 1, no context

Point = tuple[int, int, int, int]
"""Extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z."""


def sign(seed: bytes, message: bytes) -> bytes:
    """The 64-byte signature of `message` (hashed in here with SHA-512) by the key of this 32-byte seed."""
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | (1 << 254)
    public = _encode(_multiply(_BASE, scalar))
    prehash = hashlib.sha512(message).digest()
    nonce = _hash(digest[32:] + prehash)
    commitment = _encode(_multiply(_BASE, nonce))
    answer = (nonce + _hash(commitment + public + prehash) * scalar) % _ORDER
    return commitment + answer.to_bytes(32, "little")


def verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is one of `message` by the key with this 32-byte public key."""
    if len(signature) != 64:
        return False
    key, commitment = _decode(public), _decode(signature[:32])
    answer = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or answer >= _ORDER:
        return False
    challenge = _hash(signature[:32] + public + hashlib.sha512(message).digest())
    return _encode(_multiply(_BASE, answer)) == _encode(_add(commitment, _multiply(key, challenge)))


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.sha512(_DOM2 + data).digest(), "little") % _ORDER


def _add(a: Point, b: Point) -> Point:
    """Addition on the twisted Edwards curve; complete, so that it doubles too."""
    first = (a[1] - a[0]) * (b[1] - b[0]) % _P
    second = (a[1] + a[0]) * (b[1] + b[0]) % _P
    third = 2 * a[3] * b[3] * _D % _P
    fourth = 2 * a[2] * b[2] % _P
    e, f, g, h = second - first, fourth - third, fourth + third, second + first
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _multiply(point: Point, scalar: int) -> Point:
    result: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _encode(point: Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decode(data: bytes) -> Point | None:
    number = int.from_bytes(data, "little")
    sign_bit, y = number >> 255, number & ((1 << 255) - 1)
    x = _recover_x(y, sign_bit)
    return None if x is None else (x, y, 1, x * y % _P)


def _recover_x(y: int, sign_bit: int) -> int | None:
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * _SQRT_MINUS_ONE % _P
    if x * x % _P != square or (x == 0 and sign_bit):
        return None
    return _P - x if x & 1 != sign_bit else x


def _base() -> Point:
    y = 4 * pow(5, -1, _P) % _P
    x = _recover_x(y, 0)
    assert x is not None
    return x, y, 1, x * y % _P


_BASE = _base()
