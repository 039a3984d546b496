"""`labkit.start`: a lab in a fresh simulated account, in one that `labkit serve` runs, or in a real one."""

from __future__ import annotations

import os
import re
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from .accounts.aws.standin import VARIABLE as STANDIN
from .accounts.cells_run_again import watch
from .accounts.environment import leave_the_owner_out, point_at
from .accounts.last_words import leave_last_words_out
from .accounts.local import LocalCloud
from .accounts.remote import Remote
from .accounts.sessions import new_session
from .cloud.core.regions import known_regions
from .errors import LabError
from .lab import Lab

DEFAULT_NAME = "lab"
DEFAULT_REGION = "us-east-1"
SESSION_NAME = "learner"
SIMULATED, REAL = "simulated", "aws"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
_KEY_ID = re.compile(r"AKIA[A-Z0-9]{12,124}")


def start(name: str = DEFAULT_NAME, *, region: str | None = None, account: str = "") -> Lab:
    """Begin the lab `name` and point boto3, the `aws` command and any other SDK at its account.

    By default a fresh simulated account in this process; each start with the same name shows the same
    ids, ciphertexts and times (set LABKIT_SEED=random for real randomness). A process is in one lab at a time: a lab
    that was started before is over. With LABKIT_ENDPOINT and LABKIT_CONTROL_TOKEN set, the lab joins the account of a
    running `labkit serve`. Raises LabError with what to do about it.

    With account="aws", or LABKIT_ACCOUNT=aws, the lab works in the real account that your AWS settings lead to, once
    you have agreed to that account and Region (docs/real-account.md). region: us-east-1 unless given; in a real
    account, that of your settings.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise LabError(f"A lab is started by its name, for example labkit.start('02-create-keys'), not {name!r}.")
    where = account or os.environ.get("LABKIT_ACCOUNT", SIMULATED)
    if where not in (SIMULATED, REAL):
        raise LabError(f"LABKIT_ACCOUNT, or account=, is {where!r}: it is {SIMULATED!r} or {REAL!r}.")
    if where == REAL:
        from .real_lab import start_real

        lab = start_real(name, region or "")
        watch()
        leave_last_words_out()
        _tell_the_class(name)
        return lab
    with LocalCloud.one_start_at_a_time():
        _stay_here()
        leave_the_owner_out()
        region = DEFAULT_REGION if region is None else region
        if not isinstance(region, str) or region not in known_regions():
            raise LabError(f"{region!r} is no AWS Region with KMS; Regions look like us-east-1 or eu-west-3.")
        endpoint = os.environ.get("LABKIT_ENDPOINT")
        if endpoint:
            remote = Remote(endpoint, os.environ.get("LABKIT_CONTROL_TOKEN", ""))
            remote.get("health")  # whether it is a lab at all, before keys are sent there
            keys = _joined_keys(remote)
        else:
            remote, keys = LocalCloud.fresh(_seed(name), region)
        credentials = _sign_in(remote.endpoint, region, keys)
        point_at(remote.endpoint, region, credentials)
        LocalCloud.begin(remote, name)
    watch()
    leave_last_words_out()
    _tell_the_class(name)
    return Lab(name, keys["account_id"], region, remote)


def _tell_the_class(name: str) -> None:
    """On a hub whose learner has agreed, the trainer's page hears of the lab; elsewhere not even the module is read."""
    if os.environ.get("LABKIT_CLASS"):
        from .classroom import begin

        begin(name)


def _stay_here() -> None:
    """LabError in a process that has been in a real account: its clients would go on to call there."""
    if os.environ.get(STANDIN):
        raise LabError(
            f"{STANDIN} is set, which takes a program on this machine for the real AWS, and this is a simulated lab. "
            f"Unset it, or set LABKIT_ACCOUNT={REAL}."
        )
    joined = LocalCloud.joined()
    if joined is not None and not isinstance(joined, Remote):
        raise LabError(
            "This process has been in a real account, and clients that are left of it would call there. Restart the "
            "kernel (or begin a new process) for a simulated one."
        )


def _seed(name: str) -> str:
    """What ids and ciphertexts follow from."""
    seed = os.environ.get("LABKIT_SEED") or name
    try:
        seed.encode()
    except UnicodeEncodeError:
        raise LabError("LABKIT_SEED holds bytes that are no text. Give it plain letters, or unset it.") from None
    return seed


def _joined_keys(remote: Remote) -> dict[str, str]:
    """The administrator's keys: those in the environment where they are this server's, else a new account's."""
    given, secret = os.environ.get("AWS_ACCESS_KEY_ID", ""), os.environ.get("AWS_SECRET_ACCESS_KEY", "")
    if _KEY_ID.fullmatch(given) and secret.isascii() and secret.isprintable() and secret:
        keys = {"access_key_id": given, "secret_access_key": secret}
        sts = _client("sts", remote.endpoint, DEFAULT_REGION, keys)
        try:
            return keys | {"account_id": sts.get_caller_identity()["Account"]}
        except ClientError:
            pass  # somebody else's keys: they are not sent to the lab again
    answer: dict[str, str] = remote.post("accounts")
    return answer


def _sign_in(endpoint: str, region: str, keys: dict[str, str]) -> dict[str, Any]:
    """The learner's session: the administrator's user assumes the role LabAdministrator, as one would at work."""
    sts = _client("sts", endpoint, region, keys)
    role = f"arn:aws:iam::{keys['account_id']}:role/LabAdministrator"
    answer = sts.assume_role(RoleArn=role, RoleSessionName=SESSION_NAME, DurationSeconds=43200)
    return dict(answer["Credentials"])


def _client(service: str, endpoint: str, region: str, keys: dict[str, str]) -> Any:
    return new_session().client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=keys["access_key_id"],
        aws_secret_access_key=keys["secret_access_key"],
        config=Config(proxies={}),
    )
