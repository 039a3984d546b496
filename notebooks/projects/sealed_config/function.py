"""The function itself, as it is deployed: it opens its configuration once, when Lambda starts an environment for it.

Nothing but boto3, which Lambda brings. Lambda sets AWS_LAMBDA_FUNCTION_NAME, and lets nobody else set it.
"""

import base64
import json
import os
from functools import cache

import boto3


@cache
def settings() -> dict[str, str]:
    """Open the configuration of this release of this function."""
    about = {"function": os.environ["AWS_LAMBDA_FUNCTION_NAME"], "release": os.environ["RELEASE"]}
    sealed = base64.b64decode(os.environ["CONFIG"])
    opened = boto3.client("kms").decrypt(CiphertextBlob=sealed, KeyId=os.environ["KEY_ID"], EncryptionContext=about)
    return dict(json.loads(opened["Plaintext"]))


def handler(event: object, context: object) -> str:
    """Answer with what it would do; never with the password."""
    mine = settings()
    return f"{os.environ['RELEASE']}: {mine['user']} signs in at {mine['host']}, {len(mine['password'])} characters"
