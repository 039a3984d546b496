"""What the questions' SQL is made of: the events each once, who made them, which keys they name.

The same rules as `identities` and `opening`, in SQL that Athena's engine (Trino) and others understand: positions
instead of UNNEST of rows, which engines unfold differently; an empty text and NULL of a search count the same.
"""

# Every text here is put together from other texts, which ruff calls a risk: what callers give is checked first, and a
# test tries what must not get in.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..ask.uses import NETWORK, REFUSED_BY_ENDPOINT, USES
from ..load.pipeline import Moment, Wanted
from ..record.callers import ARN
from ..record.vocabulary import INTERNAL, SERVICES_BY_CONTEXT, UNKNOWN_SERVICE, marked
from .table import COLUMNS, quoted

_BARE = "mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
OF_KMS = "eventsource = 'kms.amazonaws.com'"
_MEMBERS = ("keyId", "targetKeyId", "destinationKeyId", "sourceKeyId", "replicaKeyId")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which table a question asks, and from `start` on and before `end` (as for `load`; UTC if no zone is given).

    Times make a query cheap: only the days' files are read. Files are found by the day of their delivery, so days up to
    the one after `end` are read: an event that AWS delivered later than that is missed.
    Errors: ValueError for a name or a time that is none.
    """

    table: str = "cloudtrail_logs"
    start: Moment | None = None
    end: Moment | None = None

    def __post_init__(self) -> None:
        quoted(self.table, '"')
        Wanted.of(self.start, self.end, ())

    @property
    def name(self) -> str:
        """The table's name in quotes."""
        return quoted(self.table, '"')

    def conditions(self) -> list[str]:
        """Write the conditions on days of delivery and times of events."""
        wanted = Wanted.of(self.start, self.end, ())
        found = ["eventid IS NOT NULL", "eventtime IS NOT NULL"]
        if wanted.start is not None:
            first = _second(wanted.start)
            found += [f"day >= '{first:%Y/%m/%d}'", f"eventtime >= '{first:%Y-%m-%dT%H:%M:%SZ}'"]
        if wanted.end is not None:
            last = _second(wanted.end)
            found += [f"day <= '{last + timedelta(days=1):%Y/%m/%d}'", f"eventtime < '{last:%Y-%m-%dT%H:%M:%SZ}'"]
        return found


def _second(microseconds: int) -> datetime:
    """The whole second at or after an instant: events' times have no parts of seconds."""
    return datetime.fromtimestamp(-(-microseconds // 1_000_000), UTC)


def listed(words: Iterable[str]) -> str:
    """Words of this package (never a caller's) as a list in SQL."""
    return ", ".join(f"'{word}'" for word in sorted(words))


def _found(text: str, pattern: str) -> str:
    return f"NULLIF(regexp_extract({text}, '{pattern}'), '')"


def _member(part: str) -> str:
    whole = f"^(?:{ARN.pattern}|{_BARE})$"
    return ",\n        ".join(_found(f"json_extract_scalar({part}, '$.{name}')", whole) for name in _MEMBERS)


_PRINCIPAL = """CASE WHEN useridentity.type = 'AssumedRole' THEN coalesce(
      NULLIF(useridentity.sessioncontext.sessionissuer.arn, ''),
      CASE WHEN useridentity.arn LIKE '%:assumed-role/%' THEN
        replace(split_part(useridentity.arn, ':assumed-role/', 1), ':sts:', ':iam:') || ':role/' ||
        split_part(split_part(useridentity.arn, ':assumed-role/', 2), '/', 1) END)
    ELSE coalesce(
      NULLIF(useridentity.arn, ''),
      CASE WHEN coalesce(useridentity.type, '') IN ('', 'AWSService') THEN NULLIF(useridentity.invokedby, '') END,
      CASE WHEN useridentity.type = 'IdentityCenterUser' THEN NULLIF(useridentity.onbehalfof.userid, '') END,
      NULLIF(useridentity.principalid, '')) END"""
_BY_CONTEXT = "\n      ".join(
    f"""WHEN strpos(requestparameters, '"{name}":') > 0 THEN '{marked(service)}'"""
    for name, service in SERVICES_BY_CONTEXT.items()
)
_SERVICE = rf"""CASE WHEN useridentity.invokedby = '{INTERNAL}' THEN CASE
      {_BY_CONTEXT}
      ELSE '{UNKNOWN_SERVICE}' END
    ELSE regexp_replace(regexp_replace(NULLIF(useridentity.invokedby, ''), '\.amazonaws\.com$', ''), '^fas\.', '')
    END"""
# Keys from `resources` in their order; where an event names none there, from its answer, its message, its request.
_KEYS = f"""listed AS (
  SELECT recordid, arn, row_number() OVER (PARTITION BY recordid ORDER BY n) AS place, eventname
  FROM (
    SELECT recordid, eventname, n, element_at(resources, n).arn AS arn
    FROM events CROSS JOIN UNNEST(sequence(1, greatest(cardinality(resources), 1))) AS positions(n)
    WHERE eventsource = 'kms.amazonaws.com') AS items
  WHERE arn LIKE '%:kms:%' AND arn LIKE '%:key/%'
),
named AS (
  SELECT recordid, coalesce(
        {_member("responseelements")},
        {_found("errormessage", ARN.pattern)},
        {_member("requestparameters")}) AS found
  FROM events WHERE eventsource = 'kms.amazonaws.com' AND recordid NOT IN (SELECT recordid FROM listed)
),
key_names AS (
  SELECT recordid, place, arn AS key_arn, regexp_extract(arn, '[^/]*$') AS key_id FROM listed
  WHERE place = 1 OR eventname NOT IN ('CreateAlias', 'UpdateAlias', 'DeleteAlias')
  UNION ALL
  SELECT recordid, 1, CASE WHEN found LIKE 'arn:%' THEN found END, regexp_extract(found, '[^/]*$') FROM named
  WHERE found IS NOT NULL
)"""
_USED = f"""used AS (
  SELECT events.*, key_names.key_arn FROM events JOIN key_names ON events.recordid = key_names.recordid
  WHERE eventname IN ({listed(USES)}) AND errorcode IS NULL AND key_arn IS NOT NULL
)"""


# All columns of the table, as texts: what two records are compared by. Nested ones can't be put in order as they are.
_ALL = ", ".join(name if kind == "STRING" else f"json_format(CAST({name} AS JSON))" for name, kind in COLUMNS.items())


def events(scope: Scope, *more: str) -> str:
    """Write WITH ... events: each call once, with `principal` and `service`; `more` are further conditions.

    Copies are records that are equal in all columns; `recordid` tells records apart that share an event id and differ.
    As `uses.each_call_once`: a call across accounts by the caller's record, and of an endpoint's what it refused.
    """
    of_calls = f"(coalesce(eventtype, '') NOT IN ({listed(NETWORK)}) OR errorcode = '{REFUSED_BY_ENDPOINT}')"
    conditions = "\n    AND ".join([*scope.conditions(), *more, of_calls])
    return f"""WITH recorded AS (
  SELECT *, row_number() OVER (PARTITION BY {_ALL} ORDER BY day) AS nth_copy
  FROM {scope.name}
  WHERE {conditions}
),
held AS (
  SELECT *, first_value(coalesce(recipientaccountid, '')) OVER (
    PARTITION BY coalesce(sharedeventid, eventid)
    ORDER BY CASE WHEN useridentity.type = 'AWSAccount' THEN 1 ELSE 0 END, eventtime, eventid) AS holder,
    eventid || '#' || CAST(row_number() OVER (PARTITION BY eventid ORDER BY {_ALL}) AS VARCHAR) AS recordid
  FROM recorded WHERE nth_copy = 1
),
events AS (
  SELECT *,
    {_PRINCIPAL} AS principal,
    {_SERVICE} AS service
  FROM held WHERE coalesce(recipientaccountid, '') = holder
)"""


def of_kms(scope: Scope) -> str:
    """Write the events of KMS, their keys, and `used`: successful cryptographic calls, a row a key."""
    return f"{keys(scope)},\n{_USED}"


def keys(scope: Scope) -> str:
    """Write the events of KMS and `key_names`: a row a key and event, by place (ReEncrypt has two)."""
    return f"{events(scope, OF_KMS)},\n{_KEYS}"


def keys_of_all(scope: Scope) -> str:
    """Write all services' events, and the keys of KMS's."""
    return f"{events(scope)},\n{_KEYS}"
