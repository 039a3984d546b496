"""Who calls: from a signature to a principal, refusing what AWS refuses.

Reads IAM users' keys from moto's IAM and temporary credentials from our own STS (`services/sts.py`,
which puts them in `Credentials`). The age of a signature is the one thing measured by the machine's
clock, because the client that signs uses that clock.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from moto.iam.models import iam_backends

from ..core.call import Principal
from ..core.clock import Clock
from ..core.errors import AwsError
from ..wire.protocols import HttpRequest
from .refusals import expired_link, refusal, unsigned_refusal, wrong_clock, wrong_signature
from .signature import Signature
from .sigv4 import body_matches, expected_signature, unsigned_headers

MAX_SKEW = timedelta(minutes=5)  # IAM User Guide, "Elements of an AWS API request signature": "in most cases"
LONGER_SKEW = {"s3": timedelta(minutes=15), "ec2": timedelta(minutes=15)}  # their pages of errors (API References)


@dataclass(frozen=True, slots=True)
class TemporaryCredentials:
    """A session's keys; never shown in a repr."""

    principal: Principal
    secret: str
    token: str
    expires: datetime

    def __repr__(self) -> str:
        return f"TemporaryCredentials({self.principal.arn})"


class Credentials:
    """Every key that may sign a request."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._temporary: dict[str, TemporaryCredentials] = {}

    def add(self, credentials: TemporaryCredentials) -> None:
        """Temporary credentials that STS has just issued."""
        self._temporary[credentials.principal.access_key_id] = credentials

    def held_as(self, role: str) -> list[TemporaryCredentials]:
        """Find the sessions of a role of that name, in any account."""
        held = list(self._temporary.values())
        return [each for each in held if each.principal.session and each.principal.session.issuer_name == role]

    def forget(self, account: str, kept: str) -> None:
        """Let the sessions in this account be good no longer, save those of the role `kept`."""
        for key, held in list(self._temporary.items()):
            session = held.principal.session
            if held.principal.account == account and not (session and session.issuer_name == kept):
                del self._temporary[key]

    def renew(self, role: str, by: timedelta) -> None:
        """Sessions of `role` last longer by `by`: who moves the lab's clock stays signed in."""
        for key, held in list(self._temporary.items()):  # calls of other threads may add to them meanwhile
            session = held.principal.session
            if session is not None and session.issuer_name == role:
                self._temporary[key] = replace(held, expires=held.expires + by)

    def principal_of(self, request: HttpRequest, signature: Signature, protocol: str) -> Principal:
        """Return the principal who signed; AwsError as AWS words it where the signature is not good."""
        held = self._temporary.get(signature.access_key_id)
        now = datetime.now(UTC)
        if held:
            secret, principal = held.secret, held.principal
        else:
            user = _user_with_key(signature.access_key_id)
            if user is None:
                raise refusal("unknown", protocol, signature.service)
            secret, principal = user
        if signature.token != (held.token if held else None):
            raise refusal("unknown", protocol, signature.service)
        if unsigned := unsigned_headers(request, signature):
            raise unsigned_refusal(unsigned, protocol, signature.service)
        if not hmac.compare_digest(
            expected_signature(request, signature, secret).encode(), signature.value.encode(errors="replace")
        ):
            raise wrong_signature(signature, protocol)
        if not body_matches(request):
            raise AwsError(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            )
        if signature.service == "s3" and signature.expires_at is not None and now > signature.expires_at:
            raise expired_link(signature, now)
        if not _current(signature, now):
            raise wrong_clock(signature, now, _allowed_skew(signature), protocol)
        if held and held.expires <= self._clock.now():
            raise refusal("expired", protocol, signature.service)
        return principal


def _current(signature: Signature, now: datetime) -> bool:
    if signature.expires_at is not None and now > signature.expires_at:
        return False
    if signature.version == 2 or signature.policy:  # a form's policy says itself until when
        return True
    signed_at = signature.signed_at
    if signed_at is None or signature.timestamp[:8] != signature.date:
        return False
    skew = _allowed_skew(signature)
    return now - signed_at >= -skew and (signature.presigned or now - signed_at <= skew)


def _allowed_skew(signature: Signature) -> timedelta:
    """How far the clock that signed may be off."""
    return LONGER_SKEW.get(signature.service, MAX_SKEW)


def _user_with_key(access_key_id: str) -> tuple[str, Principal] | None:
    """The secret and principal of an IAM user's active access key."""
    for account_id, partitions in list(iam_backends.items()):
        key = partitions["aws"].access_keys.get(access_key_id)
        if key is None or key.status != "Active":
            continue
        user = partitions["aws"].users.get(key.user_name or "")
        if user is not None:
            principal = Principal("IAMUser", account_id, user.arn, user.id, user.name, access_key_id)
            return key.secret_access_key, principal
    return None
