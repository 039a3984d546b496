"""Errors in the user's words: what is wrong, and what to do. By botocore's own exceptions, which no stand-in raises."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore import exceptions as of_botocore
from botocore.exceptions import ClientError
from botocore.stub import Stubber

import labkit
from labkit.accounts.aws import caller, settings
from labkit.accounts.aws.words import in_words
from tests.accounts.aws.conftest import StandIn

SECRET = "AKIASECRETSECRET"
EXCEPTIONS: dict[str, tuple[Exception, str]] = {
    "no credentials": (of_botocore.NoCredentialsError(), "Name a profile of yours (AWS_PROFILE=name)"),
    "half of them": (of_botocore.PartialCredentialsError(provider="env", cred_var=SECRET), "belong together"),
    "an expired SSO session": (of_botocore.UnauthorizedSSOTokenError(), "`aws sso login`"),
    "no SSO session": (of_botocore.SSOTokenLoadError(error_msg=SECRET), "`aws sso login`"),
    "an SSO session that can't be renewed": (
        of_botocore.TokenRetrievalError(provider="sso", error_msg=""),
        "Sign in again",
    ),
    "an expired login": (of_botocore.LoginRefreshRequired(), "`aws login`"),
    "no login": (of_botocore.LoginTokenLoadError(error_msg=""), "`aws login`"),
    "no such profile": (of_botocore.ProfileNotFound(profile="x"), "aws configure list-profiles"),
    "a program that gave none": (of_botocore.CredentialRetrievalError(provider="p", error_msg=SECRET), "gave none"),
    "no Region": (of_botocore.NoRegionError(), "Set AWS_REGION"),
    "a Region that can't be": (of_botocore.InvalidRegionError(region_name="x y"), "Set AWS_REGION"),
    "no network": (of_botocore.EndpointConnectionError(endpoint_url="x"), "Look at the network"),
    "a slow network": (of_botocore.ConnectTimeoutError(endpoint_url="x"), "Look at the network"),
    "a proxy": (of_botocore.ProxyConnectionError(proxy_url=SECRET), "HTTPS_PROXY"),
    "a foreign certificate": (of_botocore.SSLError(endpoint_url="x", error="e"), "AWS_CA_BUNDLE"),
    "a config file that can't be read": (of_botocore.ConfigParseError(path="x"), "AWS_CONFIG_FILE"),
    "anything else": (of_botocore.BotoCoreError(), "labkit doctor --account aws"),
}
CODES = {
    "ExpiredToken": "Your credentials have expired. Sign in again",
    "ExpiredTokenException": "Your credentials have expired",
    "InvalidClientTokenId": "left over from `labkit serve`",
    "UnrecognizedClientException": "may not be switched on",
    "SignatureDoesNotMatch": "does not belong to the access key id",
    "RequestExpired": "clock",
    "OptInRequired": "not switched on",
    "AccessDenied": "You lack a permission",
    "AccessDeniedException": "Ask for it, or take a role that has it",
    "SomethingNew": "GetCallerIdentity answered SomethingNew",
}


@pytest.mark.parametrize(("error", "told"), EXCEPTIONS.values(), ids=EXCEPTIONS)
def test_each_exception_has_words(error: Exception, told: str) -> None:
    """With what to do, and without what may be a credential."""
    assert told in in_words(error)
    assert SECRET not in in_words(error)


@pytest.mark.parametrize(("code", "told"), CODES.items())
def test_each_code_has_words(code: str, told: str) -> None:
    """As AWS answers GetCallerIdentity with it."""
    sts = boto3.client("sts", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(sts) as stubbed:
        stubbed.add_client_error("get_caller_identity", code, "why", 403)
        with pytest.raises(ClientError) as refused:
            sts.get_caller_identity()
    assert told in in_words(refused.value)


@pytest.mark.parametrize("name", ["an expired SSO session", "no SSO session", "an expired login", "no network"])
def test_a_lab_says_them(agreed: StandIn, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Instead of a traceback of botocore's."""
    error, told = EXCEPTIONS[name]

    def client(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(settings.Settings, "client", client)
    with pytest.raises(labkit.LabError) as refused:
        labkit.start("02-create-keys")
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"AWS_PROFILE": "nobody"}, "aws configure list-profiles"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "boto3 finds no AWS credentials"),
        ({"AWS_SECRET_ACCESS_KEY": ""}, "belong together"),
        ({"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}, "AWS knows no such access key"),
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "does not belong to the access key id"),
        ({"AWS_REGION": ""}, "No Region is set"),
        ({"AWS_REGION": "cn-north-1"}, "not in China's"),
        ({"LABKIT_STANDIN_ENDPOINT": "http://127.0.0.1:9"}, "can't be reached"),
    ],
)
def test_settings_that_do_not_work_are_told(
    agreed: StandIn, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], told: str
) -> None:
    """Against the stand-in, by the standard chain."""
    monkeypatch.setattr(settings, "PATIENCE", settings.Config(retries={"total_max_attempts": 1}))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(labkit.LabError) as refused:
        labkit.start("02-create-keys")
    assert told in str(refused.value)
    assert agreed.first.secret_access_key not in str(refused.value)


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
def test_other_partitions_are_refused(monkeypatch: pytest.MonkeyPatch, partition: str) -> None:
    """Labs write ARNs of the partition aws."""

    class Elsewhere:
        def client(self, _service: str) -> Any:
            return self

        def get_caller_identity(self) -> dict[str, str]:
            return {"Account": "111122223333", "Arn": f"arn:{partition}:iam::111122223333:user/ada"}

    with pytest.raises(labkit.LabError, match="another partition"):
        caller.caller_of(Elsewhere())  # type: ignore[arg-type]
