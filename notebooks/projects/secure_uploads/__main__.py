"""The application as commands: `python -m secure_uploads token`, and `… serve`, with the credentials of the service."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import boto3

from .files import Files
from .serving import bound, storage_of
from .sessions import tenant_session
from .tenants import Tenant, Tenants, digest_of, new_token
from .web import create_app


def main() -> int:
    """Draw a token, or serve the site until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="secure_uploads", description="A web service for uploads, on 127.0.0.1.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("token", help="draw a token: the tenant gets the first line, the file of tenants the second")
    serve = verbs.add_parser("serve", help="serve the site")
    serve.add_argument("--bucket", required=True)
    serve.add_argument("--role", required=True, help="ARN of the tenants' role")
    serve.add_argument("--tenants", type=Path, required=True, help='JSON: {"acme": {"key": ARN, "digest": TEXT}}')
    serve.add_argument("--port", type=int, default=8000)
    told = parser.parse_args()
    if told.verb == "token":
        token = new_token()
        print(token, digest_of(token), sep="\n")
        return 0
    said = json.loads(told.tenants.read_text(encoding="utf-8"))
    tenants = Tenants(tuple(Tenant(name, each["key"], each["digest"]) for name, each in said.items()))
    sts = boto3.client("sts")

    def files_of(tenant: Tenant) -> Files:
        return Files(tenant.name, told.bucket, tenant.key, tenant_session(told.role, tenant.name, sts)("s3"))

    server = bound(create_app(tenants, files_of, storage_of(told.bucket, boto3.client("s3"))), told.port)
    print(f"http://127.0.0.1:{server.port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
