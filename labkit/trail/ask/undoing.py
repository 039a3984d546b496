"""Changes that nobody has taken back: what was done, to what, and that no later call in the trail undoes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas

from .any_frame import chosen
from .findings import a_list, an_object, asked_of
from .uses import ONCE, each_call_once

COLUMNS = ("time", "principal", "event", "account", "region", "thing")
_READ = [
    *("time", "principal", "event", "source", "region", "key_arn", "request_parameters", "response_elements"),
    *("additional_event_data", *ONCE),
]
Parts = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]  # request, answer, additional data
_KEY = "key"  # the thing is the KMS key of the record
_PLACE = "place"  # the thing is the account's setting in a Region


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of change: by which calls it is made and undone, and which thing they are about.

    thing: _KEY, _PLACE, or how members are called that name it, in the request, the answer or the additional data.
    """

    source: str
    event: str
    undone_by: tuple[str, ...]
    thing: str | tuple[str, ...]
    undoes: Callable[[str, Parts], bool] = lambda event, parts: True
    changes: Callable[[Parts], bool] = lambda parts: True


def _gives(member: str) -> Callable[[Parts], bool]:
    """Whether a call adds somebody to a permission."""
    return lambda parts: bool(a_list(an_object(an_object(parts[0].get(member)).get("add")).get("items")))


def _takes(event: str, parts: Parts) -> bool:
    """Whether a call takes somebody out of a permission, or does away with the thing."""
    members = [an_object(parts[0].get(name)) for name in ("createVolumePermission", "launchPermission")]
    removed = any(each.get("remove") for each in members) or bool(a_list(parts[0].get("valuesToRemove")))
    return removed or not event.startswith("Modify")


def _shuts(event: str, parts: Parts) -> bool:
    return event != "UpdateAccessKey" or parts[0].get("status") == "Inactive"


_TRAIL = ("name", "trailName")
_OF_CLUSTER = "dBClusterSnapshotIdentifier"
# Pairs of operations by their pages in the services' API References.
KINDS = (
    _Kind("kms", "DisableKey", ("EnableKey",), _KEY),
    _Kind("kms", "ScheduleKeyDeletion", ("CancelKeyDeletion",), _KEY),
    _Kind("kms", "PutKeyPolicy", ("PutKeyPolicy",), _KEY),
    _Kind("kms", "DisableKeyRotation", ("EnableKeyRotation",), _KEY),
    _Kind("kms", "DeleteImportedKeyMaterial", ("ImportKeyMaterial",), _KEY),
    _Kind("kms", "CreateGrant", ("RevokeGrant", "RetireGrant"), ("grantId",)),
    _Kind("cloudtrail", "StopLogging", ("StartLogging",), _TRAIL),
    _Kind("cloudtrail", "DeleteTrail", ("CreateTrail",), _TRAIL),
    _Kind("cloudtrail", "PutEventSelectors", ("PutEventSelectors",), _TRAIL),
    _Kind("ec2", "DisableEbsEncryptionByDefault", ("EnableEbsEncryptionByDefault",), _PLACE),
    _Kind(
        "ec2",
        "ModifySnapshotAttribute",
        ("ModifySnapshotAttribute", "ResetSnapshotAttribute", "DeleteSnapshot"),
        ("snapshotId",),
        _takes,
        _gives("createVolumePermission"),
    ),
    _Kind(
        "ec2",
        "ModifyImageAttribute",
        ("ModifyImageAttribute", "ResetImageAttribute", "DeregisterImage"),
        ("imageId",),
        _takes,
        _gives("launchPermission"),
    ),
    _Kind(
        "rds",
        "ModifyDBSnapshotAttribute",
        ("ModifyDBSnapshotAttribute", "DeleteDBSnapshot"),
        ("dBSnapshotIdentifier",),
        _takes,
        lambda parts: bool(a_list(parts[0].get("valuesToAdd"))),
    ),
    _Kind(
        "rds",
        "ModifyDBClusterSnapshotAttribute",
        ("ModifyDBClusterSnapshotAttribute", "DeleteDBClusterSnapshot"),
        (_OF_CLUSTER,),
        _takes,
        lambda parts: bool(a_list(parts[0].get("valuesToAdd"))),
    ),
    _Kind("s3", "PutBucketPolicy", ("PutBucketPolicy", "DeleteBucketPolicy", "DeleteBucket"), ("bucketName",)),
    _Kind("iam", "UpdateAssumeRolePolicy", ("UpdateAssumeRolePolicy", "DeleteRole"), ("roleName",)),
    _Kind("iam", "CreateAccessKey", ("DeleteAccessKey", "UpdateAccessKey"), ("accessKeyId",), _shuts),
    _Kind("iam", "CreateUser", ("DeleteUser",), ("userName",)),
    _Kind("iam", "CreateRole", ("DeleteRole",), ("roleName",)),
    _Kind("iam", "CreateLoginProfile", ("DeleteLoginProfile",), ("userName",)),
)
_NAMES = frozenset(name for kind in KINDS for name in (kind.event, *kind.undone_by))
_SOURCES = frozenset(kind.source for kind in KINDS)


def still_open(events: Any, changes: Any = None) -> Any:
    """Changes that no later call has undone: a row for each, oldest first, with the event's index.

    events: the table of `load`, in which undoing calls are looked for. changes: the part of it in which changes are
    looked for, as that of one hand; by default all. Columns: time, principal, event, account, region, thing (the key,
    grant, trail, bucket, ... that it was done to). Known changes: `KINDS`, which has the calls that undo each.
    Limits: changes of other kinds are not here. A policy counts as undone once it is replaced, whatever the new one is.
    A change to a thing that was deleted since may be here; what was undone outside of the trail is here.
    """
    known = each_call_once(chosen(events, _of_changes))
    wanted = set(known.index if changes is None else chosen(changes, _of_changes).index)
    known = known.sort_values("time", kind="stable")
    parts = zip(*(asked_of(known, name) for name in _READ[6:9]), strict=True)
    open_now: dict[tuple[str, str, str, str], tuple[Any, str]] = {}
    columns = [known[name] for name in ("source", "event", "account", "region", "key_arn")]
    for index, source, event, account, region, key, said in zip(known.index, *columns, parts, strict=True):
        for kind in KINDS:
            if kind.source != source or event not in (kind.event, *kind.undone_by):
                continue
            for thing in _things(kind, key, region, said):
                place = (kind.event, str(account), "" if source == "iam" else str(region), thing)
                if event in kind.undone_by and kind.undoes(event, said):
                    open_now.pop(place, None)
                if event == kind.event and kind.changes(said):
                    open_now.setdefault(place, (index, thing))
    found = [(index, thing) for index, thing in open_now.values() if index in wanted]
    table = known.loc[[index for index, _ in found], list(COLUMNS[:-1])]
    table = table.astype(dict.fromkeys(("principal", "event", "account", "region"), "str"))
    table["thing"] = pandas.Series([thing for _, thing in found], index=table.index, dtype="str")
    return table.sort_values("time", kind="stable")


def _things(kind: _Kind, key: Any, region: Any, parts: Parts) -> Iterator[str]:
    if kind.thing == _PLACE:
        yield f"{region}"
    elif kind.thing == _KEY:
        if isinstance(key, str):
            yield key
    else:
        inner = [an_object(value) for part in parts for value in part.values()]  # {"accessKey": {"accessKeyId": ...}}
        found = [part.get(name) for part in (*parts, *inner) for name in kind.thing]
        text = next((value for value in found if isinstance(value, str) and value), "")
        if text:
            yield text.rpartition("/")[2] if kind.thing == _TRAIL else text


def _of_changes(table: Any) -> Any:
    """The successful calls that change or undo, in one partition."""
    is_one = table["source"].isin(_SOURCES) & table["event"].isin(_NAMES) & table["error"].isna()
    return table.loc[is_one, list(dict.fromkeys(_READ))]
