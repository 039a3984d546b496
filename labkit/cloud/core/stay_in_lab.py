"""No AWS SDK of a simulated lab calls AWS: a request goes to the lab, to another program on this machine, or nowhere.

One rule before everything that botocore sends in this process, whenever the session was made and whatever the settings
say. It needs no variable to stand. The names of VPC endpoints are sent to the lab, under that name.

Run as a program, this is another one under the same rule: the environment's `aws` command (version 1 prefers addresses
of its own for RDS, SQS and others), or the runtime of a Lambda function. Imports nothing of labkit: the command would
start a second later; and botocore only when it is there.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import re
import runpy
import sys
from contextlib import suppress
from importlib.machinery import ModuleSpec
from typing import Any
from urllib.parse import urlsplit, urlunsplit

_VPC_ENDPOINT = re.compile(r"(?:.+\.)?vpce-[0-9a-z]+-[0-9a-z-]+\.[a-z0-9.-]+\.vpce\.amazonaws\.com(?:\.cn)?")
_METADATA = frozenset({"169.254.169.254", "fd00:ec2::254", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"})
_CREDENTIALS = (  # EC2's instance metadata, ECS's and EKS's container credentials
    "It asks there for credentials, as none were found before: let AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY stand."
)
_ADDRESS = (
    "Leave out endpoint_url, or --endpoint-url on the command line, and let AWS_ENDPOINT_URL stand, without an "
    "AWS_ENDPOINT_URL_... of one service or AWS_IGNORE_CONFIGURED_ENDPOINT_URLS."
)
_HTTP = "botocore.httpsession"  # where every client's requests leave; `send` of its one class


class NotInThisLab(RuntimeError):
    """A call that is meant for AWS itself, or for somebody else."""


class StayInLab:
    """The rule of a process whose lab is at `endpoint` ("": not known, as where AWS_ENDPOINT_URL was taken away)."""

    def __init__(self, endpoint: str) -> None:
        self._lab = urlsplit(endpoint)

    def __call__(self, request: Any, **_: Any) -> None:
        """Let a request pass, or send it to the lab; NotInThisLab for one that would leave."""
        url = urlsplit(request.url)
        host = (url.hostname or "").lower()
        if host == self._lab.hostname or _is_loopback(host):
            return
        if self._lab.hostname is None or not _VPC_ENDPOINT.fullmatch(host):
            raise NotInThisLab(
                f"This call was meant for {host}. This lab is simulated, and calls its own account only; nothing was "
                f"sent. {_CREDENTIALS if host in _METADATA else _ADDRESS} For a real account, see docs/real-account.md."
            )
        request.headers["Host"] = url.netloc
        request.url = urlunsplit((self._lab.scheme, self._lab.netloc, url.path or "/", url.query, ""))


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def guard(endpoint: str) -> None:
    """Keep the rule from now on: for sessions to come, before their door, and for those that there are."""
    import botocore.handlers

    let_go()
    rule = StayInLab(endpoint)
    botocore.handlers.BUILTIN_HANDLERS.insert(0, ("before-send", rule, botocore.handlers.REGISTER_FIRST))
    _guard_sending(rule)


def let_go() -> None:
    """Take the rule away again, for a real run."""
    import botocore.handlers
    from botocore.httpsession import URLLib3Session

    handlers = botocore.handlers.BUILTIN_HANDLERS
    handlers[:] = [each for each in handlers if not isinstance(each[1], StayInLab)]
    URLLib3Session.send = getattr(URLLib3Session.send, "unguarded", URLLib3Session.send)


def _guard_sending(rule: StayInLab) -> None:
    from botocore.httpsession import URLLib3Session

    unguarded = URLLib3Session.send

    def send(self: Any, request: Any) -> Any:
        rule(request)
        return unguarded(self, request)

    send.unguarded = unguarded  # type: ignore[attr-defined]
    URLLib3Session.send = send


class _OnImport:
    """Guards botocore's sending once it is imported: a Lambda function may never do so, and it takes a while."""

    def __init__(self, rule: StayInLab) -> None:
        self._rule = rule

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        """Find the module as ever, and guard it when it has been read."""
        if name != _HTTP:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            read = spec.loader.exec_module

            def exec_module(module: Any) -> None:
                read(module)
                _guard_sending(self._rule)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def run_aws() -> int:
    """Run the `aws` command; answers its exit status."""
    guard(os.environ.get("AWS_ENDPOINT_URL", ""))
    with suppress(ImportError, AttributeError):  # a version without such a table
        from awscli.customizations.overridesslcommonname import SSL_COMMON_NAMES

        SSL_COMMON_NAMES.clear()
    from awscli.clidriver import main

    return int(main())


def run_module(name: str) -> None:
    """Run another program of this environment; its arguments stand behind."""
    sys.meta_path.insert(0, _OnImport(StayInLab(os.environ.get("AWS_ENDPOINT_URL", ""))))
    runpy.run_module(name, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    del sys.path[0]  # this folder, whose modules have common names
    if sys.argv[1:2] == ["-m"]:
        sys.argv = sys.argv[2:]
        run_module(sys.argv[0])
    else:
        sys.exit(run_aws())
