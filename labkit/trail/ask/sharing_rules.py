"""The rules of `detections` on what is shared, and with whom: disks, images, databases, buckets, roles. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas

from .findings import a_list, an_object, asked_of, done, findings
from .outsiders import let_in
from .uses import each_call_once

_OF_DATABASES = {
    "ModifyDBSnapshotAttribute": "dBSnapshotIdentifier",
    "ModifyDBClusterSnapshotAttribute": "dBClusterSnapshotIdentifier",
}
_OF_DISKS = {
    "ModifySnapshotAttribute": ("snapshotId", "createVolumePermission"),
    "ModifyImageAttribute": ("imageId", "launchPermission"),
}
_MEMBERS = ("userId", "group", "organizationArn", "organizationalUnitArn")  # whom an image can be shared with


def snapshot_shared(events: Any, ours: frozenset[str]) -> Any:
    """Snapshots of disks and databases, and images, that are given to somebody outside."""
    parts = [done(events, "ec2", tuple(_OF_DISKS)), done(events, "rds", tuple(_OF_DATABASES))]
    found = each_call_once(pandas.concat(parts))
    words = []
    for event, asked in zip(found["event"].astype("str"), asked_of(found), strict=True):
        outside = [who for who in _receivers(event, asked) if who and not _is_ours(who, ours)]
        words.append(f"{_thing(event, asked)} shared with {', '.join(outside)}" if outside else "")
    return findings(found, words)


def _receivers(event: str, asked: dict[str, Any]) -> Iterator[str]:
    """Whom a call adds."""
    if event in _OF_DATABASES:
        if asked.get("attributeName") == "restore":
            yield from map(str, a_list(asked.get("valuesToAdd")))
        return
    for item in a_list(an_object(an_object(asked.get(_OF_DISKS[event][1])).get("add")).get("items")):
        yield next((str(an_object(item)[name]) for name in _MEMBERS if an_object(item).get(name)), "")


def _thing(event: str, asked: dict[str, Any]) -> str:
    return str(asked.get(_OF_DATABASES.get(event) or _OF_DISKS[event][0]))


def _is_ours(who: str, ours: frozenset[str]) -> bool:
    """An account of ours, or an organization (by its ARN) that was named as ours."""
    return who in ours or bool(ours.intersection(who.split("/")))


def bucket_opened(events: Any, ours: frozenset[str]) -> Any:
    """PutBucketPolicy that lets in somebody outside."""
    found = each_call_once(done(events, "s3", ("PutBucketPolicy",)))
    words = []
    for asked in asked_of(found):
        who = let_in(asked.get("bucketPolicy"), "resource", ours)
        words.append(f"{asked.get('bucketName')} lets in {', '.join(who)}" if who else "")
    return findings(found, words)


def trust_changed(events: Any, ours: frozenset[str]) -> Any:
    """UpdateAssumeRolePolicy, and CreateRole with a trust policy that lets in somebody outside."""
    found = done(events, "iam", ("UpdateAssumeRolePolicy", "CreateRole"))
    words = []
    for event, asked in zip(found["event"], asked_of(found), strict=True):
        made = event == "CreateRole"
        who = let_in(asked.get("assumeRolePolicyDocument" if made else "policyDocument"), "trust", ours)
        role = f"{'new role' if made else 'trust policy of'} {asked.get('roleName')}"
        changed = "" if made else f"{role} changed"
        words.append(f"{role} lets in {', '.join(who)}" if who else changed)
    return findings(found, words)
