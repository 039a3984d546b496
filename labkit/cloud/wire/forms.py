"""An HTML form that a browser posts to a bucket: its fields and its file. Pure.

Sources: S3 API Reference, "POST Object" and "Browser-based uploads using POST"; answers recorded from the real service
(LocalStack's validated snapshots, 2026): a file may be a field without a name of its own, and `${filename}` then stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message

from werkzeug.exceptions import HTTPException
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from ..core.errors import AwsError

_MULTIPART = "multipart/form-data"
_MOST = 20 * 1024  # bytes of fields before the file (S3 API Reference, "POST Object")
_VARIABLE = "${filename}"


@dataclass(frozen=True, slots=True)
class Form:
    """A posted form. Fields by their names in lower case, in the order in which they were sent."""

    bucket: str
    fields: Mapping[str, str] = field(repr=False)  # a signature, perhaps a session's token
    content: bytes = field(repr=False)

    @property
    def signed(self) -> bool:
        """Whether somebody says to have signed it."""
        return any(name in self.fields for name in ("x-amz-signature", "signature"))

    @property
    def key(self) -> str:
        """The object's key."""
        return self.fields["key"]


def read_form(bucket: str, content_type: str, body: bytes) -> Form:
    """Return the form in the body of a request; AwsError in S3's words for what is none."""
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != _MULTIPART or not isinstance(boundary, str):
        raise AwsError(
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
            412,
            Condition="Bucket POST must be of the enclosure-type multipart/form-data",
        )
    try:
        return _read(bucket, body, boundary.encode("latin-1", "replace"))
    except (HTTPException, ValueError, UnicodeError):
        said = "The body of your POST request is not well-formed multipart/form-data."
        raise AwsError("MalformedPOSTRequest", said) from None


def missing_field(name: str) -> AwsError:
    """Return the error for a field that is not there (recorded)."""
    said = (
        f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields."
    )
    return AwsError("InvalidArgument", said, ArgumentName=name, ArgumentValue="")


def _read(bucket: str, body: bytes, boundary: bytes) -> Form:
    decoder = MultipartDecoder(boundary)
    decoder.receive_data(body)
    decoder.receive_data(None)
    fields: dict[str, bytes] = {}
    content: bytearray | None = None
    filename: str | None = None
    name = ""
    while not isinstance(event := decoder.next_event(), (Epilogue, NeedData)):
        if isinstance(event, (Field, File)):
            if content is not None:  # what comes after the file is ignored
                break
            name = (event.name or "").lower()
            if name == "file":
                content, filename = bytearray(), event.filename if isinstance(event, File) else None
            else:
                fields[name] = b""
        elif isinstance(event, Data):
            if content is not None:
                content += event.data
            else:
                fields[name] += event.data
    if sum(len(each) + len(value) for each, value in fields.items()) > _MOST:
        said = "Your POST request fields preceding the upload file were too large."
        raise AwsError("MaxPostPreDataLengthExceeded", said)
    if "key" not in fields:
        raise missing_field("key")
    if not fields["key"]:
        said = "User key must have a length greater than 0."
        raise AwsError("InvalidArgument", said, ArgumentName="key", ArgumentValue="")
    if content is None:
        raise AwsError("IncorrectNumberOfFilesInPostRequest", "POST requires exactly one file upload per request.")
    texts = {each: _with_filename(value.decode(), filename) for each, value in fields.items()}
    return Form(bucket, texts, bytes(content))


def _with_filename(value: str, filename: str | None) -> str:
    """The name of the file, without the folders that some browsers send, in place of the variable."""
    if not filename:
        return value
    return value.replace(_VARIABLE, filename.replace("\\", "/").rpartition("/")[2])
