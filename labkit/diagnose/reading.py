"""Takes an error apart, whatever it was given as: exceptions, text, records of CloudTrail. Pure; any input is safe.

What comes out is lower-case text to look for words in, and a few facts of strict forms (ARNs, actions). Nothing else of
the input is ever shown.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..expect import ExpectedError
from .facts import facts_in

LONGEST = 100_000
"""How many characters of a text's beginning, and of its end, are read: an error stands at one of the two."""

DEEPEST = 20  # how deep a record is searched for what is one

_FRAME = re.compile(r"^[ \t│|>╷╵]+", re.MULTILINE)  # what Terraform and quotations put before a line
_ESCAPED = re.compile(r"\\+[nrt\"'/]|\\+u0022")
_NOT_PRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\ufeff]+")
_WORD = re.compile(r"[A-Za-z0-9_]{2,80}")
_OPERATION = re.compile(r"when calling the ['\"`]?(\w{2,60})['\"`]? operation")
_ELSEWHERE = re.compile(
    r"googleapis|cloudkms|gcpkms|vault\.azure|azure key ?vault|aliyun|alicloud|opentelekom|yandex|oraclecloud"
)
_AWS = re.compile(r"\baws|amazon|arn:aws|botocore|boto3")
# How SDKs and tools say that KMS answered.
_ITS_OWN = ("service: awskms", "service: kms", "operation error kms", "(kms key", "kms.model", "keymanagementservice")
# Names that other services have too.
_SHARED = frozenset(
    ("CreateAlias", "CreateKey", "DeleteAlias", "ListAliases", "ListKeys", "TagResource", "UntagResource",
     "UpdateAlias")
)  # fmt: skip
_OBJECTS = frozenset(
    ("GetObject", "PutObject", "HeadObject", "CopyObject", "UploadPart", "UploadPartCopy", "CreateMultipartUpload",
     "CompleteMultipartUpload", "GetObjectAttributes", "SelectObjectContent")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Symptom:
    """An error as it was read: its text in small letters and single spaces, its words, and facts of it."""

    text: str
    words: frozenset[str]
    operation: str
    source: str
    facts: Mapping[str, str]
    request_id: str = ""

    @property
    def is_elsewhere(self) -> bool:
        """Whether another cloud's key service speaks, and AWS is not named."""
        return _ELSEWHERE.search(self.text) is not None and _AWS.search(self.text) is None

    @property
    def is_about_kms(self) -> bool:
        """Whether AWS KMS is named at all."""
        return "kms" in self.text or "keymanagementservice" in self.text or self.is_from_kms

    @property
    def is_from_kms(self) -> bool:
        """Whether it is KMS's own answer: to an operation that only KMS has, or said by the tool."""
        if self.source:
            return self.source == "kms.amazonaws.com"
        shared = self.operation in _SHARED and "kms" in self.text
        return shared or self.operation in _kms_operations() or any(each in self.text for each in _ITS_OWN)

    @property
    def is_about_objects(self) -> bool:
        """Whether an object of S3 was read or written."""
        if self.operation:
            return self.operation in _OBJECTS
        return bool({"s3", "amazons3", "s3api", "amazons3exception"} & self.words)


@cache
def _kms_operations() -> frozenset[str]:
    import botocore.session  # loads most of botocore, which `import labkit` alone does not need

    model = botocore.session.get_session().get_service_model("kms")
    return frozenset(model.operation_names) - _SHARED


def read(error: Any) -> Symptom:
    """Read an error from whatever it was given as; one that can't be read has no words."""
    if isinstance(error, ExpectedError):
        error = {"Error": {"Code": error.code, "Message": error.message}, "op": error.operation, "id": error.request_id}
        return _answer(error, str(error["op"]), str(error["id"]))
    if isinstance(error, ClientError):
        request_id = str(error.response.get("ResponseMetadata", {}).get("RequestId", ""))
        return _answer(error.response, str(error.operation_name), request_id)
    if isinstance(error, BotoCoreError | BaseException):
        return _text(f"{type(error).__name__}: {_told(error)}")
    if isinstance(error, bytes | bytearray):
        error = bytes(error[: 4 * LONGEST]).decode("utf-8", "replace")
    if isinstance(error, str):
        return _pasted(error)
    return _record(error) or _text("")


def _told(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # an exception of somebody else's, whose text fails
        return ""


def _answer(answer: Mapping[str, Any], operation: str, request_id: str) -> Symptom:
    """What a service answered, as boto3 has it."""
    about = answer.get("Error") or {}
    return _text(f"{about.get('Code', '')}: {about.get('Message', '')}", operation, request_id=request_id)


def _pasted(text: str) -> Symptom:
    """A text that somebody pasted: JSON where it is that, else words."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            found = _record(json.loads(text)) if len(text) <= 20 * LONGEST else None
        except (ValueError, RecursionError):
            found = None
        if found is not None:
            return found
    return _text(text)


def _record(given: Any) -> Symptom | None:
    """The first record of an error in what was read from JSON; None if there is none."""
    for each in _mappings(given):
        code, message = each.get("errorCode"), each.get("errorMessage")
        if isinstance(code, str) or (isinstance(message, str) and "eventSource" in each):
            source, operation = each.get("eventSource"), each.get("eventName")
            said = f"{code if isinstance(code, str) else ''}: {message if isinstance(message, str) else ''}"
            request = each.get("requestID")
            return _text(said, _name(operation), _name(source), request if isinstance(request, str) else "")
        if isinstance(each.get("__type"), str):
            return _text(f"{each['__type']}: {each.get('message') or each.get('Message') or ''}")
        if isinstance(each.get("Error"), Mapping):
            about = each.get("ResponseMetadata")
            return _answer(each, "", str(about.get("RequestId", "")) if isinstance(about, Mapping) else "")
        if isinstance(each.get("errorMessage"), str):
            return _text(f"{each.get('errorType', '')}: {each['errorMessage']}")
    return None


def _mappings(given: Any) -> Iterator[Mapping[str, Any]]:
    """The objects in what JSON gave, outer ones first, to a certain depth; JSON inside of texts too."""
    level = [given]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for each in level[:10_000]:
            if isinstance(each, Mapping):
                yield each
                inner += each.values()
            elif isinstance(each, list | tuple):
                inner += each
            elif isinstance(each, str) and each[:1] == "{" and len(each) <= LONGEST:
                try:
                    inner.append(json.loads(each))
                except (ValueError, RecursionError):
                    continue
        level = [each for each in inner if isinstance(each, Mapping | list | tuple | str)]


def _name(value: Any) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"[\w.]{1,80}", value, re.ASCII) else ""


def _text(text: str, operation: str = "", source: str = "", request_id: str = "") -> Symptom:
    if len(text) > 2 * LONGEST:
        text = text[:LONGEST] + " " + text[-LONGEST:]
    text = html.unescape(_ESCAPED.sub(_opened, text))
    text = " ".join(_NOT_PRINTED.sub(" ", _FRAME.sub("", text)).split())
    called = _OPERATION.search(text)
    if not operation and called is not None:
        operation = called.group(1)
    words = frozenset(word.lower() for word in _WORD.findall(text))
    return Symptom(text.lower(), words, operation, source, facts_in(text), request_id)


def _opened(escaped: re.Match[str]) -> str:
    """What an escape of JSON stands for: a quotation mark, a slash, or the end of a line."""
    last = escaped.group()[-1]
    return '"' if last == "2" else last if last in "\"'/" else "\n"
