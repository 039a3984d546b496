"""What stands in S3's objects, as far as the trail tells: a check may not open what is under a KMS key.

A PutObject's record has the length and a checksum of what came, and a CopyObject's has its source. Of an upload in
parts, the records of the parts have them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from .account import calls
from .engine import LabView

WRITING = ("PutObject", "CopyObject", "CompleteMultipartUpload", "DeleteObject", "UploadPart", "UploadPartCopy")


@dataclass(frozen=True, slots=True)
class Content:
    """What is known of an object's bytes: how many, and checksums by their names; nothing, if the record has none."""

    length: int | None = None
    checksums: Mapping[str, str] = field(default_factory=dict)

    def is_same(self, other: Content) -> bool | None:
        """Tell whether both are the same bytes; None if the records don't tell."""
        if self.length is not None and other.length is not None and self.length != other.length:
            return False
        both = self.checksums.keys() & other.checksums.keys()
        return all(self.checksums[name] == other.checksums[name] for name in both) if both else None


@dataclass(frozen=True, slots=True)
class Writing:
    """One call that wrote an object: where, what, and from which object it was copied ("" if from none)."""

    bucket: str
    key: str
    content: Content
    copied_from: str = ""


def writings(lab: LabView) -> list[Writing]:
    """Read all that was written into objects, oldest first."""
    there: dict[tuple[str, str], Content] = {}
    parts: dict[str, list[Writing]] = {}
    found = []
    for event in calls(lab, *WRITING):
        asked = event["requestParameters"] or {}
        place = (str(asked.get("bucketName")), str(asked.get("key")))
        if event["eventName"] == "DeleteObject":
            there.pop(place, None)
            continue
        source = _source(asked) if event["eventName"] in ("CopyObject", "UploadPartCopy") else ("", "")
        content = there.get(source, Content()) if source[0] else _content(asked)
        written = Writing(*place, content, "/".join(source) if source[0] else "")
        upload = str(asked.get("uploadId", ""))
        if event["eventName"].startswith("UploadPart"):
            parts.setdefault(upload, []).append(written)
            continue
        if event["eventName"] == "CompleteMultipartUpload":
            written = _in_one(written, parts.get(upload, []))
        there[place] = written.content
        found.append(written)
    return found


def _in_one(written: Writing, parts: list[Writing]) -> Writing:
    """What came in parts: a single part is the whole object, and a copied part brings its source's bytes."""
    content = parts[0].content if len(parts) == 1 else Content()
    return Writing(written.bucket, written.key, content, next((e.copied_from for e in parts if e.copied_from), ""))


def _source(asked: dict[str, Any]) -> tuple[str, str]:
    bucket, _, key = unquote(str(asked.get("copySource", ""))).partition("?")[0].lstrip("/").partition("/")
    return bucket, key


def _content(asked: dict[str, Any]) -> Content:
    sums = {name: str(value) for name, value in asked.items() if name.startswith("checksum") and "Algo" not in name}
    length = asked.get("contentLength")
    return Content(int(length) if length is not None else None, sums)
