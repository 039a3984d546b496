"""How each protocol words a refused identity.

Sources: the "Common errors" pages of KMS (JSON), IAM and STS (query), EC2 and S3.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ..core.errors import AwsError
from .signature import Signature

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


def unsigned_refusal(names: tuple[str, ...], protocol: str, service: str) -> AwsError:
    """Headers that had to be signed and were not; S3 names them (recorded)."""
    refused = refusal("unsigned", protocol, service)
    if service == "s3":
        refused.members["HeadersNotSigned"] = ", ".join(names)
    return refused


def wrong_signature(signature: Signature, protocol: str) -> AwsError:
    """Return the refusal of a signature that the holder of the key would not have made.

    S3 tells what it read of a form (recorded).
    """
    refused = refusal("wrong", protocol, signature.service)
    if signature.service == "s3" and signature.policy:
        refused.members |= {
            "AWSAccessKeyId": signature.access_key_id,
            "StringToSign": signature.policy,
            "SignatureProvided": signature.value,
            "StringToSignBytes": signature.policy.encode().hex(" "),
        }
    return refused


def expired_link(signature: Signature, now: datetime) -> AwsError:
    """Return the refusal of a link of S3 whose time is over (recorded, with these members)."""
    refused = AwsError("AccessDenied", "Request has expired", 403)
    if signature.version == 4 and signature.signed_at is not None and signature.expires_at is not None:
        refused.members["X-Amz-Expires"] = int((signature.expires_at - signature.signed_at).total_seconds())
    assert signature.expires_at is not None
    form = "%Y-%m-%dT%H:%M:%SZ"
    refused.members |= {"Expires": f"{signature.expires_at:{form}}", "ServerTime": f"{now:{form}}"}
    return refused


def wrong_clock(signature: Signature, now: datetime, allowed: timedelta, protocol: str) -> AwsError:
    """Return the refusal of a request that was signed by a clock that is wrong, with both times.

    Sources: aws/aws-sdk-js 2340 (KMS, too early), 1652 and aws/aws-sdk-go 2194 (too late); convox/rack 235 (query).
    EC2 and S3 have words of their own. A link that is over, or dates that disagree, keep ours: no text is known.
    """
    refused = refusal("skewed", protocol, signature.service)
    signed_at, form = signature.signed_at, "%Y%m%dT%H%M%SZ"
    if refused.message != _OLD or signed_at is None or abs(now - signed_at) <= allowed or signature.presigned:
        return refused
    minutes = f"{int(allowed.total_seconds() // 60)} min."
    if signed_at < now:
        said = f"Signature expired: {signed_at:{form}} is now earlier than {now - allowed:{form}} "
        said += f"({now:{form}} - {minutes})"
    else:
        said = f"Signature not yet current: {signed_at:{form}} is still later than {now + allowed:{form}} "
        said += f"({now:{form}} + {minutes})"
    return AwsError(refused.code, said, refused.status)


def wrong_region(found: str, expected: str, *, bucket_known: bool, presigned: bool) -> AwsError:
    """S3 names the Region that it expects, and clients sign again for that one.

    Sources: aws/aws-cli 2954, s3fs-fuse/s3fs-fuse 227 (header, with the element Region); bigassforce/aws-sdk 5 (link).
    """
    said = f"the region '{found}' is wrong; expecting '{expected}'"
    if presigned:
        code, said = "AuthorizationQueryParametersError", f"Error parsing the X-Amz-Credential parameter; {said}"
    else:
        code, said = "AuthorizationHeaderMalformed", f"The authorization header is malformed; {said}"
    refused = AwsError(code, said, Region=expected)
    return refused.carrying({"x-amz-bucket-region": expected}) if bucket_known else refused


def refusal(cause: str, protocol: str, service: str) -> AwsError:
    """Return the error for a refused identity, in the words of the service that was called.

    `cause` is one of missing, incomplete, unknown, wrong, unsigned, foreign, skewed, expired.
    """
    form = "s3" if service == "s3" else protocol if protocol in ("query", "ec2") else "json"
    code, status, message = _WORDS[cause][form]
    return AwsError(code, message, status)
