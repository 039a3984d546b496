"""Detections: what in a trail about keys somebody should look at. Each says what it finds, and what it cannot see.

    detect(events)                      all of them, as one table
    DETECTIONS["grant-to-outsiders"]    one; `.finds`, `.blind`, `.public` (rules that others publish, by name)

A finding is a reason to ask, not a verdict: the administrator's own work is found like a thief's. The public rules are
named for comparison, as their authors had them in August 2026; nothing of them is used here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pandas

from . import credential_rules, sharing_rules
from . import detection_rules as rules
from .any_frame import on_any_frame, on_parts

COLUMNS = ("time", "detection", "principal", "source_ip", "event", "key_arn", "what")


@dataclass(frozen=True, slots=True)
class Detection:
    """A detection: its name, what it finds, its blind spots, and the public rules that look for the same."""

    name: str
    finds: str
    blind: str
    public: tuple[str, ...]
    run: Callable[[Any, frozenset[str]], Any]  # events, our accounts -> COLUMNS without `detection`, by event's index


_ALL = (
    Detection(
        "key-ended",
        "A key was disabled, or scheduled for deletion.",
        "Attempts that failed. A key can be made useless by its policy, or by the loss of imported material, too.",
        (
            "Panther: AWS.KMS.CustomerManagedKeyLoss",
            "Elastic: AWS KMS Customer Managed Key Disabled or Scheduled for Deletion",
            "Tailpipe: KMS Key Deletion Scheduled",
            "Suzaku: AWS KMS ScheduleKeyDeletion",
            "CIS AWS Foundations 4.7",
        ),
        rules.key_ended,
    ),
    Detection(
        "policy-widened",
        "A key's policy lets in everybody or another account, or was set without the check against lock-out.",
        "A condition that says nothing about who asks (an address, a tag, an encryption context) can't be weighed: it"
        ' is found, "under a condition". So is an organization that was not named as ours. What IAM policies of our own'
        " accounts allow, identity providers, and a policy that locks its owner out while the check is on, are not"
        " seen.",
        (
            "Panther: AWS.CloudTrail.ResourceMadePublic",
            "Elastic: AWS KMS Key Policy Updated via PutKeyPolicy (any policy)",
            "Splunk: AWS Detect Users creating keys with encrypt policy without MFA (kms:Encrypt for everybody)",
            "Suzaku: AWS KMS PutKeyPolicy (any policy)",
        ),
        rules.policy_widened,
    ),
    Detection(
        "grant-to-outsiders",
        "A grant for a principal of another account.",
        "A grantee that AWS shows by an id only, after it was deleted; a service that somebody abuses.",
        (),
        rules.grant_to_outsiders,
    ),
    Detection(
        "material-moved",
        "Key material was imported or deleted.",
        "Material that expires by itself (DeleteExpiredKeyMaterial), and what happens in a custom key store.",
        (
            "Sigma: AWS KMS Imported Key Material Usage",
            "Elastic: AWS KMS Imported Key Material Deleted",
        ),
        rules.material_moved,
    ),
    Detection(
        "decryption-spree",
        "A principal decrypted far more than usual: `questions.bursts` in which Decrypt is the most frequent call.",
        "Slow reading; objects under an S3 bucket key, and cached data keys, which ask KMS once for many. A caller that"
        " is alone in the trail, in one burst: there is nothing to compare it with.",
        (),
        rules.decryption_spree,
    ),
    Detection(
        "reconnaissance",
        "A principal was refused five different operations, and ten calls, within ten minutes.",
        "Who asks slowly, or only what is allowed; refused calls that AWS does not record; one operation over and over,"
        " however often it is refused (of secrets and passwords `secrets-run` tells). A new, badly written policy of"
        " our own looks the same. Callers that were not recorded are told apart by their address.",
        ("Elastic: AWS Discovery API Calls via CLI from a Single Resource (it counts calls, allowed or not)",),
        rules.reconnaissance,
    ),
    Detection(
        "foreign-key",
        "Data was encrypted under a key of another account: as ransomware does with objects in S3 and disks.",
        "Keys that a customer provides (SSE-C) never reach KMS; a key made in one of our own accounts; a copy made by"
        " the other account after a grant or a bucket policy let it in.",
        (
            "Panther: AWS.S3.CopyObject.CrossAccount.Encryption.KMS",
            "Elastic: AWS S3 Object Encryption Using External KMS Key",
            "Splunk: AWS Detect Users with KMS keys performing encryption S3 (any key)",
        ),
        rules.foreign_key,
    ),
    Detection(
        "disks-unencrypted",
        "Default encryption of EBS volumes was switched off.",
        "Regions where it never was on.",
        (
            "Sigma: AWS EC2 Disable EBS Encryption",
            "Panther: AWS.EC2.EBS.Encryption.Disabled",
            "Elastic: AWS EC2 Encryption Disabled",
            "Tailpipe: EBS Encryption by Default Disabled",
        ),
        rules.disks_unencrypted,
    ),
    Detection(
        "trail-stopped",
        "A trail was stopped or deleted, or events of management, of KMS, of reading or of changing left out;"
        " attempts, too.",
        "A policy on the bucket or key that keeps CloudTrail from delivering; a trail that never had KMS, or that"
        " UpdateTrail sends elsewhere or keeps to one Region; CloudTrail Lake.",
        (
            "Sigma: AWS CloudTrail Important Change",
            "Panther: AWS.CloudTrail.Stopped",
            "Panther: AWS.CloudTrail.EventSelectorsDisabled",
            "Elastic: AWS CloudTrail Log Suspended",
            "Elastic: AWS CloudTrail Log Deleted",
            "Elastic: AWS CloudTrail Management Events Disabled via PutEventSelectors (not of KMS alone)",
            "Splunk: AWS Defense Evasion Stop Logging Cloudtrail",
            "Splunk: AWS Defense Evasion Delete Cloudtrail",
            "Tailpipe: CloudTrail Trail Logging Stopped",
        ),
        rules.trail_stopped,
    ),
    Detection(
        "snapshot-shared",
        "A snapshot of a disk or a database, or an image, was shared with another account or with everybody.",
        "A copy under a key that the other account may use; what is exported into a bucket; other services' ways to"
        " share, as by AWS RAM.",
        (
            "Sigma: AWS Snapshot Backup Exfiltration (any change)",
            "Panther: AWS.CloudTrail.SnapshotMadePublic",
            "Elastic: AWS EC2 EBS Snapshot Shared or Made Public",
            "Splunk: AWS EC2 Snapshot Shared Externally",
            "Tailpipe: EBS Snapshot Shared Publicly",
            "Suzaku: AWS EC2 ModifySnapshotAttribute (any change)",
        ),
        sharing_rules.snapshot_shared,
    ),
    Detection(
        "bucket-opened",
        "A bucket's policy lets in everybody or another account.",
        "Access control lists, access points; the public access block, which may stop such a policy; conditions as in"
        " `policy-widened`; principals named by a canonical user id.",
        (),
        sharing_rules.bucket_opened,
    ),
    Detection(
        "trust-changed",
        "A role's trust policy was changed, or a new role lets in another account.",
        "Identity providers in it are not weighed. Whether the change was somebody's daily work; a role that was open"
        " all along.",
        (),
        sharing_rules.trust_changed,
    ),
    Detection(
        "access-key-made",
        "An access key of a user was made.",
        "Passwords for the console, and sessions, which need no new key. A key that replaces an old one looks the"
        " same.",
        (),
        credential_rules.access_key_made,
    ),
    Detection(
        "secrets-run",
        "A caller asked for ten secrets, encrypted parameters or Windows passwords within ten minutes: different ones,"
        " or not named in the record, as of most refused calls. A filter counts for all that it can bring.",
        "Who asks slowly, or for the few that matter. A program that needs so many at its start looks the same.",
        (),
        credential_rules.run_on_secrets,
    ),
)
DETECTIONS = MappingProxyType({detection.name: detection for detection in _ALL})


def detect(events: Any, accounts: Collection[str] = ()) -> Any:
    """Ask all detections: a row a finding, oldest first, with the index of its (first) event.

    events: the table of `load`, of pandas or dask. accounts: those that are ours, and our organization, as in
    "o-exampleorgid"; by default all in whose trails the events are. Columns: `COLUMNS`.
    Errors: ValueError if neither the events nor the caller say which accounts are ours.
    """
    ours = frozenset(accounts) or _owners(events)
    if not ours and len(events):
        raise ValueError("The events don't say in whose trail they are: name your accounts, detect(events, [...]).")
    return _found(events, ours)


def _owners(events: Any) -> frozenset[str]:
    """The accounts in whose trails the events are."""
    found = on_parts(pandas.Series.drop_duplicates)(events["account"])
    return frozenset(found.dropna().astype("str"))


@on_any_frame
def _found(events: Any, ours: frozenset[str]) -> Any:
    found = [detection.run(events, ours).assign(detection=detection.name) for detection in _ALL]
    tables = [each.reindex(columns=list(COLUMNS)).astype(_TYPES) for each in found]
    # An index of nothing has a type of its own, and would make the numbers of the others floats.
    table = pandas.concat([each for each in tables if len(each)] or [tables[0].set_index(events.index[:0])])
    return table.sort_values(["time", "detection"], kind="stable")


_TYPES = {name: "str" for name in COLUMNS if name != "time"} | {"time": "datetime64[us, UTC]"}
