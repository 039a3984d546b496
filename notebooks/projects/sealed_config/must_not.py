"""What must not work with this application: each attempt, and the error that it has to end with."""

from __future__ import annotations

import base64
import json
from typing import Any

from attempts import Attempt

from .config import about, open_config, seal_config
from .releasing import package

NO = "AccessDeniedException"


def must_not(function: str, other: str, role: str, key: str, deployer: Any, admin: Any) -> list[Attempt]:
    """List the attempts. `deployer` and `admin` make boto3 clients; `role` is the ARN of the function's role.

    `other` is another function of the same role. The attempts change what is not published: $LATEST of both.
    """
    sealed = seal_config(deployer("kms"), key, function, "probe", {"user": "u", "host": "h", "password": "p"})
    blob, source = base64.b64decode(sealed), {"SourceEncryptionContext": about(function, "probe")}

    def opens(client: Any) -> object:
        return open_config(client("kms"), key, function, "probe", sealed)

    def seals(name: str) -> object:
        return seal_config(deployer("kms"), key, name, "probe", {})

    def reencrypts(client: Any) -> object:
        to = {"DestinationKeyId": key, "DestinationEncryptionContext": about(other, "probe")}
        return client("kms").re_encrypt(CiphertextBlob=blob, **source, **to)

    def grants(client: Any) -> object:
        return client("kms").create_grant(KeyId=key, GranteePrincipal=role, Operations=["Decrypt"])

    def changes_code(client: Any) -> object:
        return client("lambda").update_function_code(FunctionName=function, ZipFile=package())

    def becomes(client: Any) -> object:
        return client("sts").assume_role(RoleArn=role, RoleSessionName="borrowed")

    def runs(name: str, release: str) -> None:
        """Let a function start with the configuration; raise the error that it ends with, by its own name."""
        variables = {"CONFIG": sealed, "RELEASE": release, "KEY_ID": key}
        functions = admin("lambda")
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        functions.get_waiter("function_updated_v2").wait(FunctionName=name)
        answer = functions.invoke(FunctionName=name)
        if "FunctionError" in answer:
            told = json.loads(answer["Payload"].read())["errorMessage"]
            code = told.partition("(")[2].partition(")")[0]  # "An error occurred (AccessDeniedException) when ..."
            raise type(code, (RuntimeError,), {})(told)

    return [
        Attempt("the deployer opens what it has sealed", NO, lambda: opens(deployer)),
        Attempt("it seals for a function that is not listed", NO, lambda: seals("stranger")),
        Attempt("it changes the function's code", NO, lambda: changes_code(deployer)),
        Attempt("the administrator opens the configuration", NO, lambda: opens(admin)),
        Attempt("... re-encrypts it for another function", NO, lambda: reencrypts(admin)),
        Attempt("... makes a grant of Decrypt", NO, lambda: grants(admin)),
        Attempt("... assumes the function's role", "AccessDenied", lambda: becomes(admin)),
        Attempt("another function of that role starts with it", NO, lambda: runs(other, "probe")),
        Attempt("the function starts as another release", "InvalidCiphertextException", lambda: runs(function, "2")),
    ]
