"""Each error that KMS's model has, that the account answers, and that a lab provokes, is known by its right layer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import exceptions
from botocore.exceptions import ClientError

from labkit import diagnose
from labkit.cloud.identity import refusals
from labkit.diagnose import reading
from labkit.exercises.loader import notebook_files

NOTEBOOKS = notebook_files(Path(__file__).parents[2])
MODEL = botocore.session.get_session().get_service_model("kms")
OWN = [name for name in MODEL.operation_names if name not in reading._SHARED]  # the others' errors may be Lambda's too
SHAPES = sorted({(op, shape.name) for op in OWN for shape in MODEL.operation_model(op).error_shapes})
# Errors that labs provoke and that are about nothing of KMS: other services' names, and a library's own.
NOT_OF_KMS = (
    "InvalidVolume.NotFound", "InvalidLookupAttributesException", "OperationNotPermitted", "InvalidTag",
    "InvalidSignatureError", "ConditionalCheckFailedException",
)  # fmt: skip

ENDINGS = {
    "because no identity-based policy allows the kms:Decrypt action": "identity-based policy",
    "because no resource-based policy allows the kms:Decrypt action": "key policy",
    "because no permissions boundary allows the kms:Decrypt action": "permissions boundary",
    "because no session policy allows the kms:Decrypt action": "session policy",
    "because no service control policy allows the kms:Decrypt action": "service control policy (SCP)",
    "because no VPC endpoint policy allows the kms:Decrypt action": "VPC endpoint policy",
    "with an explicit deny in an identity-based policy: arn:aws:iam::111122223333:policy/Stop": "identity-based policy",
    "with an explicit deny in a resource-based policy": "key policy",
    "with an explicit deny in a permissions boundary": "permissions boundary",
    "with an explicit deny in a session policy": "session policy",
    "with an explicit deny in a service control policy": "service control policy (SCP)",
    "with an explicit deny in a resource control policy": "resource control policy (RCP)",
    "with an explicit deny in a VPC endpoint policy": "VPC endpoint policy",
    "with an explicit deny": "permission, layer not told",
    "": "permission, layer not told",
}
WHO = "User: arn:aws:sts::111122223333:assumed-role/Clerk/ann is not authorized to perform: kms:Decrypt"
KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def client_error(code: str, message: str, operation: str) -> ClientError:
    """boto3's exception."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(("ending", "layer"), ENDINGS.items())
@pytest.mark.parametrize("form", ["exception", "text", "record", "json", "lambda"])
def test_the_ending_names_the_layer(ending: str, layer: str, form: str) -> None:
    """In each form in which it comes; the principal is named by its role."""
    message = f"{WHO} on resource: {KEY} {ending}".strip()
    record = {"eventSource": "kms.amazonaws.com", "eventName": "Decrypt", "errorCode": "AccessDenied"}
    given: dict[str, Any] = {
        "exception": client_error("AccessDeniedException", message, "Decrypt"),
        "text": f"An error occurred (AccessDeniedException) when calling the Decrypt operation: {message}",
        "record": record | {"errorMessage": message},
        "json": json.dumps({"Records": [{"eventName": "Encrypt"}, record | {"errorMessage": message}]}),
        "lambda": "Lambda was unable to decrypt the environment variables because KMS access was denied. KMS "
        f"Exception: AccessDeniedExceptionKMS Message: {message} (Service: Lambda)",
    }
    told = diagnose(given[form])
    assert told.layer == layer
    assert "Don't know" not in told.cause


def test_a_policy_arn_in_the_message_is_named() -> None:
    """As messages have it since 2026."""
    arn = "arn:aws:organizations::100000000003:policy/o-r2445na9k6/service_control_policy/p-yt5p8730"
    told = diagnose(f"{WHO} on resource: {KEY} with an explicit deny in a service control policy: {arn}")
    assert arn in told.cause
    assert "kms:Decrypt" in told.cause


def test_every_error_of_the_model_is_known() -> None:
    """By its code alone, as some come without a message."""
    assert len(SHAPES) > 300
    assert [each for each in SHAPES if not diagnose(client_error(each[1], "", each[0])).is_known] == []


STATES = {
    "DisabledException": (f"{KEY} is disabled.", "key state"),
    "KMSInvalidStateException": (f"{KEY} is pending deletion.", "key state"),
    "ThrottlingException": ("You have exceeded the rate at which you may call KMS.", "quota"),
    "DependencyTimeoutException": ("", "service"),
    "KMSInternalException": ("", "service"),
    "KeyUnavailableException": ("", "service"),
    "LimitExceededException": ("", "quota"),
    "NotFoundException": (f"Key '{KEY}' does not exist", "request"),
    "InvalidCiphertextException": ("", "request"),
    "IncorrectKeyException": ("", "request"),
    "InvalidKeyUsageException": ("", "request"),
    "KMSInvalidKeyUsageException": ("", "request"),
    "ExpiredTokenException": ("The security token included in the request is expired", "credentials"),
    "UnrecognizedClientException": ("The security token included in the request is invalid.", "credentials"),
}


@pytest.mark.parametrize("code", STATES)
def test_a_code_has_its_layer(code: str) -> None:
    """The well-known ones, one by one."""
    message, layer = STATES[code]
    assert diagnose(client_error(code, message, "Decrypt")).layer == layer


@pytest.mark.parametrize("cause", sorted(set(refusals._WORDS)))
@pytest.mark.parametrize("protocol", ["json", "query"])
def test_refused_identities_are_known(cause: str, protocol: str) -> None:
    """What the account says to wrong signatures, old clocks, dead credentials."""
    refused = refusals.refusal(cause, protocol, "kms")
    told = diagnose(f"An error occurred ({refused.code}) when calling the Decrypt operation: {refused.message}")
    expected = "credentials" if cause in ("unknown", "expired") else "client (CLI or SDK)"
    assert told.layer == expected


LOCAL = {
    exceptions.NoCredentialsError(): "credentials",
    exceptions.PartialCredentialsError(provider="env", cred_var="aws_secret_access_key"): "credentials",
    exceptions.ProfileNotFound(profile="work"): "credentials",
    exceptions.UnauthorizedSSOTokenError(): "credentials",
    exceptions.NoRegionError(): "client (CLI or SDK)",
    exceptions.ParamValidationError(report="Missing required parameter in input: KeyId"): "client (CLI or SDK)",
    exceptions.EndpointConnectionError(endpoint_url="https://kms.us-esat-1.amazonaws.com/"): "network",
    exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:4566/"): "client (CLI or SDK)",
    exceptions.ConnectTimeoutError(endpoint_url="https://kms.us-east-1.amazonaws.com/"): "network",
    exceptions.ReadTimeoutError(endpoint_url="https://kms.us-east-1.amazonaws.com/"): "network",
    exceptions.SSLError(endpoint_url="https://kms.us-east-1.amazonaws.com/", error="certificate verify failed"):
        "network",
}  # fmt: skip


@pytest.mark.parametrize(("error", "layer"), LOCAL.items(), ids=lambda each: type(each).__name__)
def test_what_botocore_itself_raises_is_known(error: Exception, layer: str) -> None:
    """Before anything is sent, or if nobody answers."""
    assert diagnose(error).layer == layer


SAID = re.compile(r"\b([A-Z]\w+(?:\.[A-Z]\w+)*): ([^\n]{12,}?)[,\]']*$", re.MULTILINE)
AN_ERROR = re.compile(r"(Exception|Error|Denied|Failure|Revoked|KeyId)$")


def provoked() -> Iterator[tuple[str, str]]:
    """The errors in the committed outputs of the labs: "Code: message", each once, with its lab."""
    seen = set()
    for path in NOTEBOOKS:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", ()):
                text = "".join(output.get("text", "") or output.get("data", {}).get("text/plain", ""))
                for found in SAID.finditer(text):
                    code, message = found.group(1), found.group()
                    if AN_ERROR.search(code) and code not in NOT_OF_KMS and message not in seen:
                        seen.add(message)
                        yield path.stem, message


@pytest.mark.parametrize(("lab", "message"), list(provoked()))
def test_every_error_that_a_lab_shows_is_known(lab: str, message: str) -> None:
    """By its text in the notebook; and a refusal by the layer in its ending."""
    told = diagnose(message)
    assert told.is_known
    for ending, layer in ENDINGS.items():
        if ending and ending.partition(": ")[0].replace("kms:Decrypt action", "") in message and "kms:" in message:
            assert told.layer == layer
            break


def test_labs_show_many() -> None:
    """The collection above finds what is there."""
    assert len(list(provoked())) > 50
