"""What boto3 says where settings, session, network or permissions are lacking, in the user's words.

Sources: botocore.exceptions (1.44.5); error codes of STS: STS API reference, "Common error types"; KMS API reference.
"""

from __future__ import annotations

from botocore import exceptions as of_botocore
from botocore.exceptions import ClientError

SIGN_IN = "Sign in again: `aws sso login` (or `aws login`), with --profile if you use one, then run this again."
NONE = (
    "boto3 finds no AWS credentials. Name a profile of yours (AWS_PROFILE=name), sign in (`aws sso login`, `aws "
    "login`), or set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, if they are temporary, AWS_SESSION_TOKEN."
)
NO_REGION = "No Region is set. Set AWS_REGION, for example to eu-west-1, or `region` in your profile."
NO_NETWORK = (
    "AWS can't be reached from here. Look at the network, a VPN, HTTPS_PROXY; and at the Region's name, which is part "
    "of the address."
)

# By class, the special ones first.
_BY_CLASS: tuple[tuple[type[Exception], str], ...] = (
    (of_botocore.UnauthorizedSSOTokenError, f"Your SSO session has expired. {SIGN_IN}"),
    (of_botocore.SSOTokenLoadError, f"There is no SSO session on this machine. {SIGN_IN}"),
    (of_botocore.LoginRefreshRequired, f"Your session has expired. {SIGN_IN}"),
    (of_botocore.LoginError, f"There is no session of `aws login` on this machine that works. {SIGN_IN}"),
    (of_botocore.SSOError, f"Your SSO session can't be used. {SIGN_IN}"),
    (of_botocore.TokenRetrievalError, f"Your SSO session can't be renewed. {SIGN_IN}"),
    (
        of_botocore.ProfileNotFound,
        "The profile that AWS_PROFILE names is not in your AWS config file. List yours: `aws configure list-profiles`.",
    ),
    (of_botocore.NoCredentialsError, NONE),
    (
        of_botocore.PartialCredentialsError,
        "Your AWS credentials are incomplete: an access key id and its secret access key belong together.",
    ),
    (
        of_botocore.CredentialRetrievalError,
        "What your profile takes credentials from (credential_process, say) gave none. Try it by itself.",
    ),
    (of_botocore.InfiniteLoopConfigError, "Profiles in your AWS config file take their credentials from each other."),
    (of_botocore.ConfigParseError, "Your AWS config file can't be read. Mend it, or set AWS_CONFIG_FILE."),
    (of_botocore.InvalidConfigError, "A profile in your AWS config file lacks something that it needs."),
    (of_botocore.NoRegionError, NO_REGION),
    (of_botocore.InvalidRegionError, f"The Region's name can't be one. {NO_REGION}"),
    (of_botocore.SSLError, "The answer's certificate is not AWS's. A proxy may be in between: see AWS_CA_BUNDLE."),
    (of_botocore.ProxyConnectionError, "The proxy that HTTPS_PROXY names can't be reached."),
    (of_botocore.EndpointConnectionError, NO_NETWORK),
    (of_botocore.ConnectTimeoutError, NO_NETWORK),
    (of_botocore.ReadTimeoutError, NO_NETWORK),
    (of_botocore.HTTPClientError, NO_NETWORK),
    (of_botocore.ConnectionError, NO_NETWORK),
)
_EXPIRED = f"Your credentials have expired. {SIGN_IN}"
_BY_CODE = {
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "RequestExpired": "AWS takes the call for too old. Set this machine's clock.",
    "SignatureDoesNotMatch": "The secret access key does not belong to the access key id, or the clock here is wrong.",
    "InvalidClientTokenId": (
        "AWS knows no such access key. It may be deleted, or left over from `labkit serve`: then unset "
        "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN."
    ),
    "UnrecognizedClientException": (
        "AWS knows no such access key in this Region. The Region may not be switched on in your account, or the "
        "credentials are of another partition."
    ),
    "OptInRequired": "The Region is not switched on in your account, or the account is not signed up for the service.",
    "AuthFailure": "The Region is not switched on in your account, or AWS doesn't know your access key.",
}
_NO_PERMISSION = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


def in_words(problem: Exception) -> str:
    """Say what is wrong and what to do about it. Never the text of a setting that may be a credential."""
    if isinstance(problem, ClientError):
        return _answered(problem)
    for kind, words in _BY_CLASS:
        if isinstance(problem, kind):
            return words
    return f"AWS could not be asked ({type(problem).__name__}). `labkit doctor --account aws` looks at your settings."


def _answered(problem: ClientError) -> str:
    error = problem.response.get("Error", {})
    code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    if code in _BY_CODE:
        return f"{_BY_CODE[code]} ({code})"
    if code in _NO_PERMISSION:
        return (
            f"You lack a permission in this account: {problem.operation_name} answered {code}. {message} Ask for it, "
            "or take a role that has it; `labkit doctor --account aws` lists what labs need."
        )
    return f"{problem.operation_name} answered {code}: {message}"


def lacks_permission(problem: Exception) -> bool:
    """Tell whether the caller may not do this (and not, that it failed)."""
    return isinstance(problem, ClientError) and str(problem.response["Error"].get("Code", "")) in _NO_PERMISSION
