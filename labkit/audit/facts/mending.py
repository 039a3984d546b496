"""How to mend: one call, written for the command line and for boto3, with names quoted as each asks for it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore import xform_name

from .finding import Mend

_CLI_NAMES = {"s3": "s3api"}


@dataclass(frozen=True, slots=True)
class File:
    """A document that somebody has to write first; `path` is where it stands."""

    path: str


def mend(service: str, operation: str, note: str = "", **params: Any) -> Mend:
    """Write a call of boto3's `operation`, such as mend("kms", "enable_key_rotation", KeyId=arn).

    `note` says what to do first, or what to write into a file.
    """
    remark = f"  # {note}" if note else ""
    options = "".join(_option(name, value) for name, value in params.items())
    command = f"aws {_CLI_NAMES.get(service, service)} {operation.replace('_', '-')}{options}"
    arguments = ", ".join(f"{name}={_argument(value)}" for name, value in params.items())
    return Mend(command + remark, f'boto3.client("{service}").{operation}({arguments}){remark}')


def _option(name: str, value: Any) -> str:
    flag = f"--{xform_name(name, '-')}"
    if isinstance(value, bool):
        return f" {flag}" if value else f" --no-{flag[2:]}"
    if isinstance(value, File):
        return f" {flag} file://{value.path}"
    if isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(each, Mapping) for each in value)):
        return f" {flag} {shlex.quote(json.dumps(value, ensure_ascii=False))}"
    if isinstance(value, list):
        return f" {flag} {' '.join(shlex.quote(str(each)) for each in value)}"
    return f" {flag} {shlex.quote(str(value))}"


def _argument(value: Any) -> str:
    return f"open({value.path!r}).read()" if isinstance(value, File) else repr(value)
