"""One AWS call as a widget makes it: what it is on the command line and in boto3, and what came of it.

The text and the call are made of the same parameters, so that what is shown is what is sent.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from ..errors import LabError
from .twin import Code, Part, Words

Explain = Callable[[Any], Any]
"""`lab.explain` or the like: takes a ClientError, answers something with a `text`."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a service, by its API name ("CreateKey") and parameters."""

    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    service: str = "kms"

    @property
    def boto3(self) -> str:
        """The call in Python. `kms` is a boto3 client."""
        given = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return f"{self.service}.{xform_name(self.operation)}({given})"

    @property
    def cli(self) -> str:
        """The call for a shell, for AWS CLI version 1 or 2."""
        options = (part for name, value in self.parameters.items() for part in _options(name, value))
        return " ".join(["aws", self.service, xform_name(self.operation, "-"), *options])


def _options(name: str, value: Any) -> Iterator[str]:
    option = xform_name(name, "-")
    match value:
        case bool():
            yield f"--{option}" if value else f"--no-{option}"
        case str():
            # joined by "=", so that a text may begin with hyphens
            yield f"--{option}={shlex.quote(value)}" if value.startswith("-") else f"--{option} {shlex.quote(value)}"
        case int() | float():
            yield f"--{option} {value}"
        case list() | tuple() if all(isinstance(each, str) and not each.startswith("-") for each in value):
            yield " ".join([f"--{option}", *map(shlex.quote, value)])
        case _:
            yield f"--{option} {shlex.quote(json.dumps(value, ensure_ascii=False))}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call: an answer, or a refusal with its explanation where there is one."""

    call: Call
    answer: Mapping[str, Any] | None = None
    code: str = ""
    message: str = ""
    explanation: str = ""

    @property
    def done(self) -> bool:
        """Whether AWS did it."""
        return self.answer is not None

    @property
    def says(self) -> str:
        """One line: done, or the refusal in AWS's words."""
        return f"Done: {self.call.operation}" if self.done else f"Refused: {self.code}: {self.message}"


class Caller:
    """Makes calls as one identity, by plain boto3 clients, and keeps what came of those that change something."""

    def __init__(self, clients: Mapping[str, Any], explain: Explain | None = None) -> None:
        self._clients = clients
        self._explain = explain
        self.log: list[Outcome] = []

    def can(self, service: str) -> bool:
        """Tell whether there is a client for the service."""
        return service in self._clients

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service. LookupError where there is none."""
        return self._clients[service]

    def make(self, call: Call) -> Outcome:
        """Make the call, once; a refusal is an outcome, no exception."""
        try:
            answer = getattr(self._clients[call.service], xform_name(call.operation))(**call.parameters)
        except ClientError as refused:
            error = refused.response["Error"]
            return Outcome(call, None, str(error["Code"]), str(error["Message"]), self._explained(refused))
        # boto3 itself: no credentials, no network, a parameter that can't be sent; or the lab is over
        except (BotoCoreError, LabError) as refused:
            return Outcome(call, None, type(refused).__name__, str(refused))
        return Outcome(call, {name: value for name, value in answer.items() if name != "ResponseMetadata"})

    def change(self, *calls: Call) -> list[Outcome]:
        """Make calls that change something, in order, up to the first refusal; they are kept in `log`."""
        made: list[Outcome] = []
        for call in calls:
            made.append(self.make(call))
            if not made[-1].done:
                break
        self.log += made
        return made

    def pages(self, call: Call, member: str, most: int = 1_000_000) -> tuple[list[Any], Outcome]:
        """Collect a list over its pages, and the last outcome: what came before a refusal is kept."""
        found: list[Any] = []
        while True:
            outcome = self.make(call)
            if outcome.answer is None:
                return found, outcome
            found += outcome.answer.get(member, [])
            if not outcome.answer.get("Truncated", outcome.answer.get("IsTruncated")) or len(found) >= most:
                return found, outcome
            marker = outcome.answer.get("NextMarker", outcome.answer.get("Marker"))
            call = Call(call.operation, {**call.parameters, "Marker": marker}, call.service)

    def _explained(self, refused: ClientError) -> str:
        if self._explain is None:
            return ""
        try:
            return str(self._explain(refused).text)
        except Exception:  # the refusal itself is what matters: no explanation may hide it
            return ""


def shown_calls(calls: Sequence[Call]) -> tuple[str, str]:
    """Write calls one after the other, as a shell script and as Python."""
    return "\n".join(call.cli for call in calls), "\n".join(call.boto3 for call in calls)


def outcomes(made: Sequence[Outcome]) -> list[Part]:
    """Show the last calls: what came of each, why, and how they are written elsewhere."""
    parts: list[Part] = []
    for each in made:
        parts.append(Words(each.says, "done" if each.done else "refused"))
        if each.explanation:
            parts.append(Code(each.explanation, "Why"))
    if made:
        parts.append(Code("\n".join(each.call.cli for each in made), "On the command line"))
        parts.append(Code("\n".join(each.call.boto3 for each in made), "In Python"))
    return parts
