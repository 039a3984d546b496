"""Security Token Service: who am I, and temporary credentials.

Our own rather than moto's because moto lets anybody assume any role, existing or not. Trust policies
are judged by the gateway's authorize step, on the targets that `plan` gives it.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import timedelta
from typing import Any

from moto.core.utils import get_service_model
from moto.iam.models import iam_backends
from moto.iam.utils import generate_access_key_id_from_account_id

from ..authorization.service_permissions import Permissions, Written
from ..core.call import Call, Principal, Session, Target
from ..core.clock import Clock
from ..core.entropy import Entropy
from ..core.errors import AwsError
from ..core.service_records import Records
from ..gateway.interfaces import ServiceFacts
from ..identity.credentials import Credentials, TemporaryCredentials
from ..identity.totp import one_time_code
from ..wire.validation import validate

_ROLE_ARN = re.compile(r"^arn:aws:iam::(?P<account>\d{12}):role/(?P<path>.*/)?(?P<name>[^/]+)$")
DEFAULT_DURATION = {"AssumeRole": 3600, "GetSessionToken": 43200}  # seconds; STS API Reference


def _assumed(call: Call) -> list[dict[str, str]]:
    """The role of an AssumeRole (IAM User Guide, sample events)."""
    arn = str(call.params.get("RoleArn", ""))
    if call.operation != "AssumeRole" or not arn:
        return []
    account = arn.split(":")[4] if arn.count(":") > 3 else ""
    return [{"accountId": account, "type": "AWS::IAM::Role", "ARN": arn}]


FACTS = ServiceFacts(
    "sts",
    Permissions(
        # Operations that need no permission, even where a policy denies them (API References).
        free=frozenset({"GetCallerIdentity", "GetSessionToken", "GetAccessKeyInfo"}),
        documents={"AssumeRole": Written("Policy", "session")},
    ),
    Records(
        # From no source, as the ledger says.
        reads=frozenset({"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}),
        answered_reads=frozenset({"AssumeRole", "GetSessionToken", "GetFederationToken"}),  # captured
        resources=_assumed,
        owners_get_records=True,
    ),
)


class Sts:
    """STS of every account of the cloud."""

    def __init__(self, clock: Clock, entropy: Entropy, credentials: Credentials) -> None:
        self._clock = clock
        self._entropy = entropy
        self._credentials = credentials
        self._operations = {
            "GetCallerIdentity": self._get_caller_identity,
            "AssumeRole": self._assume_role,
            "GetSessionToken": self._get_session_token,
            "GetAccessKeyInfo": self._get_access_key_info,
        }

    def plan(self, call: Call) -> tuple[Target, ...]:
        """Return what the call needs permission for. GetCallerIdentity and GetSessionToken need none (API Reference).

        Session tags and a source identity are permissions of their own (AssumeRole, Tags and SourceIdentity).
        """
        if call.operation not in self._operations:
            raise AwsError("NotImplemented", f"The simulated account does not do sts:{call.operation}.", 501)
        _validate(call)
        self._check_mfa(call)
        if call.operation != "AssumeRole":
            return ()
        arn = call.params.get("RoleArn", "")
        wanted = ["sts:AssumeRole"]
        wanted += ["sts:TagSession"] if call.params.get("Tags") else []
        wanted += ["sts:SetSourceIdentity"] if call.params.get("SourceIdentity") else []
        return tuple(Target(action, arn, _role(arn)) for action in wanted)

    def perform(self, call: Call) -> dict[str, Any]:
        """Return the answer, by botocore's member names."""
        return self._operations[call.operation](call)

    def issue(self, principal: Principal, session: Session) -> dict[str, Any]:
        """New temporary credentials for a session; STS's `Credentials` structure."""
        access_key_id = generate_access_key_id_from_account_id(principal.account, prefix="ASIA")
        secret = base64.b64encode(self._entropy.token_bytes(30)).decode()
        token = base64.b64encode(b"IQoJb3JpZ2luX2Vj" + self._entropy.token_bytes(120)).decode()
        signed = Principal(
            principal.kind,
            principal.account,
            principal.arn,
            principal.principal_id,
            principal.name,
            access_key_id,
            session,
        )
        self._credentials.add(TemporaryCredentials(signed, secret, token, session.expires))
        return {
            "AccessKeyId": access_key_id,
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": session.expires,
        }

    def _check_mfa(self, call: Call) -> None:
        """A request with a device's code is refused unless the device is the caller's and shows that code.

        The sentences are recorded from the service. A code of the period before is still good: clocks differ.
        """
        serial, code = call.params.get("SerialNumber"), call.params.get("TokenCode")
        if serial is None and code is None:
            return
        if serial is None or code is None:
            raise _mfa_failed(", must provide both MFA serial number and one time pass code.")
        assert call.principal
        iam = iam_backends[call.account]["aws"]
        user = iam.users.get(call.principal.name) if call.principal.kind == "IAMUser" else None
        device = iam.virtual_mfa_devices.get(serial)
        if user is None or device is None or serial not in user.mfa_devices:
            raise _mfa_failed(
                ", unable to validate MFA code.  "
                "Please verify your MFA serial number is valid and associated with this user."
            )
        now = self._clock.now()
        if code not in (one_time_code(device.base32_string_seed, now, step) for step in (-1, 0)):
            raise _mfa_failed(" with invalid MFA one time pass code. ")

    def _get_caller_identity(self, call: Call) -> dict[str, Any]:
        assert call.principal
        return {"UserId": call.principal.principal_id, "Account": call.account, "Arn": call.principal.arn}

    def _get_access_key_info(self, call: Call) -> dict[str, Any]:
        key = call.params.get("AccessKeyId", "")
        if not re.fullmatch(r"[A-Z0-9]{20}", key):
            raise AwsError("ValidationError", "AccessKeyId is not of the form of an access key id.")
        try:
            number = int.from_bytes(base64.b32decode(key[4:12]), "big") - 549755813888
        except binascii.Error:
            raise AwsError("ValidationError", "AccessKeyId is not of the form of an access key id.") from None
        return {"Account": f"{number * 2 + (key[12] >= 'Q'):012d}"}

    def _assume_role(self, call: Call) -> dict[str, Any]:
        params, now = call.params, self._clock.now()
        role = call.targets[0].entity
        assert role is not None, "authorize refuses an AssumeRole of a role that is not there"
        assert call.principal
        duration = int(params.get("DurationSeconds", DEFAULT_DURATION["AssumeRole"]))
        limit = int(role.max_session_duration or 3600)
        if call.principal.kind == "AssumedRole" and not call.principal.arn.endswith("LabAdministrator/learner"):
            limit = min(limit, 3600)  # role chaining: at most an hour (IAM User Guide)
        if duration > limit:
            message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
            raise AwsError("ValidationError", message)
        name = params["RoleSessionName"]
        account = params["RoleArn"].split(":")[4]
        session = Session(
            issuer_arn=role.arn,
            issuer_id=role.id,
            issuer_name=role.name,
            created=now,
            expires=now + timedelta(seconds=duration),
            mfa="TokenCode" in params,
            tags=tuple((tag["Key"], tag["Value"]) for tag in params.get("Tags", [])),
            policy=params.get("Policy"),
            policy_arns=tuple(item["arn"] for item in params.get("PolicyArns", [])),
            source_identity=params.get("SourceIdentity"),
        )
        arn = f"arn:aws:sts::{account}:assumed-role/{role.name}/{name}"
        principal = Principal("AssumedRole", account, arn, f"{role.id}:{name}", name)
        answer = {
            "Credentials": self.issue(principal, session),
            "AssumedRoleUser": {"AssumedRoleId": principal.principal_id, "Arn": arn},
        }
        return answer | ({"SourceIdentity": session.source_identity} if session.source_identity else {})

    def _get_session_token(self, call: Call) -> dict[str, Any]:
        user, now = call.principal, self._clock.now()
        assert user
        if user.kind != "IAMUser" or user.session:
            raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
        seconds = int(call.params.get("DurationSeconds", DEFAULT_DURATION["GetSessionToken"]))
        session = Session("", "", "", now, now + timedelta(seconds=seconds), mfa="TokenCode" in call.params)
        return {"Credentials": self.issue(user, session)}


def _validate(call: Call) -> None:
    """STS's constraints, in the words of the JSON services under the query protocol's code ("Common errors")."""
    try:
        validate(call.params, get_service_model("sts").operation_model(call.operation).input_shape)
    except AwsError as wrong:
        raise AwsError("ValidationError", wrong.message) from None


def _mfa_failed(how: str) -> AwsError:
    return AwsError("AccessDenied", f"MultiFactorAuthentication failed{how}", 403)


def _role(arn: str) -> Any:
    """moto's role of this ARN, or None."""
    found = _ROLE_ARN.match(arn)
    if not found:
        return None
    roles = iam_backends[found["account"]]["aws"].roles.values()
    return next((role for role in roles if role.arn == arn), None)
