"""Which bytes of an object a request asks for: a range, or a part by its number. Pure.

All answers are recorded from the real service (LocalStack's validated snapshots, 2026): a range that can't be read, or
ends before it begins, is as none; several ranges are not served apart (S3 API Reference, GetObject, Range).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...core.errors import AwsError
from .headers import invalid

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_COPIED = re.compile(r"bytes=(\d+)-(\d+)")
_COPY_FORM = (
    "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based "
    "offsets of the first and last bytes to copy"
)
LAST_PART = 10000


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from `first` to `last`, both included, of `size`."""

    first: int
    last: int
    size: int

    @property
    def whole(self) -> bool:
        """Whether it is all of the object."""
        return self.first == 0 and self.last == self.size - 1

    @property
    def content_range(self) -> str:
        """As Content-Range has it."""
        return f"bytes {self.first}-{self.last}/{self.size}"


def span_of_range(header: str | None, size: int) -> Span | None:
    """Return the bytes of a Range header; None where the whole object is answered. AwsError where there are none."""
    found = _RANGE.fullmatch(header.replace(" ", "")) if header else None
    if not found or not (found[1] or found[2]):
        return None
    if found[1]:
        first = int(found[1])
        last = min(int(found[2]), size - 1) if found[2] else size - 1
        if found[2] and int(found[2]) < first:
            return None
    else:
        first, last = max(size - int(found[2]), 0), size - 1
    if first > last:
        said = "The requested range is not satisfiable"
        raise AwsError("InvalidRange", said, 416, RangeRequested=header, ActualObjectSize=size)
    return Span(first, last, size)


def span_of_part(number: int, sizes: Sequence[int]) -> Span | None:
    """Find the bytes of a part, counted from one; an object uploaded in one piece is one part. None: it is empty."""
    check_part_number(number)
    if number > len(sizes):
        said = "The requested partnumber is not satisfiable"
        raise AwsError("InvalidPartNumber", said, 416, ActualPartCount=len(sizes), PartNumberRequested=number)
    first = sum(sizes[: number - 1])
    return Span(first, first + sizes[number - 1] - 1, sum(sizes)) if sizes[number - 1] else None


def check_part_number(number: int) -> None:
    """Raise AwsError for a number that no part has."""
    if not 1 <= number <= LAST_PART:
        said = f"Part number must be an integer between 1 and {LAST_PART}, inclusive"
        raise invalid(said, "partNumber", str(number))


def check_one_of_two(header: str | None, number: int | None) -> None:
    """Demand a range or a part, not both."""
    if header and number is not None:
        raise AwsError("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")


def check_copied_range(header: str | None, size: int) -> None:
    """Raise AwsError for a range that UploadPartCopy does not take: both ends are told, and inside the source."""
    if header is None:
        return
    found = _COPIED.fullmatch(header)
    if not found or int(found[2]) < int(found[1]):
        raise invalid(_COPY_FORM, "x-amz-copy-source-range", header)
    if int(found[1]) >= size:
        raise AwsError("InvalidRequest", "The specified copy range is invalid for the source object size")
    if int(found[2]) >= size:
        said = f"Range specified is not valid for source object of size: {size}"
        raise invalid(said, "x-amz-copy-source-range", header)
