"""What a call to a service behind moto must satisfy before anybody looks at it: botocore's model of the operation.

moto keeps nearly every name and text that it is given. Here they are held to the required members, lengths, patterns
and values of the model, in the words of the service. Pure. Sources: answers recorded from the real services (named at
each table); codes of services without a recording follow the rule of their protocol.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from botocore.model import StructureShape
from moto.core.utils import get_service_model

from ..core.call import Call
from ..core.errors import AwsError
from ..core.regions import known_regions
from ..wire.validation import Problem, in_words, problems_of

# S3 has hardly a constraint in its model and says MalformedXML, InvalidArgument, … itself.
_UNCHECKED = frozenset({"s3"})
# Recorded: CloudWatch Logs says InvalidParameterException of most parameters, where other JSON services have
# ValidationException; services of the query protocol (IAM, STS, SNS, CloudWatch, CloudFormation) have ValidationError.
_CODES = {"logs": "InvalidParameterException"}
_PROTOCOL_CODES = {"query": "ValidationError"}
# IAM's own sentence for names of this pattern (recorded, ValidationError, status 400).
_IAM_NAMES = r"[\w+=,.@-]+"
_IAM_SENTENCE = (
    "The specified value for {} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
)
# Recorded of EC2 and SQS: one parameter at a time, by the name that the request has.
_MISSING = "The request must contain the parameter {}"
_INVALID = "Value ({}) for parameter {} is invalid."
# A character that XML 1.0 can't hold ("Characters"): no service that answers in XML could show it again.
_NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_XML_RULE = (
    "Member must satisfy regular expression pattern: "
    "[\\u0009\\u000A\\u000D\\u0020-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]*"
)
_NOT_NULL = "Member must not be null"


def check_parameters(call: Call) -> None:
    """Refuse parameters that the operation's model does not allow; AwsError in the service's words."""
    model = get_service_model(call.service)
    shape = model.operation_model(call.operation).input_shape
    if call.service in _UNCHECKED or not isinstance(shape, StructureShape):
        return
    problems = problems_of(call.params, shape)
    if not problems and model.protocol in ("query", "ec2", "rest-xml"):
        problems = [(f" '{text}'", path, _XML_RULE) for path, text in _texts(call.params, "") if _NOT_XML.search(text)]
    if not problems and call.service == "ec2":
        _check_regions(call.params)
    if problems:
        raise _refusal(call, str(model.protocol), shape, problems)


def _check_regions(params: dict[str, Any]) -> None:
    """A Region that a copy comes from or goes to exists."""
    for name in ("SourceRegion", "DestinationRegion"):
        if name in params and params[name] not in known_regions():
            raise AwsError("InvalidParameterValue", _INVALID.format(params[name], name))


def _refusal(call: Call, protocol: str, shape: StructureShape, problems: list[Problem]) -> AwsError:
    if protocol == "ec2" or call.service == "sqs":
        return _one_by_one(call.service, shape, problems[0])
    if call.service == "iam":
        value, path, rule = problems[0]
        if rule.endswith(f": {_IAM_NAMES}") and value:
            return AwsError("ValidationError", _IAM_SENTENCE.format(path))
    code = _CODES.get(call.service) or _PROTOCOL_CODES.get(protocol, "ValidationException")
    return AwsError(code, in_words(problems))


def _one_by_one(service: str, shape: StructureShape, problem: Problem) -> AwsError:
    """In EC2's words, which SQS has too."""
    value, path, rule = problem
    name = _member_name(shape, path)
    if rule == _NOT_NULL:
        return AwsError("MissingParameter", _MISSING.format(name) + ("." if service == "sqs" else ""))
    if "enum value set" in rule:
        return AwsError("InvalidParameterValue", f"Invalid value{value} for {name}.")
    return AwsError("InvalidParameterValue", _INVALID.format(value.strip(" '"), name))


def _member_name(shape: StructureShape, path: str) -> str:
    """A path of the messages as the model's members have it: its first letter is in lower case there."""
    first, dot, rest = path.partition(".")
    found = next((name for name in shape.members if name.lower() == first.lower()), first)
    return found + dot + rest


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text of the parameters, keys of maps included, with its place."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield path, str(name)
            yield from _texts(item, f"{path}.{_lowered(str(name))}" if path else _lowered(str(name)))
    elif isinstance(value, list):
        for number, item in enumerate(value, start=1):
            yield from _texts(item, f"{path}.{number}.member")


@lru_cache(maxsize=1024)
def _lowered(name: str) -> str:
    return name[:1].lower() + name[1:]
