"""`labkit xks-proxy`: an external key store proxy alone, for AWS's test client, a lab's KMS, or a proxy of your own.

Reads its arguments and prints; what it serves comes from labkit.xks.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from .common import USAGE_ERROR, add_serving, stop

if TYPE_CHECKING:
    from ..xks.keys import ExternalKey
    from ..xks.proxy import Proxy

KEY = "labkit-key-1"
TOKEN, PIN = "labkit", "1234"
NOTE = "The keys are for labs and tests: none of them protects anything."


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "xks-proxy",
        help="run an external key store proxy (XKS proxy) that AWS's test client and a lab's KMS can call",
        description="Run a proxy of the AWS KMS External Key Store Proxy API, version 1.0.3, on 127.0.0.1 until "
        "Ctrl-C. Each request is a line of JSON on standard error.",
    )
    add_serving(parser, as_json, as_exports, "endpoint, path, credential and keys")
    parser.add_argument(
        "--keys", type=Path, metavar="FILE", help="file of external keys, made if it is not there (default: in memory)"
    )
    parser.add_argument(
        "--pkcs11",
        action="store_true",
        help="keep the keys in a token behind PKCS #11: in SoftHSM, in a temporary folder, unless --library says else",
    )
    parser.add_argument("--library", dest="module", metavar="FILE", help="with --pkcs11: the library of your module")
    parser.add_argument("--token", metavar="LABEL", help=f"with --pkcs11: the token's label (default: {TOKEN})")
    parser.add_argument("--pin", metavar="PIN", help=f"with --pkcs11: the user's PIN (default: {PIN})")
    parser.add_argument(
        "--test-client",
        action="store_true",
        help="also make the keys of limited usage that AWS's test client asks for",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """`labkit xks-proxy`: until SIGINT or SIGTERM, then 0; 2 for what can't be opened."""
    from ..cloud.doors.http_server import PortInUse
    from ..xks.pkcs11_keys import NoToken

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with ExitStack() as until_the_end:
        try:
            _require_one_home(arguments)
            proxy = _proxy(arguments, until_the_end)
            proxy.open(arguments.port)
            print(arguments.describe(proxy), flush=True)
            proxy.serve_forever()
        except (PortInUse, NoToken, ValueError, OSError) as problem:
            print(f"labkit xks-proxy: {problem}", file=sys.stderr)
            return USAGE_ERROR
        except KeyboardInterrupt:
            pass
    return 0


def _require_one_home(arguments: argparse.Namespace) -> None:
    """ValueError for an option that would have no say: keys are in a file or in a token."""
    options = {"library": arguments.module, "token": arguments.token, "pin": arguments.pin}
    of_tokens = [name for name, given in options.items() if given is not None]
    if of_tokens and not arguments.pkcs11:
        raise ValueError(f"--{of_tokens[0]} goes with --pkcs11.")
    if arguments.keys is not None and arguments.pkcs11:
        raise ValueError("give --keys or --pkcs11, not both: the keys are in a file or in a token.")


def _proxy(arguments: argparse.Namespace, until_the_end: ExitStack) -> Proxy:
    from ..xks.keys import FileKeys
    from ..xks.pkcs11_keys import Pkcs11Keys, new_softhsm_token, softhsm
    from ..xks.proxy import LIMITED, Proxy

    keys: FileKeys | Pkcs11Keys
    if arguments.pkcs11:
        module, token, pin = arguments.module, arguments.token or TOKEN, arguments.pin or PIN
        if module is None:
            folder = Path(until_the_end.enter_context(tempfile.TemporaryDirectory(prefix="labkit-xks-")))
            module = softhsm()
            new_softhsm_token(folder, token, pin)
        keys = Pkcs11Keys(module, token, pin)
    else:
        keys = FileKeys(arguments.keys)
    wanted = [(KEY, ("ENCRYPT", "DECRYPT")), *(LIMITED if arguments.test_client else ())]
    for key_id, usage in wanted:
        if keys.find(key_id) is None:
            keys.create(key_id, usage)
    return Proxy(keys, write=lambda line: print(line, file=sys.stderr, flush=True))


def as_json(proxy: Proxy) -> str:
    """Write what a program needs to use the proxy, on one line."""
    return json.dumps(
        {
            "endpoint": proxy.endpoint,
            "uri_path": proxy.uri_path,
            "access_key_id": proxy.credential.access_key_id,
            "secret_access_key": proxy.credential.secret_access_key,
            "keys": [key.id for key in _usable_first(proxy)],
            "note": NOTE,
        }
    )


def _usable_first(proxy: Proxy) -> list[ExternalKey]:
    """Each key manager lists by an order of its own: keys that may encrypt and decrypt come first."""
    from ..xks.keys import USUAL

    return sorted(proxy.keys.all(), key=lambda key: not set(USUAL) <= set(key.usage))


def as_exports(proxy: Proxy) -> str:
    """Write what a person copies: the settings of AWS's test client, and how a lab's KMS finds the proxy."""
    first, *others = [key.id for key in _usable_first(proxy) if set(key.usage) >= {"ENCRYPT", "DECRYPT"}] or [KEY]
    by_id = {key.id: key for key in proxy.keys.all()}
    limited = {"encrypt-only": "ENCRYPT_ONLY", "decrypt-only": "DECRYPT_ONLY", "impotent": "IMPOTENT"}
    lines = [
        "# An external key store proxy. For AWS's test client (aws-samples/aws-kms-xksproxy-test-client):",
        f"export XKS_PROXY_HOST={proxy.endpoint.removeprefix('http://')} SCHEME=",
        f"export URI_PREFIX={proxy.uri_path.removesuffix('/kms/xks/v1').removeprefix('/')}",
        f"export SIGV4_ACCESS_KEY_ID={proxy.credential.access_key_id}",
        f"export SIGV4_SECRET_ACCESS_KEY={proxy.credential.secret_access_key}",
        f"export KEY_ID={first}",
        *(f"export {name}_KEY_ID={key_id}" for key_id, name in limited.items() if key_id in by_id),
        *(f"# Another key: {key_id}" for key_id in others),
        "# For a simulated account, in another terminal:",
        f"#   labkit serve --xks https://xks.example.com={proxy.endpoint}",
        f"# Ctrl-C stops it. {NOTE}",
    ]
    return "\n".join(lines)
