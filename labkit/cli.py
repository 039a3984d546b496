"""The `labkit` command: serve a simulated account over HTTP, or look at the machine.

Reads its arguments and prints; what it serves and what it finds come from labkit.cloud and labkit.doctor.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from . import __version__
from .audit.command import add_arguments

if TYPE_CHECKING:
    from .cloud.assembly.cloud import AccountKeys, Cloud

DEFAULT_SEED = "labkit"
DEFAULT_REGION = "us-east-1"
USAGE_ERROR = 2  # what argparse exits with for arguments that cannot be used
OUTPUT_ERROR = 1
IN_MEMORY = "Everything in these accounts is in memory, and gone when this process ends."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; answers its exit status."""
    arguments = build_parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as problem:  # the reader of a pipe has gone, a disk is full
        with suppress(AttributeError, OSError, ValueError):  # there may be no standard output at all
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python writes the rest there at its end
        print(f"labkit: nobody reads what this prints, so it ends: {problem}", file=sys.stderr)
        return OUTPUT_ERROR
    return status


def build_parser() -> argparse.ArgumentParser:
    """Make the whole command line, as data for argparse (and for the test that holds the docs to it)."""
    parser = argparse.ArgumentParser(prog="labkit", description="Labs for AWS KMS on a simulated AWS account.")
    parser.add_argument("--version", action="version", version=f"labkit {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    serve_parser = commands.add_parser(
        "serve",
        help="run a simulated AWS account that any SDK or aws command on this machine can use",
        description="Run a simulated AWS account on 127.0.0.1 until Ctrl-C, and print the settings by which "
        "boto3, the aws command and other SDKs find it.",
    )
    serve_parser.add_argument(
        "--port", type=port_number, default=0, metavar="N", help="port to listen on; 0, the default, takes a free one"
    )
    serve_parser.add_argument(
        "--json",
        action="store_const",
        const=as_json,
        default=as_exports,
        dest="describe",
        help="print endpoint and accounts as one line of JSON, for programs",
    )
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
    serve_parser.set_defaults(run=serve)

    doctor_parser = commands.add_parser(
        "doctor",
        help="say what is right and wrong with this machine, and how to mend it",
        description="Look at Python, packages, the aws command, settings and ports. "
        "Exits with 1 if something must be mended before a lab can run.",
    )
    doctor_parser.add_argument(
        "--mend",
        action="store_const",
        const=mend,
        default=examine,
        dest="run",
        help="first mend the environment's commands, if the folder's path or a move keeps them from running",
    )

    check_parser = commands.add_parser(
        "check-lab",
        help="say what a lab is lacking, and how to mend it",
        description="Read a lab's exercises and its notebook, and walk through it in fresh accounts: untouched, with "
        "each wrong answer, and with the solutions. Exits with 1 if something must be mended.",
    )
    check_parser.add_argument(
        "lab", metavar="LAB", help="a lab's folder, such as my_labs/90_first_key, or one of labkit's own: 05-conditions"
    )
    check_parser.set_defaults(run=check_lab)
    audit_parser = commands.add_parser(
        "audit",
        help="say what an account's KMS keys are lacking, and how to mend it",
        description="Audit the account that AWS_ENDPOINT_URL (or LABKIT_ENDPOINT) names, by read-only calls. "
        "Exits with 1 if it found anything as severe as --fail-on, with 2 if it could not look, or not at everything, "
        "else with 0.",
    )
    add_arguments(audit_parser)
    audit_parser.set_defaults(run=audit)
    return parser


def port_number(text: str) -> int:
    """Read a TCP port, 0 to 65535; argparse turns the error into its usage line."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, not {text!r}")
    return int(text)


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
    import boto3

    from .accounts.environment import leave_the_owner_out

    leave_the_owner_out()  # botocore reads its settings before it tells the Regions
    session = boto3.Session()
    partitions = session.get_available_partitions()
    known = {name for each in partitions for name in session.get_available_regions("kms", partition_name=each)}
    if text not in known:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no AWS Region with KMS; Regions look like us-east-1 or eu-west-3"
        )
    return text


def serve(arguments: argparse.Namespace) -> int:
    """`labkit serve`: until SIGINT or SIGTERM, then 0; 2 if the port cannot be had."""
    from .accounts.environment import leave_the_owner_out
    from .cloud.assembly.cloud import Cloud
    from .cloud.doors.doors import Server
    from .cloud.doors.http_server import PortInUse

    leave_the_owner_out()
    if sys.stdout is None:  # closed before the program began: nobody would ever know the keys
        raise OSError("standard output is closed")
    # Both signals end what stands in the `try` in the same way, wherever it is at that moment.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        cloud = Cloud(seed=arguments.seed, region=arguments.region, accounts=arguments.accounts)
        with closing(Server(cloud, port=arguments.port)) as server:
            gc.freeze()  # what start-up made stays for good: the collector need not walk through it again and again
            print(arguments.describe(server.endpoint, arguments.region, cloud), flush=True)
            server.serve_forever()
    except PortInUse as problem:
        print(f"labkit serve: {problem}", file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        pass
    return 0


def stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """Interrupt, as SIGINT and SIGTERM do."""
    raise KeyboardInterrupt


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


def as_exports(endpoint: str, region: str, cloud: Cloud) -> str:
    """Write what a person copies into another terminal; further accounts' keys follow as comments."""
    first, *others = cloud.accounts
    lines = [
        f"# A simulated AWS account ({first.account_id}). Copy these lines into another terminal;",
        "# boto3, the aws command and notebooks started there use this account:",
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
    ]
    for each in others:
        lines += [
            f"# Or, for account {each.account_id}:",
            f"#   export AWS_ACCESS_KEY_ID={each.access_key_id} AWS_SECRET_ACCESS_KEY={each.secret_access_key}",
        ]
    return "\n".join([*lines, "# Ctrl-C stops it, and everything in it is gone."])


def examine(_arguments: argparse.Namespace) -> int:
    """`labkit doctor`: 0 if labs can run here, 1 if something must be mended first."""
    from . import doctor

    findings = doctor.examine()
    print("\n".join(str(each) for each in findings))
    return int(any(each.status == "wrong" for each in findings))


def mend(arguments: argparse.Namespace) -> int:
    """`labkit doctor --mend`: mend what can be mended, then look at everything."""
    from . import doctor

    done = doctor.mend()
    print("\n".join(str(each) for each in done))
    return max(examine(arguments), int(any(each.status == "wrong" for each in done)))


def check_lab(arguments: argparse.Namespace) -> int:
    """Run `labkit check-lab`: 0 if the lab keeps to all rules, 1 if something must be mended."""
    from .exercises import LabFileError
    from .exercises.lab_rules.checking import lab_problems
    from .exercises.lab_rules.page import page_at

    found = 0
    try:
        page = page_at(arguments.lab)
        for problem in lab_problems(page):
            print(problem, flush=True)
            found += 1
    except (LabFileError, ModuleNotFoundError) as problem:
        print(problem)
        return 1
    told = f"{found} to mend" if found else "nothing to mend"
    print(f"{page.name}: {len(page.specs())} exercises, {told}.")
    return int(found > 0)


def audit(arguments: argparse.Namespace) -> int:
    """Run `labkit audit`: see its description for the exit status."""
    from .audit.command import look

    answer = look(arguments.account, arguments.fail_on, arguments.region, arguments.write)
    if answer.output:
        print(answer.output)
    if answer.complaint:
        print(answer.complaint, file=sys.stderr)
    return answer.status


if __name__ == "__main__":
    sys.exit(main())
