"""What several commands share: an exit status, and the arguments and the end of those that serve on a port."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

USAGE_ERROR = 2  # what argparse exits with for arguments that cannot be used


def add_serving(
    parser: argparse.ArgumentParser, as_json: Callable[..., str], as_exports: Callable[..., str], told: str
) -> None:
    """Add --port and --json; `told` is what one line of JSON tells. `describe` is then one of the two functions."""
    parser.add_argument(
        "--port", type=port_number, default=0, metavar="N", help="port to listen on; 0, the default, takes a free one"
    )
    parser.add_argument(
        "--json",
        action="store_const",
        const=as_json,
        default=as_exports,
        dest="describe",
        help=f"print {told} as one line of JSON, for programs",
    )


def port_number(text: str) -> int:
    """Read a TCP port, 0 to 65535; argparse turns the error into its usage line."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, not {text!r}")
    return int(text)


def stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """Interrupt, as SIGINT and SIGTERM do."""
    raise KeyboardInterrupt
