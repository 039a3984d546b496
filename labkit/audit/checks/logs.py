"""Log lines that look like plaintext secrets: what was decrypted with care, and then printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ..facts.account import Account, Found, each_of
from ..facts.finding import Fault
from ..facts.holdings import trails
from ..facts.mending import mend
from ..facts.secrets_in_text import kind_in_line

STREAMS = 20
LINES = 1_000
"""The newest of each log group that are read. An audit is a look at what is there now, not a search of years."""


def plaintext(account: Account) -> Iterator[Found]:
    """Read the newest lines of every log group, but for those of trails: records of CloudTrail hold no secrets."""
    records = {str(each.get("CloudWatchLogsLogGroupArn", "")).removesuffix(":*") for each in trails(account)}
    groups = account.reader.listed("logs", "describe_log_groups", "logGroups")

    def judge(group: Mapping[str, Any]) -> Iterator[Found]:
        name, arn = str(group["logGroupName"]), str(group["arn"]).removesuffix(":*")
        if arn in records:
            return
        kinds = Counter(kind for line in _lines(account, name, arn) if (kind := kind_in_line(line)))
        if kinds:
            told = ", ".join(sorted(kinds)[:3])
            lines = "1 line" if kinds.total() == 1 else f"{kinds.total()} lines"
            why = f"The log group {name} has {lines} with {told}: everybody who reads the log reads that."
            note = "then change what was printed, mend the program, and delete the streams"
            yield Fault(
                "plaintext-in-logs",
                arn,
                why,
                mend("logs", "put_retention_policy", note, logGroupName=name, retentionInDays=1),
            )

    yield from each_of(groups, judge)


def _lines(account: Account, group: str, arn: str) -> Iterator[str]:
    newest = {"orderBy": "LastEventTime", "descending": True}
    streams, _ = account.reader.first(
        "logs", "describe_log_streams", "logStreams", STREAMS, arn, logGroupName=group, **newest
    )
    for stream in streams:
        asked = {"logGroupName": group, "logStreamName": stream["logStreamName"], "limit": LINES}
        yield from (
            str(each["message"]) for each in account.reader.ask("logs", "get_log_events", arn, **asked)["events"]
        )
