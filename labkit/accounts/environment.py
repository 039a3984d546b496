"""The standard AWS settings that point unmodified code at a lab, and nothing else at a real account."""

from __future__ import annotations

import atexit
import os
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

import boto3

from ..cloud.core import stay_in_lab
from . import launchers
from .sessions import new_session

# What is read when a lab joins an account; all other settings of AWS's would lead some calls past the lab, to the
# learner's own profile or a real endpoint, or change what SDKs and the `aws` command do and print.
_KEPT = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"})


_COMMANDS = "labkit-commands-"  # how the folder of a lab's own commands is called


def leave_the_owner_out() -> None:
    """Forget the AWS settings of the machine's owner: no call of this process may go to their account.

    Whatever they are (a retry mode, a pager, an output format, nonsense): a lab is the same on every machine.
    """
    for name in list(os.environ):
        if name.startswith("AWS_") and name not in _KEPT:
            del os.environ[name]
    os.environ |= {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def point_at(endpoint: str, region: str, credentials: Mapping[str, str]) -> None:
    """Set this process's AWS settings (the `aws` command and boto3 inherit them)."""
    os.environ |= {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
        "AWS_PAGER": "",  # the `aws` command prints, it does not page
        "TZ": "UTC",  # boto3 and `aws` print times in the machine's zone: everybody's lab shows the same
    } | past_the_proxy(os.environ)
    _prefer_own_commands()
    _keep_commands_in_the_lab()
    stay_in_lab.guard(endpoint)
    if hasattr(time, "tzset"):
        time.tzset()
    boto3.DEFAULT_SESSION = new_session()  # forget the credentials that an earlier session has read


def past_the_proxy(environ: Mapping[str, str]) -> dict[str, str]:
    """Make the two variables by which no proxy is asked for 127.0.0.1, with the hosts that the machine's owner named.

    Where both are set, Python and many others read the lower case alone, and others the upper case.
    """
    chosen = {}
    for name, other in (("NO_PROXY", "no_proxy"), ("no_proxy", "NO_PROXY")):
        hosts = (environ.get(name) or environ.get(other) or "").split(",")
        spared = {"127.0.0.1", "*"} & {host.strip() for host in hosts}
        chosen[name] = ",".join(filter(None, hosts if spared else [*hosts, "127.0.0.1"]))
    return chosen


def _prefer_own_commands() -> None:
    """`!aws` in a notebook is the one installed beside this Python, even where the environment is not activated.

    An `aws` older than 2.13 or 1.29 does not read AWS_ENDPOINT_URL and would call the real AWS. If the launcher can't
    run where this folder is (a space in the path), it is mended; `labkit doctor` tells where that can't be done.
    """
    own = str(launchers.commands())
    with suppress(OSError):
        launchers.mend(launchers.commands(), "aws")
    path = os.environ.get("PATH", "").split(os.pathsep)
    if own not in path:  # an environment that is activated has its own order, and keeps it
        os.environ["PATH"] = os.pathsep.join([own, *path])


def _keep_commands_in_the_lab() -> None:
    """Put `stay_in_lab` before this environment's `aws`; another `aws` that the learner prefers stays theirs.

    Where no folder can be written to, the command is as it was.
    """
    found = shutil.which("aws")
    if os.name == "nt" or found is None or Path(found).parent != launchers.commands():
        return
    with suppress(OSError):
        folder = _commands_of_the_lab()
        path = os.environ["PATH"].split(os.pathsep)
        os.environ["PATH"] = os.pathsep.join([folder, *(each for each in path if each != folder)])


def leave_the_lab() -> None:
    """Call AWS from now on: nothing of a simulated lab, of this process or of one that began it, stands in the way."""
    stay_in_lab.let_go()
    path = os.environ.get("PATH", "").split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join(each for each in path if not Path(each).name.startswith(_COMMANDS))


@cache
def _commands_of_the_lab() -> str:
    """Write the launcher into a folder of its own, which goes when this process ends, and with no child of it."""
    folder, process = tempfile.mkdtemp(prefix=_COMMANDS), os.getpid()

    def remove() -> None:
        if os.getpid() == process:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    launcher = Path(folder, "aws")
    launcher.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(stay_in_lab.__file__)} "$@"\n')
    launcher.chmod(0o755)
    return folder
