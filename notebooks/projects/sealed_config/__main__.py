"""The application as commands: `python -m sealed_config deploy …`, with the credentials of the caller."""

from __future__ import annotations

import argparse
import json
import sys

import boto3

from .releasing import Releases


def main() -> int:
    """Deploy a release (its settings come from standard input, as JSON), roll back, or list."""
    parser = argparse.ArgumentParser(prog="sealed_config", description="Releases with a sealed configuration.")
    parser.add_argument("verb", choices=("deploy", "roll-back", "list"))
    parser.add_argument("function")
    parser.add_argument("release", nargs="?", default="")
    parser.add_argument("--key", required=True, help="id or ARN of the KMS key")
    told = parser.parse_args()
    releases = Releases(told.function, told.key, boto3.client("kms"), boto3.client("lambda"))
    if told.verb == "deploy":
        print(releases.deploy(told.release, json.load(sys.stdin)))
    elif told.verb == "roll-back":
        print(releases.roll_back(told.release))
    else:
        for release, version in releases.versions().items():
            print(version, release)
    return 0


if __name__ == "__main__":
    sys.exit(main())
