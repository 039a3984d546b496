"""The application as a command: `python -m key_watch round` looks at the watched keys now, with your credentials."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

import boto3

from .rotator import act


def main() -> int:
    """Do one round, as the function would, and print a line for each alias."""
    parser = argparse.ArgumentParser(prog="key_watch", description="Renew watched keys that are too old.")
    parser.add_argument("verb", choices=("round",))
    parser.add_argument("--limit", type=int, default=365, metavar="DAYS", help="how old a key may get (default: 365)")
    told = parser.parse_args()
    done = act(boto3.client("kms"), boto3.client("cloudwatch"), datetime.now(UTC), told.limit)
    for line in done:
        print(*(f"{name}={value}" for name, value in line.items()))
    return int(any(line["did"] == "failed" for line in done))


if __name__ == "__main__":
    sys.exit(main())
