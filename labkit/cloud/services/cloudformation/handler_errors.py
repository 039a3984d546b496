"""What a handler says where KMS refuses it: CloudFormation's code, and its sentence. Pure.

Source: AWS's own handlers (aws-cloudformation/aws-cloudformation-resource-providers-kms, Apache License 2.0, 2026).
"""

from __future__ import annotations

from ...core.errors import AwsError

_CODES = {
    "AccessDeniedException": "AccessDenied",
    "AlreadyExistsException": "AlreadyExists",
    "DependencyTimeoutException": "ServiceInternalError",
    "KMSInternalException": "ServiceInternalError",
    "LimitExceededException": "ServiceLimitExceeded",
    "NotFoundException": "NotFound",
    "ThrottlingException": "Throttling",
}
_TAGGING = ("kms:TagResource", "kms:UntagResource", "kms:ListResourceTags")


class HandlerError(Exception):
    """A handler that could not do its work: CloudFormation's code and sentence for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def as_handler_error(operation: str, refused: AwsError) -> HandlerError:
    """Return what a handler says of a refusal by KMS (wrapKmsExceptions; the sentence's form is recorded, 2025)."""
    said = f"{refused.message} (Service: Kms, Status Code: {refused.status}, Request ID: {refused.request_id})"
    if refused.code == "AccessDeniedException":
        if any(action in str(refused.message) for action in _TAGGING):
            return HandlerError("UnauthorizedTaggingOperation", f"{said} (SDK Attempt Count: 1)")
        return HandlerError("AccessDenied", f"Access denied for operation '{operation}'.")
    return HandlerError(_CODES.get(refused.code, "InvalidRequest"), f"{said} (SDK Attempt Count: 1)")
