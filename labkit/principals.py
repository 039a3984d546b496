"""Accounts and the principals in them, made with the IAM and STS calls that a person would make.

Speaks to the lab's endpoint through boto3 alone; what AWS would refuse is refused here too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

from .cloud.identity.totp import one_time_code
from .errors import LabError

Statement = Mapping[str, Any]
POLICY_NAME = "inline"
FULL_DURATION = 43200  # seconds: twelve hours, the longest that a role's session can last


class Session:
    """Temporary credentials of a role or a user; `client` answers boto3 clients that call with them."""

    def __init__(self, arn: str, region: str, keys: Mapping[str, str]) -> None:
        self.arn = arn
        self._region = region
        self._keys = keys

    def client(self, service: str, region: str | None = None, endpoint_url: str | None = None) -> Any:
        """Make a boto3 client of this session; `endpoint_url` is a VPC endpoint's, as boto3 takes it."""
        return boto3.client(service, region_name=region or self._region, endpoint_url=endpoint_url, **self._keys)

    def __repr__(self) -> str:
        return f"Session {self.arn}"


class Role:
    """An IAM role. `client` and `session` assume it anew, as the administrator of its account."""

    def __init__(self, account: Account, name: str, arn: str) -> None:
        self.name = name
        self.arn = arn
        self._account = account

    def session(
        self,
        policy: Sequence[Statement] | None = None,
        tags: Mapping[str, str] | None = None,
        session_name: str | None = None,
        by: Session | User | Account | None = None,
        **parameters: Any,
    ) -> Session:
        """Begin a session of the role (AssumeRole).

        `policy` holds a session policy's statements, `tags` session tags; `session_name` is the role's name in lower
        case unless given (with a hyphen if it is a single letter: names of sessions have two characters at least);
        `by` assumes the role: the administrator of its account unless given. Further parameters of AssumeRole
        (`ExternalId`, `DurationSeconds`, ...) go along as they are. Raises ClientError where the role's trust policy
        or the caller's policies refuse.
        """
        who, name = by or self._account, session_name or _session_name(self.name.lower())
        return _assume(who.client("sts"), self._account.region, self.arn, name, {
            **_session_parameters(policy, tags), **parameters,
        })  # fmt: skip

    def client(
        self,
        service: str,
        region: str | None = None,
        policy: Sequence[Statement] | None = None,
        tags: Mapping[str, str] | None = None,
        session_name: str | None = None,
        mfa: bool = False,
        endpoint_url: str | None = None,
    ) -> Any:
        """Make a boto3 client that calls as a new session of this role: see `session`, and `Session.client`.

        With `mfa` an IAM user (the role's name in lower case, with "-user") assumes the role with the code of an MFA
        device: only who has a device can, and a role's session has none.
        """
        if not mfa:
            return self.session(policy, tags, session_name).client(service, region, endpoint_url)
        user = self._account.user_with_mfa(f"{self.name.lower()}-user", self.arn)
        return self.session(policy, tags, session_name, by=user, **user.mfa()).client(service, region, endpoint_url)

    def __repr__(self) -> str:
        return f"Role {self.arn}"


class User:
    """An IAM user with an access key of its own."""

    def __init__(self, account: Account, name: str, arn: str, keys: Mapping[str, str]) -> None:
        self.name = name
        self.arn = arn
        self._account = account
        self._keys = keys
        self._device: tuple[str, str] | None = None  # serial number and seed

    def client(self, service: str, region: str | None = None) -> Any:
        """Make a boto3 client that signs with the user's access key."""
        return boto3.client(service, region_name=region or self._account.region, **self._keys)

    def session(self, mfa: bool = False) -> Session:
        """Temporary credentials of the user (GetSessionToken); with `mfa` they are taken with the code of a device."""
        answer = self.client("sts").get_session_token(**(self.mfa() if mfa else {}))
        return Session(self.arn, self._account.region, _keys(answer["Credentials"]))

    def mfa(self) -> dict[str, str]:
        """SerialNumber and TokenCode of the user's virtual MFA device, which is made at the first call."""
        if self._device is None:
            iam = self._account.client("iam")
            device = iam.create_virtual_mfa_device(VirtualMFADeviceName=self.name)["VirtualMFADevice"]
            self._device = device["SerialNumber"], device["Base32StringSeed"].decode()
            now = self._account.now()
            iam.enable_mfa_device(
                UserName=self.name,
                SerialNumber=device["SerialNumber"],
                AuthenticationCode1=one_time_code(self._device[1], now, step=-1),
                AuthenticationCode2=one_time_code(self._device[1], now),
            )
        serial, seed = self._device
        return {"SerialNumber": serial, "TokenCode": one_time_code(seed, self._account.now())}

    def __repr__(self) -> str:
        return f"User {self.arn}"


class Account:
    """An account as its administrator sees it: a session of the role LabAdministrator."""

    def __init__(
        self, account_id: str, region: str, keys: Mapping[str, str], now: Callable[[], datetime], name: str
    ) -> None:
        self.account_id = account_id
        self.region = region
        self.now = now
        self.name = name
        self._keys = keys
        self._users: dict[str, User] = {}

    def client(self, service: str, region: str | None = None) -> Any:
        """Make a boto3 client of the account's administrator."""
        return boto3.client(service, region_name=region or self.region, **self._keys)

    def role(
        self,
        name: str,
        policy: Sequence[Statement] | None = None,
        tags: Mapping[str, str] | None = None,
        boundary: Sequence[Statement] | None = None,
        trust: Sequence[Statement] | None = None,
    ) -> Role:
        """Make a new role: `policy`, `boundary` and `trust` are lists of statements.

        Without `trust` the whole account may assume the role and tag its sessions. The boundary becomes a customer
        managed policy, <name>Boundary.
        """
        iam = self.client("iam")
        everybody = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{self.account_id}:root"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
        more: dict[str, Any] = {}
        if boundary is not None:
            with _first_of(f"policy {name}Boundary"):
                made = iam.create_policy(PolicyName=f"{name}Boundary", PolicyDocument=_document(boundary))
            more["PermissionsBoundary"] = made["Policy"]["Arn"]
        if tags:
            more["Tags"] = _tags(tags)
        trusted = _document(trust if trust is not None else [everybody])
        with _first_of(f"role {name}"):
            role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted, **more)["Role"]
        if policy:
            iam.put_role_policy(RoleName=name, PolicyName=POLICY_NAME, PolicyDocument=_document(policy))
        return Role(self, name, role["Arn"])

    def user(self, name: str, policy: Sequence[Statement] | None = None, tags: Mapping[str, str] | None = None) -> User:
        """Make a new IAM user with an access key; `policy` is a list of statements."""
        iam = self.client("iam")
        with _first_of(f"user {name}"):
            made = iam.create_user(UserName=name, **({"Tags": _tags(tags)} if tags else {}))["User"]
        if policy:
            iam.put_user_policy(UserName=name, PolicyName=POLICY_NAME, PolicyDocument=_document(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        keys = {
            "aws_access_key_id": key["AccessKeyId"],
            "aws_secret_access_key": key["SecretAccessKey"],
            "aws_session_token": "",  # not the learner's, which the environment holds
        }
        return User(self, name, made["Arn"], keys)

    def session(
        self,
        policy: Sequence[Statement] | None = None,
        tags: Mapping[str, str] | None = None,
        session_name: str | None = None,
    ) -> Session:
        """Begin a further session of the administrator's role, with a session policy or session tags."""
        role = f"arn:aws:iam::{self.account_id}:role/LabAdministrator"
        parameters = _session_parameters(policy, tags)
        return _assume(self.client("sts"), self.region, role, session_name or _session_name(self.name), parameters)

    def user_with_mfa(self, name: str, role_arn: str) -> User:
        """Give the user `name`, made at the first call, who may do nothing but assume the role."""
        if name not in self._users:
            allow = {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": role_arn}
            self._users[name] = self.user(name, policy=[allow])
        return self._users[name]

    def __repr__(self) -> str:
        return f"Account {self.account_id} ({self.name})"


@contextmanager
def _first_of(what: str) -> Iterator[None]:
    """Say it in the learner's words where the account has one of that name already."""
    try:
        yield
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "EntityAlreadyExists":
            raise
        raise LabError(
            f"This account already has a {what}, which stays as it is. If you have run this cell twice, go on with the "
            f"next one. If you want the {what} otherwise, or to begin anew, restart the kernel and run from the top; "
            "if you joined a `labkit serve`, restart that."
        ) from None


def sign_in(name: str, region: str, administrator: Mapping[str, str], now: Callable[[], datetime]) -> Account:
    """Open an account by its administrator's access key ("account_id", "access_key_id", "secret_access_key")."""
    account_id = administrator["account_id"]
    sts = boto3.client(
        "sts",
        region_name=region,
        aws_access_key_id=administrator["access_key_id"],
        aws_secret_access_key=administrator["secret_access_key"],
        aws_session_token="",
    )
    role = f"arn:aws:iam::{account_id}:role/LabAdministrator"
    answer = sts.assume_role(RoleArn=role, RoleSessionName=_session_name(name), DurationSeconds=FULL_DURATION)
    return Account(account_id, region, _keys(answer["Credentials"]), now, name)


def _session_name(name: str) -> str:
    """A name as AssumeRole takes it for a session: two characters at least."""
    return name.ljust(2, "-")


def _assume(sts: Any, region: str, role: str, name: str, parameters: Mapping[str, Any]) -> Session:
    answer = sts.assume_role(RoleArn=role, RoleSessionName=name, **parameters)
    return Session(answer["AssumedRoleUser"]["Arn"], region, _keys(answer["Credentials"]))


def _session_parameters(policy: Sequence[Statement] | None, tags: Mapping[str, str] | None) -> dict[str, Any]:
    with_policy = {"Policy": _document(policy)} if policy is not None else {}
    return with_policy | ({"Tags": _tags(tags)} if tags else {})


def _keys(credentials: Mapping[str, Any]) -> dict[str, str]:
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": name, "Value": value} for name, value in tags.items()]


def _document(statements: Sequence[Statement]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
