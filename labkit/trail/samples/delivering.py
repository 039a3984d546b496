"""From records to files, as CloudTrail delivers them: some minutes late, without order, one trail twice.

As in published logs of real accounts: the minute in a file's name is a multiple of five; half of the events are
delivered within three minutes and nearly all within ten; records in a file are in no order; where two trails deliver
into one bucket, every event is there twice, byte for byte, in different files; global services' events, which say
us-east-1, lie in the files of the trail's Region; CloudTrail's own calls for data keys are recorded, too, and make
files of their own. Each account has a trail for each of the two Regions, and the shop an old one more in the first.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from . import company as c
from .calendar import DAYS, START
from .recording import Journal, Recorded, chance_of, service

EVERY = timedelta(minutes=5)
OLD_TRAIL_UNTIL = START + timedelta(days=4, hours=9, minutes=30)  # when it is deleted: see `chores`
KMS_EXCLUDED = "kms.amazonaws.com"


@dataclass(frozen=True, slots=True)
class File:
    """A delivered file: its key in the bucket, and its content before gzip."""

    key: str
    content: bytes

    @property
    def packed(self) -> bytes:
        """The content, zipped without a time of its own."""
        return gzip.compress(self.content, 4, mtime=0)


def delivered(records: list[Recorded]) -> Iterator[File]:
    """Write the files of these records, in the order of their delivery."""
    due: dict[datetime, dict[tuple[str, str], list[Recorded]]] = defaultdict(lambda: defaultdict(list))
    excluded = [r.time for r in records if r.record["eventName"] == "PutEventSelectors"]
    for recorded in records:
        is_out = excluded and recorded.time > excluded[0] and recorded.region == c.SECOND and recorded.account == c.SHOP
        # An outsider's own records are in the outsider's trail, which the company does not have.
        if recorded.account == c.OUTSIDER or (is_out and recorded.record["eventSource"] == KMS_EXCLUDED):
            continue
        due[_slot(recorded)][recorded.account, recorded.region].append(recorded)
    journal = Journal(chance_of("delivery"))
    slot = min(due)
    while slot <= START + timedelta(days=DAYS):
        for (account, region), found in sorted(due.pop(slot, {}).items()):
            found.sort(key=lambda recorded: c.identifier(recorded.record["eventID"]))  # in no order that tells anything
            name = "company-trail" if region == c.HOME else "company-trail-2"
            yield _file(journal, name, account, region, slot, found)
            older = [recorded for recorded in found if recorded.time < OLD_TRAIL_UNTIL]
            if older and (account, region) == (c.SHOP, c.HOME):
                yield _file(journal, "old-trail", account, region, slot, older)
        for recorded in journal.records:
            due[_slot(recorded)][recorded.account, recorded.region].append(recorded)
        journal.records = []
        slot += EVERY


def _slot(recorded: Recorded) -> datetime:
    """The multiple of five minutes at which an event is delivered: by its id, so that it is the same in both."""
    share = int(c.identifier(recorded.record["eventID"], 8), 16) / 0xFFFFFFFF
    ready = recorded.time + timedelta(seconds=15 + 345 * share**0.8 + 200 * share**12)
    past = (ready - START) % EVERY
    return ready if not past else ready - past + EVERY


def _file(journal: Journal, trail: str, account: str, region: str, slot: datetime, found: list[Recorded]) -> File:
    """A file, and CloudTrail's call for a data key to seal it."""
    name = f"{account}_CloudTrail_{region}_{slot:%Y%m%dT%H%MZ}_{_unique(f'{trail} {account} {region} {slot}')}.json.gz"
    key = f"AWSLogs/{account}/CloudTrail/{region}/{slot:%Y/%m/%d}/{name}"
    arn = f"arn:aws:cloudtrail:{region}:{account}:trail/{trail}"
    context = {"aws:cloudtrail:arn": arn, "aws:s3:arn": f"arn:aws:s3:::{c.LOG_BUCKET}/{key}"}
    journal.name = f"{trail} {account} {region} {slot}"
    journal.use(slot + timedelta(seconds=2), service("cloudtrail"), "GenerateDataKey", c.TRAIL_KEY, context)
    return File(key, msgspec.json.encode({"Records": [recorded.record for recorded in found]}))


def _unique(text: str) -> str:
    """Sixteen letters and digits."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(letters[byte % len(letters)] for byte in bytes.fromhex(c.identifier(text)))
