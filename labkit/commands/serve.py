"""`labkit serve`: a simulated account over HTTP, for any SDK or aws command on this machine.

Reads its arguments and prints; what it serves comes from labkit.cloud.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shlex
import signal
import sys
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from .common import USAGE_ERROR, add_serving, stop

if TYPE_CHECKING:
    from ..cloud.assembly.cloud import AccountKeys, Cloud

DEFAULT_SEED = "labkit"
DEFAULT_REGION = "us-east-1"
LAB, WALL = "lab", "wall"  # whose time
ALWAYS = "# Permissions are always decided, as AWS decides them; nothing has to be switched on."
IN_MEMORY = "Everything in these accounts is in memory, and gone when this process ends."


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    serve_parser = commands.add_parser(
        "serve",
        help="run a simulated AWS account that any SDK or aws command on this machine can use",
        description="Run a simulated AWS account on 127.0.0.1 until Ctrl-C, and print the settings by which "
        "boto3, the aws command and other SDKs find it.",
    )
    add_serving(serve_parser, as_json, as_exports, "endpoint and accounts")
    serve_parser.add_argument(
        "--accounts", type=account_count, default=1, metavar="N", help="how many accounts to make (default: 1)"
    )
    serve_parser.add_argument(
        "--seed",
        default=DEFAULT_SEED,
        metavar="TEXT",
        type=seed_text,
        help='ids, keys and ciphertexts follow from it; "random" makes them unpredictable (default: %(default)s)',
    )
    serve_parser.add_argument(
        "--region",
        type=region_name,
        default=DEFAULT_REGION,
        metavar="REGION",
        help="the Region named in the settings printed (default: %(default)s)",
    )
    serve_parser.add_argument(
        "--xks",
        action="append",
        type=proxy_name,
        default=[],
        metavar="NAME=ADDRESS",
        help="where the account's KMS finds an external key store proxy: "
        "https://xks.example.com=http://127.0.0.1:PORT; may be given more than once",
    )
    serve_parser.add_argument(
        "--wall-clock",
        action="store_const",
        const=WALL,
        default=LAB,
        dest="clock",
        help="let the account's time be the machine's: no lab second a call, and nobody can move it",
    )
    serve_parser.add_argument(
        "--late",
        type=lateness,
        metavar="SECONDS",
        help="let others see changes of roles, policies, keys, aliases and grants so much later; "
        '"table" takes what is known of AWS',
    )
    serve_parser.set_defaults(run=serve)


def lateness(text: str) -> str:
    """Read how late changes are seen: seconds, or "table"."""
    from ..cloud.assembly.late import delays

    try:
        delays(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from None
    return text


def account_count(text: str) -> int:
    """Read a number of accounts: 1 to 100."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 100):
        raise argparse.ArgumentTypeError(f"accounts are counted from 1 to 100, not {text!r}")
    return int(text)


def seed_text(text: str) -> str:
    """Read a seed that can be hashed: any text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("a seed is text; this holds bytes that are none") from None
    return text


def region_name(text: str) -> str:
    """Read a Region in which botocore's endpoint data knows KMS, in any partition."""
    if text == DEFAULT_REGION:
        return text
    from ..cloud.core.botocore_data import partitions, regions_of_kms

    if not any(text in regions_of_kms(partition) for partition in partitions()):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no AWS Region with KMS; Regions look like us-east-1 or eu-west-3"
        )
    return text


def proxy_name(text: str) -> tuple[str, str]:
    """Read NAME=ADDRESS of a proxy; an address of this machine only."""
    from ..cloud.services.xks.names import Names

    name, _, address = text.partition("=")
    try:
        Names().map(name, address)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from None
    return name, address


def serve(arguments: argparse.Namespace) -> int:
    """`labkit serve`: until SIGINT or SIGTERM, then 0; 2 if the port cannot be had."""
    gc.disable()  # what start-up makes stays for good: the collector need not walk through it again and again
    from ..accounts.environment import leave_the_owner_out
    from ..cloud.doors.doors import Server
    from ..cloud.doors.http_server import PortInUse

    leave_the_owner_out()
    if sys.stdout is None:  # closed before the program began: nobody would ever know the keys
        raise OSError("standard output is closed")
    # Both signals end what stands in the `try` in the same way, wherever it is at that moment.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        cloud = begin(arguments, "")
        with closing(Server(cloud, arguments.port, partial(begin, arguments))) as server:
            gc.freeze()
            gc.enable()
            print(arguments.describe(server.endpoint, arguments.region, cloud), flush=True)
            server.serve_forever()
    except PortInUse as problem:
        print(f"labkit serve: {problem}", file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        pass
    return 0


def begin(arguments: argparse.Namespace, token: str) -> Cloud:
    """Make the accounts as the command line has them; a reset makes them once more, with their control token."""
    from ..cloud.assembly.cloud import Cloud
    from ..cloud.core.clock import Clock, WallClock

    clock = WallClock() if arguments.clock == WALL else Clock()
    cloud = Cloud(arguments.seed, arguments.region, arguments.accounts, clock, token=token)
    cloud.soft_mode.tell = partial(print, file=sys.stderr, flush=True)
    if arguments.late is not None:
        cloud.disturb({"late": arguments.late})
    for name, address in arguments.xks:
        cloud.xks.map(name, address)
    return cloud


def as_json(endpoint: str, region: str, cloud: Cloud) -> str:
    """Write what a program needs to use the accounts, on one line."""
    return json.dumps(
        {
            "endpoint": endpoint,
            "region": region,
            "accounts": [account_keys(each) for each in cloud.accounts],
            "control_token": cloud.control_token,
            "note": IN_MEMORY,
        }
    )


def account_keys(account: AccountKeys) -> dict[str, str]:
    """Show one account's administrator, as JSON shows it."""
    return {
        "account_id": account.account_id,
        "access_key_id": account.access_key_id,
        "secret_access_key": account.secret_access_key,
    }


def _past_the_proxy(environ: Mapping[str, str]) -> list[str]:
    """Write the line by which no proxy is asked for 127.0.0.1, where there is a proxy."""
    from ..accounts.environment import past_the_proxy

    if not any(name.lower() in ("http_proxy", "all_proxy") and value for name, value in environ.items()):
        return []
    said = (f"{name}={shlex.quote(hosts)}" for name, hosts in past_the_proxy(environ).items())
    return [f"export {' '.join(said)}"]


def as_exports(endpoint: str, region: str, cloud: Cloud) -> str:
    """Write what a person copies into another terminal; further accounts' keys follow as comments."""
    first, *others = cloud.accounts
    lines = [
        f"# A simulated AWS account ({first.account_id}). Copy these lines into another terminal;",
        "# boto3, the aws command and notebooks started there use this account.",
        ALWAYS,
        f"export AWS_ENDPOINT_URL={endpoint}",
        # A config file with ignore_configured_endpoint_urls would send calls to the real AWS; the variable outranks it.
        "export AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false",
        f"export AWS_REGION={region}",
        f"export AWS_DEFAULT_REGION={region}",
        f"export AWS_ACCESS_KEY_ID={first.access_key_id}",
        f"export AWS_SECRET_ACCESS_KEY={first.secret_access_key}",
        "unset AWS_SESSION_TOKEN AWS_PROFILE AWS_DEFAULT_PROFILE",
        f"export LABKIT_ENDPOINT={endpoint}",
        f"export LABKIT_CONTROL_TOKEN={cloud.control_token}",
        *_past_the_proxy(os.environ),
    ]
    for each in others:
        lines += [
            f"# Or, for account {each.account_id}:",
            f"#   export AWS_ACCESS_KEY_ID={each.access_key_id} AWS_SECRET_ACCESS_KEY={each.secret_access_key}",
        ]
    return "\n".join([*lines, "# Ctrl-C stops it, and everything in it is gone."])
