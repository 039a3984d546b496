"""Uploads rotated log files, each exactly once, and goes on wherever it was killed.

Touches two folders, KMS and one bucket. What is safe at which moment is in the order of the steps:

    1. seal into NAME.part, then rename it to NAME.sealed    the log file is still there
    2. put NAME.sealed, if there is no such object           the log file and the sealed one are still there
    3. delete the log file                                   the sealed file says that it has been uploaded, or will be
    4. delete the sealed file                                the object is in the bucket

Killed before the rename, it seals anew. Killed later, it uploads the *same* bytes again, and S3 says that it has them.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from .sealing import seal

ROTATED = re.compile(r"\d{4}-\d\d-\d\dT\d\d\.log")
"""Files that nobody writes to any more: they bear their hour, as in 2026-01-05T09.log."""


class NameTaken(RuntimeError):
    """The bucket has another object of that name. Nothing was deleted: a person has to look at it."""


@dataclass(frozen=True)
class Shipper:
    """One application's log files on their way into the bucket. One process at a time may ship from a folder.

    `step` is called after everything that has been done, with a word for it; the tests kill the shipper there.
    """

    app: str
    spool: Path
    outbox: Path
    bucket: str
    key_id: str
    kms: Any
    s3: Any
    step: Callable[[str], object] = lambda word: None

    def ship(self) -> list[str]:
        """Seal and upload all that is there, oldest first; answer the names of the objects."""
        self.outbox.mkdir(exist_ok=True)
        waiting = {path.name for path in self.spool.iterdir() if ROTATED.fullmatch(path.name)}
        sealed = {path.stem for path in self.outbox.glob("*.sealed")}
        return [self.ship_one(name) for name in sorted(waiting | sealed)]

    def ship_one(self, name: str) -> str:
        """Bring one file into the bucket, from wherever it is now; answer the object's name."""
        log, sealed = self.spool / name, self.outbox / f"{name}.sealed"
        if not sealed.exists():
            self._seal(log, sealed)
        key = f"{self.app}/{name}.sealed"
        self._put(sealed, key)
        self.step("put")
        log.unlink(missing_ok=True)
        _settle(self.spool)
        self.step("log deleted")
        sealed.unlink()
        self.step("sealed file deleted")
        return key

    def _seal(self, log: Path, sealed: Path) -> None:
        """Write beside the sealed file and rename at the end: it is there as a whole, or not at all."""
        part = sealed.with_suffix(".part")
        context = {"app": self.app, "file": log.name}
        with log.open("rb") as source, part.open("wb") as target:
            seal(source, target, self.kms, self.key_id, context, progress=lambda: self.step("frame"))
            target.flush()
            os.fsync(target.fileno())  # on the disk before it has its name
        self.step("sealed")
        part.replace(sealed)
        _settle(self.outbox)
        self.step("renamed")

    def _put(self, sealed: Path, key: str) -> None:
        """Upload under a name that is free. If it is taken by the very same bytes, an earlier try got that far."""
        with sealed.open("rb") as body:  # piece by piece: it may be larger than memory
            digest = base64.b64encode(hashlib.file_digest(body, "sha256").digest()).decode()
        place = {"Bucket": self.bucket, "Key": key}
        try:
            with sealed.open("rb") as body:
                self.s3.put_object(**place, Body=body, ChecksumSHA256=digest, IfNoneMatch="*")
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "PreconditionFailed":
                raise
            there = self.s3.head_object(**place, ChecksumMode="ENABLED")
            if there.get("ChecksumSHA256") != digest:
                raise NameTaken(f"{key} is in the bucket, with other bytes than {sealed.name}.") from None


def _settle(folder: Path) -> None:
    """Bring a folder's names to the disk before the next step: a power failure keeps the steps in their order."""
    if os.name != "posix":  # Windows opens no folders
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
