"""The application as commands: `python -m api_keys issue …`, with the credentials of the caller."""

from __future__ import annotations

import argparse
import sys

import boto3

from .store import Refused, Store


def main() -> int:
    """Issue an API key, verify one (it comes from standard input), or revoke one."""
    parser = argparse.ArgumentParser(prog="api_keys", description="A store of API keys.")
    parser.add_argument("verb", choices=("issue", "verify", "revoke"))
    parser.add_argument("who", nargs="?", default="", help="the owner (issue), or the API key's name (revoke)")
    parser.add_argument("--table", default="api-keys")
    told = parser.parse_args()
    store = Store(told.table, boto3.client("kms"), boto3.client("dynamodb"))
    if told.verb == "issue":
        made = store.issue(told.who)
        print(made.name, made.text)
    elif told.verb == "revoke":
        store.revoke(told.who)
    else:
        try:
            print(store.verify(sys.stdin.read().strip()))
        except Refused as refused:
            print(refused, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
