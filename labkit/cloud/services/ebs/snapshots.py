"""EBS snapshots: under which key they are, who sees them, copied under another key, shared with other accounts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from moto.ec2.models import ec2_backends

from ...core.call import Call
from ...core.errors import AwsError
from ...wire.protocols import HttpRequest, HttpResponse
from .keys import MANAGED
from .state import EbsState, ec2_of

Onward = Callable[[HttpRequest], HttpResponse]
_DEFAULT_KEY_SHARED = "Encrypted snapshots with EBS default key cannot be shared"
_PUBLIC = "Encrypted snapshots cannot be made public"
_INACCESSIBLE = "Given key ID is not accessible"


class Snapshots:
    """CreateSnapshot(s), CopySnapshot, DescribeSnapshots, ModifySnapshotAttribute."""

    def __init__(self, state: EbsState) -> None:
        self._state = state
        self.operations: dict[str, Callable[[Call, HttpRequest, Onward], HttpResponse]] = {
            "CopySnapshot": self._copy,
            "CreateSnapshot": self._create,
            "CreateSnapshots": self._create,
            "DescribeSnapshots": _describe,
            "ModifySnapshotAttribute": self._share,
        }

    def _create(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """A snapshot is under its volume's key, and takes no call to KMS."""
        snapshots = ec2_of(call).snapshots
        before = set(snapshots)
        response = onward(request)
        for name in set(snapshots) - before:
            snapshot = snapshots[name]
            snapshot.kms_key_id = snapshot.volume.kms_key_id
            if snapshot.volume.id in self._state.data_keys:
                self._state.data_keys[name] = self._state.data_keys[snapshot.volume.id]
        begun = response.body.replace(b"<status>completed<", b"<status>pending<")
        return replace(response, body=begun.replace(b"<progress>100%<", b"<progress><"))  # as AWS answers

    def _copy(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """A copy has the key that is asked for, or the Region's default key; not its source's.

        Where encryption by default is off, an encrypted source's copy without a key is under aws/ebs, whatever the
        default key is (EBS User Guide, Copy an Amazon EBS snapshot, "Encryption outcomes for snapshot copies").
        """
        params, state = call.params, self._state
        there = replace(call, region=params.get("SourceRegion") or call.region)
        source = snapshot_of(there, params.get("SourceSnapshotId", ""))
        with lent(there, source):
            response = onward(request)
        if response.status >= 300 or source is None:
            return response
        copy = ec2_of(call).snapshots[found(response, "snapshotId")]
        by_default = state.defaults_of(call).enabled
        copy.encrypted = bool(source.encrypted or params.get("Encrypted") or by_default)
        copy.kms_key_id = None
        if not copy.encrypted:
            return response
        asked = params.get("KmsKeyId") or (MANAGED if source.encrypted and not by_default else None)
        copy.kms_key_id = state.arn_of(call, asked) if asked else state.default_key(call)
        try:
            state.copy_data_key(call, source.id, copy.kms_key_id, copy.id)
        except AwsError:
            copy.status, copy.state_message = "error", _INACCESSIBLE
        return response

    def _share(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Snapshots under aws/ebs stay in their account, encrypted ones are never public (ModifySnapshotAttribute)."""
        snapshot = snapshot_of(call, call.params.get("SnapshotId", ""))
        added = (call.params.get("CreateVolumePermission") or {}).get("Add") or []
        if call.params.get("OperationType") == "add":
            added = [*added, *({"Group": name} for name in call.params.get("GroupNames") or [])]
            added += [{"UserId": name} for name in call.params.get("UserIds") or []]
        if snapshot is not None and snapshot.encrypted and added:
            key = self._state.keys.find(call, snapshot.kms_key_id)
            if key is not None and key.manager == "AWS":
                raise AwsError("OperationNotPermitted", _DEFAULT_KEY_SHARED)
            if any(each.get("Group") for each in added):
                raise AwsError("OperationNotPermitted", _PUBLIC)
        return onward(request)


def _describe(call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
    """One's own snapshots and those that others share, by owner and by who may restore (DescribeSnapshots).

    moto knows the account's own alone, and does not read OwnerIds and RestorableByUserIds.
    """
    backend = ec2_of(call)
    owned = backend.snapshots
    visible = owned | {each.id: each for each in _shared_with(call)}
    owners = [call.account if name == "self" else name for name in call.params.get("OwnerIds") or []]
    users = [call.account if name == "self" else name for name in call.params.get("RestorableByUserIds") or []]
    backend.snapshots = {
        name: each
        for name, each in visible.items()
        if (not owners or each.owner_id in owners or ("amazon" in owners and each.from_ami))
        and (not users or any(_may_restore(each, user) for user in users))
    }
    try:
        return onward(request)
    finally:
        backend.snapshots = owned


def _may_restore(snapshot: Any, user: str) -> bool:
    if user == "all":
        return "all" in snapshot.create_volume_permission_groups
    return user == snapshot.owner_id or user in snapshot.create_volume_permission_userids


def _shared_with(call: Call) -> Iterator[Any]:
    for account in list(ec2_backends):
        if account != call.account:
            for snapshot in ec2_backends[account][call.region].snapshots.values():
                if call.account in snapshot.create_volume_permission_userids:
                    yield snapshot


def snapshot_of(call: Call, name: str) -> Any:
    """Return a snapshot of the account, or one that another account shares with it; None if there is none."""
    for account in list(ec2_backends):
        snapshot = ec2_backends[account][call.region].snapshots.get(name)
        if snapshot is not None and (
            account == call.account
            or call.account in snapshot.create_volume_permission_userids
            or "all" in snapshot.create_volume_permission_groups
        ):
            return snapshot
    return None


@contextmanager
def lent(call: Call, snapshot: Any) -> Iterator[None]:
    """moto finds snapshots of the caller's account alone: a shared one stands there while it is read."""
    snapshots = ec2_of(call).snapshots
    lending = snapshot is not None and snapshot.id not in snapshots
    if lending:
        snapshots[snapshot.id] = snapshot
    try:
        yield
    finally:
        if lending:
            del snapshots[snapshot.id]


def found(response: HttpResponse, element: str) -> str:
    """Return the first value of an element of an answer."""
    match = re.search(f"<{element}>([^<]+)</{element}>".encode(), response.body)
    assert match, f"the answer has a {element}"
    return match[1].decode()
