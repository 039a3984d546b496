"""Continuation tokens: one that no answer has handed out is refused, where moto takes whatever it is given.

moto reads few tokens. What stands in its answers is kept, and what a request brings is looked up there once moto has
answered it without a complaint. Words: IAM's as a user of the real service met them ("ValidationError: Invalid
Marker"), CloudWatch Logs' recorded (LocalStack's snapshots), EC2's as mocks quote it of the real service
("Unable to parse pagination token"); of the other services the code is by the model and the sentence ours.
"""

from __future__ import annotations

import re
from html import unescape

from moto.core.model import OperationModel

from ..core.call import Call
from ..wire.protocols import HttpResponse
from .faults import bad_token

# S3's and DynamoDB's are names of things, which may be any.
_NAMES = re.compile(r"^(next_?token|pagination_?token|marker)$", re.IGNORECASE)
_ANSWERED = re.compile(r"(token|marker)$", re.IGNORECASE)
_UNCHECKED = frozenset({"s3", "dynamodb", "route53"})
_IN_XML = re.compile(rb"<\w*(?:Token|Marker|token|marker)>([^<]+)</")
_IN_JSON = re.compile(rb'"\w*(?:Token|Marker|token|marker)"\s*:\s*"((?:[^"\\]|\\.)*)"')


class Tokens:
    """The continuation tokens that answers of one cloud have handed out."""

    def __init__(self) -> None:
        self._handed_out: set[str] = set()

    def check(self, call: Call, operation: OperationModel, answer: HttpResponse) -> None:
        """Keep the tokens of an answer; raise AwsError if the request had one that none had handed out."""
        if answer.status >= 300 or call.service in _UNCHECKED or not _has_pages(operation):
            return
        for name, value in call.params.items():
            if _NAMES.match(name) and isinstance(value, str) and value and value not in self._handed_out:
                raise bad_token(call, operation, name)
        for pattern in (_IN_XML, _IN_JSON):
            self._handed_out |= {unescape(each.decode()) for each in pattern.findall(answer.body)}


def _has_pages(operation: OperationModel) -> bool:
    """Whether the operation takes a token and answers one."""
    taken, answered = operation.input_shape, operation.output_shape
    if taken is None or answered is None:
        return False
    return any(map(_NAMES.match, taken.members)) and any(map(_ANSWERED.search, answered.members))
