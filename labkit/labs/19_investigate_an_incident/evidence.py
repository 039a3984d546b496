"""The facts of the sample incident, found in its files: for the checks of notebook 19.

Reads the files of `sample("incident")`. Two things are taken from the story, not found: the stranger's address and
which keys the company has.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

_UNDONE_BY = {
    "CreateGrant": ("RevokeGrant",),
    "PutBucketPolicy": ("PutBucketPolicy", "DeleteBucketPolicy"),
    "PutKeyPolicy": ("PutKeyPolicy",),
    "DisableKey": ("EnableKey",),
    "ScheduleKeyDeletion": ("CancelKeyDeletion",),
    "PutEventSelectors": ("PutEventSelectors",),
    "DisableEbsEncryptionByDefault": ("EnableEbsEncryptionByDefault",),
    "ModifySnapshotAttribute": ("ModifySnapshotAttribute", "ResetSnapshotAttribute", "DeleteSnapshot"),
}
_SERVICES = ("cloudtrail", "ec2", "iam", "kms", "s3", "secretsmanager", "sts")


@dataclass(frozen=True, slots=True)
class Deletion:
    """A key's deletion: when it was asked for, when it is due, and when it was cancelled (None: it was not)."""

    time: datetime
    until: datetime
    cancelled: datetime | None


def evidence() -> Evidence:
    """Read the events of these services in all the sample's files, once."""
    from labkit.trail.samples import sample  # pandas is loaded when it is needed

    return _read(sample("incident"))


@cache  # a folder of a sample has its checksum in its name: what is in it doesn't change
def _read(folder: Path) -> Evidence:
    from labkit.trail import load
    from labkit.trail.samples import company

    events = load(folder, sources=list(_SERVICES), tell=str)
    return Evidence(events, company.STRANGER, {key.arn: key.name for key in company.KEYS})


class Evidence:
    """What the events say of the stranger at this address, and of the company's keys (their names by ARN)."""

    def __init__(self, events: Any, stranger: str, keys: dict[str, str]) -> None:
        self._events = events
        self._keys = keys
        self._there = events[events["source_ip"] == stranger]
        self._session = events[events["principal"] == self.role()]
        good = events["error"].isna()
        copied = events["principal"].isin(self._foreign()["principal"].astype("str").unique())
        self._theirs = events[
            good & ((events["source_ip"] == stranger) | (events["principal"] == self.role()) | copied)
        ]

    @property
    def by_arn(self) -> dict[str, str]:
        """The names of the company's keys by their ARN."""
        return dict(self._keys)

    @property
    def names(self) -> set[str]:
        """The names of the company's keys."""
        return set(self._keys.values())

    def first(self) -> datetime:
        """Find the first call from the stranger's address."""
        return _time(self._there["time"].min())

    def first_refusal(self) -> datetime:
        """Find the first refused call from there."""
        return _time(self._there[self._there["error"].notna()]["time"].min())

    def access_key(self) -> str:
        """Find the access key of the first call."""
        return str(_opened(self._there.sort_values("time").head(1), "user_identity")[0]["accessKeyId"])

    def usual_visits(self) -> set[datetime]:
        """Find when the same user called from elsewhere."""
        user = self._there.sort_values("time")["principal"].iloc[0]
        return set(map(_time, self._named(user).drop(self._there.index, errors="ignore")["time"]))

    def role(self) -> str:
        """Find the ARN of the role that was assumed from there."""
        return str(_opened(self._assumed(), "request_parameters")[0]["roleArn"])

    def session_keys(self) -> set[str]:
        """Find the access keys of the sessions that were begun from there."""
        return {answer["credentials"]["accessKeyId"] for answer in _opened(self._assumed(), "response_elements")}

    def session_names(self) -> set[str]:
        """Find the names of those sessions."""
        return {asked["roleSessionName"] for asked in _opened(self._assumed(), "request_parameters")}

    def new_keys(self) -> set[str]:
        """Access keys that somebody has made."""
        made = self._events[self._events["event"] == "CreateAccessKey"]
        return {answer["accessKey"]["accessKeyId"] for answer in _opened(made, "response_elements")}

    def ours(self) -> set[str]:
        """List the accounts whose trails these are."""
        return set(self._events["account"].astype("str"))

    def outsider(self) -> str:
        """Find the account of the callers from an account that is not ours."""
        return str(next(_opened(self._foreign(), "user_identity").__iter__())["accountId"])

    def customers(self) -> tuple[int, int, int, int]:
        """Customers' files that the stranger and the outsider opened; those that the session did; the calls of both;
        that day's, with the servers'.
        """
        key = next(arn for arn, name in self._keys.items() if name == "customers")
        opened = self._events[(self._events["event"] == "Decrypt") & (self._events["key_arn"] == key)]
        opened = opened[opened["time"].dt.date == self.first().date()]
        opened = opened[opened["error"].isna()]
        theirs = opened[opened.index.isin(self._theirs.index)]
        by_session = theirs[theirs["principal"] == self.role()]
        return len(_files(theirs)), len(_files(by_session)), len(theirs), len(opened)

    def spree(self) -> int:
        """Find all calls of KMS by the session until the last customer's file: what a count of bursts says."""
        calls = self._session[(self._session["source"] == "kms") & self._session["error"].isna()]
        key = next(arn for arn, name in self._keys.items() if name == "customers")
        last = calls[(calls["event"] == "Decrypt") & (calls["key_arn"] == key)]["time"].max()
        return int((calls["time"] <= last).sum())

    def orders(self) -> int:
        """Data keys that the session had made under a key of nobody in the company."""
        made = self._session[(self._session["event"] == "GenerateDataKey") & self._session["error"].isna()]
        return int((~made["key_arn"].astype("str").isin(self._keys)).sum())

    def deletion_by_stranger(self) -> Deletion:
        """Find the deletion that the session has scheduled."""
        return self._deletion(self._session)

    def deletion_by_others(self) -> Deletion:
        """Find the deletion that somebody else has scheduled."""
        return self._deletion(self._events[self._events["principal"] != self.role()])

    def used(self) -> set[str]:
        """Names of the company's keys that were used."""
        used = self._theirs[self._theirs["event"].isin(("Decrypt", "GenerateDataKey"))]
        return {self._keys[arn] for arn in used["key_arn"].dropna() if arn in self._keys}

    def touched(self) -> set[str]:
        """Names of the company's keys that were used or changed."""
        changed = self._theirs[self._theirs["read_only"] == False]  # noqa: E712 - a column, with missing values
        return self.used() | {self._keys[arn] for arn in changed["key_arn"].dropna() if arn in self._keys}

    def unseen(self) -> set[str]:
        """Names of the company's keys in Regions whose trail the session has told to leave KMS out."""
        told = self._theirs[self._theirs["event"] == "PutEventSelectors"]
        quiet = set(told[told["request_parameters"].str.contains("kms.amazonaws.com", regex=False)]["region"])
        return {name for arn, name in self._keys.items() if arn.split(":")[3] in quiet}

    def changes(self) -> tuple[set[str], set[str], set[str]]:
        """Names of the session's changes: those that succeeded, all that were tried, those that somebody undid."""
        tried = self._session[self._session["event"].isin((*_UNDONE_BY, "StopLogging", "DeleteTrail"))]
        done = tried[tried["error"].isna()]
        others = self._events[(self._events["principal"] != self.role()) & self._events["error"].isna()]
        undone = set()
        for event, key, time in zip(done["event"].astype("str"), done["key_arn"], done["time"], strict=True):
            after = others[(others["time"] > time) & others["event"].isin(_UNDONE_BY[event])]
            if len(after if key != key else after[after["key_arn"] == key]):  # a missing key is not itself
                undone.add(event)
        return set(done["event"].astype("str")), set(tried["event"].astype("str")), undone

    def _deletion(self, events: Any) -> Deletion:
        asked = events[(events["event"] == "ScheduleKeyDeletion") & events["error"].isna()].iloc[0]
        until = datetime.strptime(json.loads(asked["response_elements"])["deletionDate"] + " +0000", _JAVA)
        later = self._events[(self._events["event"] == "CancelKeyDeletion") & (self._events["time"] > asked["time"])]
        later = later[(later["key_arn"] == asked["key_arn"]) & later["error"].isna()]
        return Deletion(_time(asked["time"]), until, None if later.empty else _time(later["time"].min()))

    def _named(self, principal: str) -> Any:
        return self._events[self._events["principal"] == principal]

    def _assumed(self) -> Any:
        return self._there[(self._there["event"] == "AssumeRole") & self._there["error"].isna()]

    def _foreign(self) -> Any:
        """Calls of other accounts that none of our accounts has a record of."""
        foreign = self._events["caller_type"] == "AWSAccount"
        known = self._events[~foreign]["shared_event_id"].dropna()
        return self._events[foreign & ~self._events["shared_event_id"].isin(known)]


_JAVA = "%b %d, %Y, %I:%M:%S %p %z"


def _opened(events: Any, column: str) -> list[dict[str, Any]]:
    """The JSON of a column."""
    return [json.loads(text) for text in events[column].dropna()]


def _files(calls: Any) -> set[str]:
    """The objects of S3 that were opened by these calls."""
    return {asked["encryptionContext"]["aws:s3:arn"] for asked in _opened(calls, "request_parameters")}


def _time(stamp: Any) -> datetime:
    time: datetime = stamp.to_pydatetime()
    return time
