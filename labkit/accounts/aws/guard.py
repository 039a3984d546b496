"""The guard before every call of a run: only to AWS, only as the account that was agreed to, only while the run lasts.

A profile that changes in the middle, an endpoint that a setting or a redirect names, a client that is left of a run
that is over: each is refused before anything is sent. botocore calls the guard for every session that is made after
`install`, in the kernel and in the run's `aws` commands.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, ClassVar

import botocore.handlers
from botocore.exceptions import BotoCoreError, ClientError

from ...errors import LabError
from ..addresses import only_aws
from ..own_calls import own_client
from .memory import Memory
from .run import Run
from .words import in_words

KNOWN = "callers"
"""The file in a run's folder with the names (SHA-256) of access keys that are known to be its account's."""
AT_MOST = 1000  # access keys that are remembered: each role's session has one of its own
READS = re.compile(r"(Get|List|Describe|Lookup|Head|Simulate|Search|Select|Query|Scan|BatchGet)")
# Services without Regions: they are signed for one Region, wherever a client is.
GLOBAL = frozenset({"account", "cloudfront", "iam", "organizations", "route53", "sts", "sso-oauth", "signin"})


class Guard:
    """What is allowed in one run. `known` says of which account an access key is."""

    def __init__(self, run: Run, standin: str, regions: frozenset[str]) -> None:
        self.run = run
        self._standin = standin
        self._only_aws = only_aws(standin)
        self._accounts = {run.account_id}
        self._regions = {run.region, *run.regions} | regions
        self._known: dict[str, str] = {}
        self.memory = Memory()
        self._over = False

    # --- what botocore calls -----------------------------------------------------------------------------------------

    def before_build(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        """Refuse a call that would make something in another Region from here: a bucket, a replica."""
        if not READS.match(model.name):
            for region in _named(params):
                self._require_region(region, model.name)

    def before_sign(
        self, request: Any, signing_name: str, region_name: str, operation_name: str, request_signer: Any, **_: Any
    ) -> None:
        """Refuse a call with another account's credentials, and one that would change another Region."""
        self._require()
        if operation_name == "GetCallerIdentity":  # asks whose the credentials are, here too
            return
        credentials = getattr(request_signer, "_credentials", None)
        if credentials is not None:
            self._require_account(credentials)
            self.memory.signed(request, credentials.access_key, region_name or self.run.region)
        everywhere = signing_name in GLOBAL or region_name in (None, "*", "aws-global")
        if not everywhere and not READS.match(operation_name):
            self._require_region(region_name, operation_name)

    def before_send(self, request: Any, **_: Any) -> None:
        """Refuse a request to any address but AWS's (or the stand-in's)."""
        self._require()
        self._only_aws(request)

    def after_call(self, parsed: Mapping[str, Any], **_: Any) -> None:
        """Learn whose the access keys in an answer are (AssumeRole, GetSessionToken, CreateAccessKey)."""
        made = parsed.get("Credentials") or parsed.get("AccessKey")
        if not isinstance(made, Mapping) or "AccessKeyId" not in made:
            return
        arn = str(parsed.get("AssumedRoleUser", {}).get("Arn", "")).split(":")
        self._learn(made["AccessKeyId"], arn[4] if len(arn) > 4 else self.run.account_id)

    # -----------------------------------------------------------------------------------------------------------------

    def admit(self, account_id: str) -> None:
        """Let calls with credentials of this account through, too: a second one that was agreed to."""
        self._accounts.add(account_id)

    def is_of(self, key: str, account_id: str) -> None:
        """Remember of which account an access key is, where that was found out."""
        self._learn(key, account_id)

    def account_of(self, key: str) -> str:
        """Tell of which account an access key is; the run's own, where nobody has asked yet."""
        return self._known.get(key, self.run.account_id)

    def dismiss(self, account_id: str) -> None:
        """Take that back."""
        self._accounts.discard(account_id)

    def end(self) -> None:
        """Let no session call any more that has met this guard."""
        self._over = True

    def _require(self) -> None:
        if self._over:
            raise LabError(
                f"This client is of run {self.run.id}, which is over. Make a new one: boto3.client(...) now calls "
                "in the lab that is going on."
            )

    def _require_region(self, region: str, operation: str) -> None:
        if region not in self._regions:
            raise LabError(
                f"{operation} would change something in the Region {region}, and you agreed to "
                f"{', '.join(sorted(self._regions))}. Nothing was sent."
            )

    def _require_account(self, credentials: Any) -> None:
        key = credentials.access_key
        if key not in self._known:
            self._learn(key, self._asked_before(key) or self._account_of(credentials))
        if self._known[key] not in self._accounts:
            raise LabError(
                f"You agreed to account {self.run.account_id}, and this call has credentials of account "
                f"{self._known[key]}. Nothing was sent. Your AWS settings have changed since the lab began "
                f"(AWS_PROFILE, say): set them back, or start the lab again."
            )

    def _learn(self, key: str, account: str) -> None:
        if len(self._known) >= AT_MOST:
            del self._known[next(iter(self._known))]
        self._known[key] = account

    def _asked_before(self, key: str) -> str:
        """The account, where another process of the run (the kernel, an `aws` command) has asked about this key."""
        try:
            told = (self.run.folder / KNOWN).read_text(encoding="ascii").splitlines()
        except (OSError, ValueError):
            return ""
        return self.run.account_id if _name_of(key) in told else ""

    def _note(self, key: str, account: str) -> None:
        """Write that a key is the run's account's, by a name that tells nothing of it."""
        if account == self.run.account_id:
            with suppress(OSError), (self.run.folder / KNOWN).open("a", encoding="ascii") as file:
                file.write(f"{_name_of(key)}\n")

    def _account_of(self, credentials: Any) -> str:
        """Ask AWS whose credentials these are, by the one call that needs no permission."""
        now = credentials.get_frozen_credentials()
        keys = {"aws_access_key_id": now.access_key, "aws_secret_access_key": now.secret_key}
        sts = own_client("sts", self.run.region, self._standin, aws_session_token=now.token, **keys)
        try:
            account = str(sts.get_caller_identity()["Account"])
        except (BotoCoreError, ClientError) as wrong:
            raise LabError(in_words(wrong)) from None
        self._note(now.access_key, account)
        return account

    def handlers(self) -> tuple[tuple[str, Callable[..., None]], ...]:
        """List botocore's events, each with what is called for it."""
        return (
            ("before-parameter-build", self.before_build),
            ("before-parameter-build", self.memory.before),
            ("before-sign", self.before_sign),
            ("before-send", self.before_send),
            ("after-call", self.after_call),
            ("after-call", self.memory.after),
        )


def _named(params: Any) -> Iterator[str]:
    """The other Regions that parameters name: where a bucket is made, where a key, secret or table is replicated."""
    if not isinstance(params, Mapping):
        return
    for where in (params.get("CreateBucketConfiguration"), params):
        if isinstance(where, Mapping):
            yield from (str(where[name]) for name in ("LocationConstraint", "ReplicaRegion") if where.get(name))
    for name in ("AddReplicaRegions", "ReplicaUpdates"):
        for each in params.get(name) or ():
            made = each.get("Create", each) if isinstance(each, Mapping) else {}
            region = made.get("Region") or made.get("RegionName")
            if region:
                yield str(region)


def _name_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


class _Installed:
    guard: ClassVar[Guard | None] = None


def install(run: Run, standin: str, regions: frozenset[str] = frozenset()) -> Guard:
    """Put a guard before the calls of every session that is made from now on, in the place of an earlier one."""
    uninstall()
    guard = _Installed.guard = Guard(run, standin, regions)
    botocore.handlers.BUILTIN_HANDLERS[:0] = list(guard.handlers())
    return guard


def installed() -> Guard | None:
    """Return the guard of the run that is going on, if there is one."""
    return _Installed.guard


def uninstall() -> None:
    """Take the guard away, and end its run: sessions that have met it call no more."""
    guard, _Installed.guard = _Installed.guard, None
    if guard is not None:
        mine = guard.handlers()
        botocore.handlers.BUILTIN_HANDLERS[:] = [
            each for each in botocore.handlers.BUILTIN_HANDLERS if each not in mine
        ]
        guard.end()
