"""No call of a simulated lab goes to AWS: what botocore would send there is refused, or comes by a VPC endpoint.

Run as a program, it is the `aws` command of this environment under the same rule. Version 1 of that command has AWS's
own addresses for some services (RDS, DocumentDB, Neptune, Health, SQS, EMR), which it prefers to AWS_ENDPOINT_URL.
Imports nothing of labkit: the command would start a second later.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import botocore.handlers

_OF_AWS = re.compile(r"(?:.+\.)?(?:amazonaws\.com(?:\.cn)?|api\.aws|api\.amazonwebservices\.com\.cn)")
_VPC_ENDPOINT = re.compile(r"(?:.+\.)?vpce-[0-9a-z]+-[0-9a-z-]+\.[a-z0-9.-]+\.vpce\.amazonaws\.com(?:\.cn)?")


class NotInThisLab(RuntimeError):
    """A call that is meant for AWS itself."""


def redirect(request: Any, **_: Any) -> None:
    """Send a request for a VPC endpoint's name to the lab, under that name; NotInThisLab for AWS's other names.

    botocore's `before-send` event. Without AWS_ENDPOINT_URL there is no lab, and nothing happens.
    """
    url, lab = urlsplit(request.url), urlsplit(os.environ.get("AWS_ENDPOINT_URL", ""))
    host = (url.hostname or "").lower()
    if lab.hostname is None or not _OF_AWS.fullmatch(host):
        return
    if not _VPC_ENDPOINT.fullmatch(host):
        raise NotInThisLab(
            f"This call was meant for {host}, which is AWS itself. A simulated lab calls its own account only: "
            "leave out endpoint_url, or --endpoint-url on the command line."
        )
    request.headers["Host"] = url.netloc
    request.url = urlunsplit((lab.scheme, lab.netloc, url.path or "/", url.query, ""))


def guard() -> None:
    """Let every botocore session that is made from now on keep the rule."""
    entry = ("before-send", redirect, botocore.handlers.REGISTER_FIRST)
    if entry not in botocore.handlers.BUILTIN_HANDLERS:
        botocore.handlers.BUILTIN_HANDLERS.insert(0, entry)


def run_aws() -> int:
    """Run the `aws` command; answers its exit status."""
    guard()
    with suppress(ImportError, AttributeError):  # a version without such a table
        from awscli.customizations.overridesslcommonname import SSL_COMMON_NAMES

        SSL_COMMON_NAMES.clear()
    from awscli.clidriver import main

    return int(main())


if __name__ == "__main__":
    del sys.path[0]  # this folder, whose modules have common names
    sys.exit(run_aws())
