"""What must not work with this application: each attempt, and the error that it has to end with."""

from __future__ import annotations

import io
from typing import Any

from attempts import Attempt

from .reading import read_one
from .sealing import TAG_BYTES, seal, unseal

LOG = b"2026-01-05T09:00:01 GET /login 200\n" * 10
FRAME_BYTES = 100


def must_not(app: str, bucket: str, key: str, shipper: Any, auditor: Any, admin: Any) -> list[Attempt]:
    """List the attempts. `shipper`, `auditor` and `admin` make boto3 clients: `shipper("kms")`.

    The bucket holds at least two sealed logs of `app`; the attempts leave it as it is.
    """
    first, second = [each["Key"] for each in admin("s3").list_objects_v2(Bucket=bucket)["Contents"]][:2]
    about = {"app": app, "file": first.removeprefix(f"{app}/").removesuffix(".sealed")}
    target, frame = io.BytesIO(), FRAME_BYTES + TAG_BYTES
    seal(io.BytesIO(LOG), target, shipper("kms"), key, about, FRAME_BYTES)
    raw = target.getvalue()
    start = len(raw) - len(LOG) - 4 * TAG_BYTES  # where the first of its four frames begins

    def put(client: Any, name: str, **more: str) -> object:
        return client("s3").put_object(Bucket=bucket, Key=f"{app}/{name}", Body=LOG, **more)

    def data_key(context: dict[str, str]) -> object:
        return shipper("kms").generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext=context)

    def delete(client: Any) -> object:
        return client("s3").delete_object(Bucket=bucket, Key=first)

    def read(client: Any) -> object:
        return read_one(first, bucket, key, client("kms"), client("s3"))

    def opened(content: bytes, context: dict[str, str] = about) -> None:
        unseal(io.BytesIO(content), io.BytesIO(), auditor("kms"), key, context)

    def as_another() -> None:
        name = second.removeprefix(f"{app}/").removesuffix(".sealed")
        opened(raw, {"app": app, "file": name})

    def header_changed() -> None:
        opened(raw.replace(about["file"].encode(), b"2025-12-24T00.log"), {"app": app, "file": "2025-12-24T00.log"})

    new = "2030-01-01T00.log.sealed"
    moved = raw[:start] + raw[start + frame : start + 2 * frame] + raw[start : start + frame] + raw[start + 2 * frame :]
    changed = raw[:-20] + bytes([raw[-20] ^ 1]) + raw[-19:]
    there = first.removeprefix(f"{app}/")
    no = "AccessDenied"
    return [
        Attempt("the shipper opens a file", "AccessDeniedException", lambda: read(shipper)),
        Attempt("it makes a data key for another app", "AccessDeniedException", lambda: data_key({"app": "other"})),
        Attempt("it uploads a plain log", no, lambda: put(shipper, "2030-01-01T00.log", IfNoneMatch="*")),
        Attempt("it replaces a file", "PreconditionFailed", lambda: put(shipper, there, IfNoneMatch="*")),
        Attempt("... without asking whether it is there", no, lambda: put(shipper, there)),
        Attempt("it deletes a file", no, lambda: delete(shipper)),
        Attempt("the auditor uploads a file", no, lambda: put(auditor, new, IfNoneMatch="*")),
        Attempt("the administrator uploads a file", no, lambda: put(admin, new, IfNoneMatch="*")),
        Attempt("the administrator deletes a file", no, lambda: delete(admin)),
        Attempt("a file opens under another one's name", "WrongFile", as_another),
        Attempt("... with its header changed to fit", "InvalidCiphertextException", header_changed),
        Attempt("it opens with one byte changed", "Damaged", lambda: opened(changed)),
        Attempt("... with two frames in each other's place", "Damaged", lambda: opened(moved)),
        Attempt("... with its last frames cut off", "Damaged", lambda: opened(raw[: start + frame])),
        Attempt("... with something added", "Damaged", lambda: opened(raw + b"x")),
        Attempt("a plain log passes for a sealed one", "NotSealed", lambda: opened(LOG)),
    ]
