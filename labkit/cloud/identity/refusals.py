"""How each protocol words a refused identity.

Sources: the "Common errors" pages of KMS (JSON), IAM and STS (query), EC2 and S3.
"""

from __future__ import annotations

from ..core.errors import AwsError

_INVALID_TOKEN = "The security token included in the request is invalid."  # noqa: S105
_EXPIRED_TOKEN = "The security token included in the request is expired"  # noqa: S105
_MALFORMED = "Authorization header is not of the Signature Version 4 form."
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
_MISMATCH_S3 = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
_HOST = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."  # recorded
_REGION = "Credential should be scoped to a valid region."  # recorded
_OLD = "Signature expired or not yet current: check this machine's clock."
_EC2 = ("AuthFailure", 401, "AWS was not able to validate the provided access credentials")
_EC2_EXPIRED = ("RequestExpired", 400, "Request has expired.")

# cause → protocol → (code, HTTP status, message)
_WORDS: dict[str, dict[str, tuple[str, int, str]]] = {
    "missing": {
        "json": ("MissingAuthenticationTokenException", 400, "Missing Authentication Token"),
        "query": ("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
        "ec2": _EC2,
        "s3": ("AccessDenied", 403, "Access Denied"),
    },
    "incomplete": {
        "json": ("IncompleteSignatureException", 400, _MALFORMED),
        "query": ("IncompleteSignature", 400, _MALFORMED),
        "ec2": _EC2,
        "s3": ("AuthorizationHeaderMalformed", 400, "The authorization header you provided is invalid."),
    },
    "unknown": {
        "json": ("UnrecognizedClientException", 400, _INVALID_TOKEN),
        "query": ("InvalidClientTokenId", 403, _INVALID_TOKEN),
        "ec2": _EC2,
        "s3": ("InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."),
    },
    "wrong": {
        "json": ("InvalidSignatureException", 400, _MISMATCH),
        "query": ("SignatureDoesNotMatch", 403, _MISMATCH),
        "ec2": _EC2,
        "s3": ("SignatureDoesNotMatch", 403, _MISMATCH_S3),
    },
    "unsigned": {
        "json": ("InvalidSignatureException", 400, _HOST),
        "query": ("SignatureDoesNotMatch", 403, _HOST),
        "ec2": _EC2,
        "s3": ("AccessDenied", 403, "There were headers present in the request which were not signed"),
    },
    "foreign": {
        "json": ("InvalidSignatureException", 400, _REGION),
        "query": ("SignatureDoesNotMatch", 403, _REGION),
        "ec2": _EC2,
        "s3": ("AuthorizationHeaderMalformed", 400, "The authorization header you provided is invalid."),
    },
    "skewed": {
        "json": ("InvalidSignatureException", 400, _OLD),
        "query": ("SignatureDoesNotMatch", 403, _OLD),
        "ec2": _EC2_EXPIRED,
        "s3": (
            "RequestTimeTooSkewed",
            403,
            "The difference between the request time and the current time is too large.",
        ),
    },
    "expired": {
        "json": ("ExpiredTokenException", 400, _EXPIRED_TOKEN),
        "query": ("ExpiredToken", 403, _EXPIRED_TOKEN),
        "ec2": _EC2_EXPIRED,
        "s3": ("ExpiredToken", 400, "The provided token has expired."),
    },
}


def refusal(cause: str, protocol: str, service: str) -> AwsError:
    """The error for a refused identity, in the words of the service that was called.

    `cause` is one of missing, incomplete, unknown, wrong, unsigned, foreign, skewed, expired.
    """
    form = "s3" if service == "s3" else protocol if protocol in ("query", "ec2") else "json"
    code, status, message = _WORDS[cause][form]
    return AwsError(code, message, status)
