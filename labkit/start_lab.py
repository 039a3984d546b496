"""`labkit.start`: a lab in a fresh simulated account, or in one that `labkit serve` runs."""

from __future__ import annotations

import os
import re
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from .accounts.environment import leave_the_owner_out, point_at
from .accounts.local import LocalCloud
from .accounts.remote import Remote
from .accounts.sessions import new_session
from .cells_run_again import watch
from .cloud.core.regions import known_regions
from .errors import LabError
from .lab import Lab

DEFAULT_NAME = "lab"
DEFAULT_REGION = "us-east-1"
SESSION_NAME = "learner"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
_KEY_ID = re.compile(r"AKIA[A-Z0-9]{12,124}")


def start(name: str = DEFAULT_NAME, *, region: str = DEFAULT_REGION) -> Lab:
    """Begin the lab `name` and point boto3, the `aws` command and any other SDK at its account.

    By default a fresh simulated account in this process; each start with the same name shows the same
    ids, ciphertexts and times (set LABKIT_SEED=random for real randomness). A process is in one lab at a time: a lab
    that was started before is over. With LABKIT_ENDPOINT and LABKIT_CONTROL_TOKEN set, the lab joins the account of a
    running `labkit serve`. Raises LabError with what to do about it.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise LabError(f"A lab is started by its name, for example labkit.start('02-create-keys'), not {name!r}.")
    if os.environ.get("LABKIT_ACCOUNT", "simulated") != "simulated":
        raise LabError("LABKIT_ACCOUNT: labs run in a simulated account only, as yet. Unset it to go on.")
    with LocalCloud.one_start_at_a_time():
        leave_the_owner_out()
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
    return Lab(name, keys["account_id"], region, remote)


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
