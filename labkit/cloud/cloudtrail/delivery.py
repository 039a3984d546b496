"""What trails deliver, and when: log files every five minutes, digest files every hour, into the trail's bucket.

Writes to moto's S3 as CloudTrail, if the bucket's policy lets it; asks KMS for a data key where the trail has a key.
Sources: CloudTrail User Guide, "Finding your CloudTrail log files"; names and times of files that were published.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.s3.models import FakeKey, s3_backends

from ..authorization.service_access import service_principal
from ..core.call import Call
from ..core.entropy import Entropy
from ..core.errors import AwsError
from ..services.s3.encryption import ObjectEncryption
from ..services.s3.headers import SSE_KMS
from ..services.s3.wrap import S3
from . import digest
from .digest import ALGORITHM, Chain, LogFile, SigningKeys
from .trail import SERVICE, Trail, is_own
from .trails import Trails, may_write

if TYPE_CHECKING:
    from ..gateway.gateway import Gateway

EVERY = timedelta(minutes=5)
"""Files carry a minute that is a multiple of five (seen in every published file)."""
LEAST = timedelta(minutes=2)
"""How old an event is at least when it is delivered; with EVERY, 4.5 minutes on average ("about 5 minutes")."""
HOUR = timedelta(hours=1)
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Delivery:
    """Follows events, and delivers them as time passes."""

    def __init__(self, gateway: Gateway, trails: Trails, s3: S3, entropy: Entropy) -> None:
        self._gateway = gateway
        self._trails = trails
        self._s3 = s3
        self._entropy = entropy
        self.keys = SigningKeys()

    def follow(self, event: dict[str, Any]) -> None:
        """Remember an event for every trail that logs it.

        CloudTrail's own calls wait for the next file that something else is delivered in: else every file would
        cause another one, for ever.
        """
        for trail in self._trails.all.values():
            if trail.takes(event):
                trail.pending.append(event)
                if trail.due is None and not is_own(event):
                    trail.due = next_delivery(datetime.fromisoformat(event["eventTime"]))

    def next_due(self) -> datetime | None:
        """Tell when the next file is delivered."""
        times = [time for trail in self._trails.all.values() for time in (trail.due, _digest_time(trail)) if time]
        return min(times, default=None)

    def run(self, moment: datetime) -> None:
        """Deliver what is due; log files before the digest that names them."""
        for trail in list(self._trails.all.values()):
            if trail.due is not None and trail.due <= moment:
                trail.due = None
                self._deliver(trail, moment)
            time = _digest_time(trail)
            if time is not None and time <= moment:
                self._deliver_digests(trail, time)

    def _deliver(self, trail: Trail, moment: datetime) -> None:
        """One file for each Region; what can't be written waits for the next time."""
        pending, trail.pending = trail.pending, []
        for region in sorted({event["awsRegion"] for event in pending}):
            events = [event for event in pending if event["awsRegion"] == region]
            name = f"{trail.account}_CloudTrail_{region}_{moment:%Y%m%dT%H%MZ}_{self._unique()}.json.gz"
            key = f"{trail.folder('CloudTrail')}/{region}/{moment:%Y/%m/%d}/{name}"
            content = json.dumps({"Records": events}, separators=(",", ":")).encode()
            if not self._put(trail, key, content, moment):
                trail.pending += events
                continue
            trail.delivered, trail.error = moment, ""
            if trail.digest_start is not None:
                times = [event["eventTime"] for event in events]
                sha256 = hashlib.sha256(content).hexdigest()
                chain = trail.digests.setdefault(region, Chain(trail.digest_start))
                chain.files.append(LogFile(trail.bucket, key, sha256, min(times), max(times)))

    def _deliver_digests(self, trail: Trail, end: datetime) -> None:
        """A digest for the home Region and for every other Region that has had files, even in a quiet hour."""
        start = trail.digest_start
        assert start is not None
        trail.digest_start = end
        for region in sorted({trail.region, *trail.digests}):
            chain = trail.digests.setdefault(region, Chain(start))
            stem = f"{trail.account}_CloudTrail-Digest_{region}_{trail.name}_{trail.region}_{end:%Y%m%dT%H%M%SZ}"
            key = f"{trail.folder('CloudTrail-Digest')}/{region}/{end:%Y/%m/%d}/{stem}.json.gz"
            made = digest.make(self.keys, region, trail.account, chain, trail.bucket, key, end)
            metadata = {"signature": made.signature, "signature-algorithm": ALGORITHM}
            if self._put(trail, key, made.content, end, metadata):
                trail.digests[region] = Chain(end, last=made)
                trail.digest_delivered = end

    def _put(
        self, trail: Trail, key: str, content: bytes, moment: datetime, metadata: dict[str, str] | None = None
    ) -> bool:
        """Write a file as CloudTrail, under the trail's key if it has one; the call is recorded, refused or not."""
        call = Call(
            service="s3",
            operation="PutObject",
            region=trail.region,
            params={"Bucket": trail.bucket, "Key": key, "ACL": "bucket-owner-full-control"},
            time=moment,
            request_id=self._gateway.new_id(),
            principal=service_principal(SERVICE, trail.account),
            source_arn=trail.arn,
        )
        try:
            with self._gateway.recorded(call):
                if trail.bucket not in s3_backends.bucket_accounts:
                    # "any Amazon S3 error": GetTrailStatus in botocore's model; seen in published answers of it (2020)
                    raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
                if not may_write(trail, trail.bucket, key):
                    raise AwsError("AccessDenied", "Access Denied", 403)
                encryption = self._data_key(trail, key, moment)
                stored = _store(trail.bucket, key, gzip.compress(content, mtime=0), metadata or {})
                self._s3.keep(stored, encryption)
                call.result = {}
        except AwsError as refused:
            trail.error = refused.code
        return call.error is None

    def _data_key(self, trail: Trail, key: str, moment: datetime) -> ObjectEncryption:
        """SSE-S3, or a data key for this file under the trail's key (captured: context, key spec)."""
        if not trail.key_arn:
            return ObjectEncryption()
        context = {"aws:cloudtrail:arn": trail.arn, "aws:s3:arn": f"arn:aws:s3:::{trail.bucket}/{key}"}
        asked = {"KeyId": trail.key_arn, "KeySpec": "AES_256", "EncryptionContext": context}
        region = trail.key_arn.split(":")[3]  # the bucket's, which may be another than the trail's
        made = self._gateway.as_service(SERVICE, trail.arn, region, moment, "GenerateDataKey", asked)
        return ObjectEncryption(SSE_KMS, made["KeyId"], made["CiphertextBlob"], context)

    def _unique(self) -> str:
        return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in self._entropy.token_bytes(16))


def next_delivery(event: datetime) -> datetime:
    """Tell when an event of this time is delivered: at the next multiple of five minutes, not sooner than LEAST."""
    ready = event + LEAST
    past = timedelta(minutes=ready.minute % 5, seconds=ready.second)
    return ready if not past else ready - past + EVERY


def _digest_time(trail: Trail) -> datetime | None:
    return None if trail.digest_start is None else trail.digest_start + HOUR


def _store(bucket: str, key: str, content: bytes, metadata: dict[str, str]) -> FakeKey:
    partition, account = s3_backends.bucket_accounts[bucket]
    stored = s3_backends[account][partition].put_object(bucket, key, content, disable_notification=True)
    described = {f"x-amz-meta-{name}": value for name, value in metadata.items()}
    stored.set_metadata({"Content-Type": "application/json", "Content-Encoding": "gzip", **described})
    return stored
