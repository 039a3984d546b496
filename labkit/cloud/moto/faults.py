"""Turns a fault inside moto into the error that the service's own model has for such a request. Pure.

moto does not look at everything that it is given: an unknown id may end in a KeyError, a made-up token in a
ValueError. Which error is meant follows from the kind of the fault and from the errors that botocore's model of the
operation names:

    a lookup that failed                → the …NotFound, NoSuch…, …DoesNotExist of the operation
    a continuation token in the request → its Invalid…Token
    a value that can't be read          → its Validation…, InvalidParameter…, BadRequest…
    anything that moto lacks            → NotImplemented, with the names of the service and the operation

A lookup is a KeyError of something that the request names, or a None where something should have been found; not where
a part of the request is empty, or where something is only to be made. The codes are the model's; the sentences are
ours (fidelity table "account").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel

from ..core.call import Call
from ..core.errors import AwsError

_NOT_FOUND = re.compile(r"NotFound|NoSuch|DoesNotExist|NonExist|NotExist|Unknown(?!Error)|UnknownResource")
_BAD_TOKEN = re.compile(r"(Invalid|Expired|Bad)(Next|Pagination|Continuation|Page|Paging)?(Token|Marker)(Exception)?$")
_BAD_VALUE = (
    re.compile(r"^Validation(Error|Exception)?$"),
    re.compile(r"^Invalid(Parameter|Argument|Input|Request|AttributeValue)"),
    re.compile(r"^(BadRequest|ClientException)"),
    re.compile(r"Validation"),
)
_TOKEN_NAMES = re.compile(r"token$|marker$|^starting|exclusivestart|cursor$", re.IGNORECASE)
_NOT_TOKENS = re.compile(r"(client|request|session|security|task).*token|idempoten", re.IGNORECASE)
_MAKES = ("Create", "Put", "Register", "Start", "Batch", "Transact", "Execute")
_IDENTIFIERS = re.compile(r"(Id|ID|Arn|ARN|Name|Identifier|Url)s?$")
# What EC2's model does not name (it names no error): "Error codes for the Amazon EC2 API".
_EC2_NOT_FOUND = {
    "ImageId": "InvalidAMIID.NotFound",
    "InstanceId": "InvalidInstanceID.NotFound",
    "KeyName": "InvalidKeyPair.NotFound",
    "SnapshotId": "InvalidSnapshot.NotFound",
    "VolumeId": "InvalidVolume.NotFound",
    "GroupId": "InvalidGroup.NotFound",
    "AllocationId": "InvalidAllocationID.NotFound",
}
_PROTOCOL_WORDS = {"ec2": "InvalidParameterValue", "query": "ValidationError", "rest-xml": "InvalidArgument"}
# See `tokens.py` for where these were met.
_TOKEN_WORDS = {
    "ec2": ("InvalidParameterValue", "Unable to parse pagination token"),
    "iam": ("ValidationError", "Invalid Marker"),
    "logs": ("InvalidParameterException", "The specified nextToken is invalid."),
}
# Recorded of S3, which does not model it for every operation that has it.
_NO_UPLOAD = (
    "The specified upload does not exist. "
    "The upload ID may be invalid, or the upload may have been aborted or completed."
)


def as_error(call: Call, operation: OperationModel, fault: Exception) -> AwsError:
    """Return the refusal that stands for `fault`, which moto raised while it did `call`."""
    if isinstance(fault, ServiceException):
        return AwsError(fault.code, fault.message, _status(operation, fault.code))
    if isinstance(fault, (NotImplementedError, ImportError)):
        return not_implemented(call)
    if isinstance(fault, (RecursionError, MemoryError, OverflowError)):
        return _bad_value(call, operation)
    tokens = [name for name in call.params if _is_token(name)]
    if tokens and isinstance(fault, (ValueError, TypeError, LookupError, AttributeError)):
        return bad_token(call, operation, tokens[0])
    if isinstance(fault, KeyError) and fault.args and fault.args[0] in _member_names(operation, call.params):
        return not_implemented(call, f" without {fault.args[0]}")
    if _is_lookup(call, fault):
        return _not_found(call, operation)
    if isinstance(fault, AttributeError):
        return not_implemented(call)
    return _bad_value(call, operation)


def bad_token(call: Call, operation: OperationModel, name: str) -> AwsError:
    """Return the refusal of a continuation token that is none."""
    if call.service in _TOKEN_WORDS:
        return AwsError(*_TOKEN_WORDS[call.service])
    code = _first(operation, (_BAD_TOKEN,))
    if code:
        return AwsError(code, f"The {name} provided is invalid.", _status(operation, code))
    return _bad_value(call, operation, name)


_CODE = re.compile(rb"<Code>([^<]+)</Code>(?:.*?<Message>([^<]*)</Message>)?", re.DOTALL)


def check_error(call: Call, operation: OperationModel, status: int, content: bytes) -> None:
    """Raise what moto says in another protocol's form, or without an error's code; let pass what has its form."""
    protocol = str(operation.service_model.protocol)
    in_xml = _CODE.search(content)
    try:
        said = json.loads(content)
        in_json = str(said.get("__type") or said.get("code") or said.get("Code") or "")
    except (ValueError, AttributeError):
        said, in_json = {}, ""
    if protocol in ("query", "ec2", "rest-xml"):
        if in_xml or (not content and call.service == "s3"):
            return
        code, text = in_json.rpartition("#")[2], said.get("message") or said.get("Message")
    else:
        if in_json or said:
            return
        code = in_xml[1].decode() if in_xml else ""
        text = (in_xml[2] or b"").decode() if in_xml else None
    if code:
        raise AwsError(code, text, status)
    if status == 404 and not content.strip().startswith((b"<Error", b"<?xml")):  # moto has no such address
        raise not_implemented(call)
    raise _bad_value(call, operation)


def _is_lookup(call: Call, fault: Exception) -> bool:
    """Whether the fault tells that something which the request names is not there."""
    if isinstance(fault, KeyError) and fault.args and isinstance(fault.args[0], str) and fault.args[0]:
        return any(fault.args[0] in text for text in _texts(call.params))
    vague = isinstance(fault, (LookupError, StopIteration)) or "NoneType" in str(fault)
    return vague and not call.operation.startswith(_MAKES) and not _has_empty(call.params)


def not_implemented(call: Call, but: str = "") -> AwsError:
    """Return what the account says where it has nothing: the service and the operation by their names."""
    return AwsError(
        "NotImplemented",
        f"The simulated account does not have {call.service}:{call.operation}{but}. Nothing was done.",
        501,
    )


def _not_found(call: Call, operation: OperationModel) -> AwsError:
    identifiers = [(name, value) for name, value in _values(call.params) if _IDENTIFIERS.search(name)]
    name, value = identifiers[0] if identifiers else ("", "")
    if operation.service_model.protocol == "ec2":
        kind = next((each for each, _ in identifiers if each.rstrip("s") in _EC2_NOT_FOUND), "")
        if kind:
            value = dict(identifiers)[kind]
            return AwsError(_EC2_NOT_FOUND[kind.rstrip("s")], f"The {kind} '{value}' does not exist")
    if call.service == "s3" and "UploadId" in call.params:
        return AwsError("NoSuchUpload", _NO_UPLOAD, 404)
    codes = [code for code in _codes(operation) if _NOT_FOUND.search(code)]
    if not codes:
        return _bad_value(call, operation, name)
    stem = _IDENTIFIERS.sub("", name).lower()
    code = next((each for each in codes if stem and stem in each.lower()), codes[0])
    text = f"There is no {name} {value}." if name else "What the request names does not exist."
    return AwsError(code, text, _status(operation, code, 404))


def _bad_value(call: Call, operation: OperationModel, name: str = "") -> AwsError:
    protocol = str(operation.service_model.protocol)
    code = _first(operation, _BAD_VALUE) or _PROTOCOL_WORDS.get(protocol, "ValidationException")
    text = f"The value of {name} is invalid." if name else f"The parameters of {call.operation} are invalid."
    return AwsError(code, text, _status(operation, code))


def _first(operation: OperationModel, patterns: Iterable[re.Pattern[str]]) -> str:
    """The first modelled error that fits, by the order of the patterns; empty where none does."""
    codes = list(_codes(operation))
    return next((code for pattern in patterns for code in codes if pattern.search(code)), "")


def _codes(operation: OperationModel) -> Iterator[str]:
    """The errors of the operation as they stand on the wire."""
    for shape in operation.error_shapes:
        yield str(shape.metadata.get("error", {}).get("code") or shape.name)


def _status(operation: OperationModel, code: str, otherwise: int = 400) -> int:
    """The model's HTTP status of an error; JSON protocols answer every fault of the caller with 400."""
    for shape in operation.error_shapes:
        error = shape.metadata.get("error", {})
        if code in (error.get("code"), shape.name) and error.get("httpStatusCode"):
            return int(error["httpStatusCode"])
    return 400 if operation.service_model.protocol in ("json", "ec2") else otherwise


def _is_token(name: str) -> bool:
    return bool(_TOKEN_NAMES.search(name)) and not _NOT_TOKENS.search(name)


def _member_names(operation: OperationModel, given: dict[str, Any]) -> set[str]:
    """The members that the request may have and hasn't, at its top and one below."""
    shape = operation.input_shape
    names: set[str] = set()
    for name, member in (shape.members if shape is not None else {}).items():
        names |= {name} if name not in given else set()
        inner = getattr(member, "member", member)
        names |= set(getattr(inner, "members", ()))
    return names | {name[:1].lower() + name[1:] for name in names}


def _values(params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The texts of the request by member name, the outermost first; of a list its first item."""
    inner: list[dict[str, Any]] = []
    for name, value in params.items():
        item = value[0] if isinstance(value, list) and value else value
        if isinstance(item, str):
            yield name, item
        elif isinstance(item, dict):
            inner.append(item)
    for each in inner:
        yield from _values(each)


def _texts(value: Any) -> Iterator[str]:
    """Every text of the request."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield str(name)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _has_empty(value: Any) -> bool:
    """Whether a part of the request has nothing in it."""
    if isinstance(value, dict):
        return any(item in ("", [], {}) or _has_empty(item) for item in value.values())
    return isinstance(value, list) and any(item in ("", [], {}) or _has_empty(item) for item in value)
