"""The application as commands: `python -m sealed_logs ship …` and `… read …`, with the credentials of the caller."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import boto3

from .reading import read_back
from .shipping import Shipper


def main() -> int:
    """Ship, or read back to standard output."""
    parser = argparse.ArgumentParser(prog="sealed_logs", description="Seal rotated log files and ship them to S3.")
    parser.add_argument("verb", choices=("ship", "read"))
    parser.add_argument("app", help="the application's name, which is also the objects' prefix")
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--key", required=True, help="id, ARN or alias of the KMS key")
    parser.add_argument("--spool", type=Path, default=Path("spool"), help="the folder of rotated log files")
    parser.add_argument("--outbox", type=Path, default=Path("outbox"), help="a folder on the same disk")
    told = parser.parse_args()
    kms, s3 = boto3.client("kms"), boto3.client("s3")
    if told.verb == "ship":
        for key in Shipper(told.app, told.spool, told.outbox, told.bucket, told.key, kms, s3).ship():
            print(key)
    else:
        for _, text in read_back(told.app, told.bucket, told.key, kms, s3):
            sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
