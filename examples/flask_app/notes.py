"""A small site that keeps notes, each encrypted with a KMS key under the name of its owner."""

from __future__ import annotations

import base64
from typing import Any

import boto3
from botocore.exceptions import ClientError
from flask import Flask, request


def create_app(key_id: str, kms: Any = None) -> Flask:
    """Make the app; `kms` is a KMS client, or the one of the environment's credentials."""
    app, notes = Flask(__name__), dict[str, str]()
    kms = kms or boto3.client("kms")

    @app.put("/notes/<owner>")
    def write(owner: str) -> tuple[str, int]:
        sealed = kms.encrypt(KeyId=key_id, Plaintext=request.data, EncryptionContext={"owner": owner})
        notes[owner] = base64.b64encode(sealed["CiphertextBlob"]).decode()
        return "", 204

    @app.get("/notes/<owner>")
    def read(owner: str) -> tuple[bytes, int]:
        if owner not in notes:
            return b"no such note", 404
        blob = base64.b64decode(notes[owner])
        try:
            return kms.decrypt(CiphertextBlob=blob, EncryptionContext={"owner": owner})["Plaintext"], 200
        except ClientError as refused:
            return refused.response["Error"]["Code"].encode(), 403

    return app
