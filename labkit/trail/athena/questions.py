"""One function a question: the SQL of it for Amazon Athena."""

# Every text here is put together from other texts, which ruff calls a risk: what callers give is checked first, and a
# test tries what must not get in.
# ruff: noqa: S608

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from ..ask.costs import PAIR_OPERATIONS, PRICES
from ..ask.questions import BEGINS, ENDS
from ..ask.uses import NETWORK, REFUSED_BY_ENDPOINT, USES
from ..record.callers import ARN
from ..record.vocabulary import DENIALS
from .parts import OF_KMS, Scope, events, keys, keys_of_all, listed, of_kms
from .table import checked

_CONTEXTS = (
    *("encryptionContext", "sourceEncryptionContext", "destinationEncryptionContext"),
    *("constraints.encryptionContextEquals", "constraints.encryptionContextSubset"),
)
_LATER = "eventtime || eventid"  # orders events as `load` does


def who_used(scope: Scope) -> str:
    """Ask who used which key, for what, from where, on whose behalf. Columns and errors: `questions.who_used`."""
    return f"""-- Who used which KMS key, for what, from where, and through which service. Successful uses only.
{of_kms(scope)}
SELECT key_arn, principal, service, eventname AS event, sourceipaddress AS source_ip, count(*) AS calls,
  min({_time("eventtime")}) AS "first", max({_time("eventtime")}) AS "last"
FROM used
GROUP BY key_arn, principal, service, eventname, sourceipaddress
ORDER BY calls DESC, key_arn, principal NULLS LAST, service NULLS LAST, event, source_ip NULLS LAST"""


def denied(scope: Scope) -> str:
    """Ask for the refused calls of KMS and why. Columns and errors: `questions.denied`, and event_id."""
    action = r"not authorized to perform: ([\w-]+:\w+)"
    resource = r"not authorized to perform: [\w-]+:\w+ on resource: (\S+)"
    lacking = _group("errormessage", r"because no ([\w -]+?) allows")
    forbidden = _group("errormessage", r"with an explicit deny in an? ([\w -]+)")
    return f"""-- The calls of KMS that were refused, and why, as far as the message says, the oldest first.
{keys(scope)}
SELECT {_time("eventtime")} AS "time", principal, eventname AS event, errorcode AS error,
  {_group("errormessage", action)} AS action,
  {_group("errormessage", resource)} AS resource,
  key_names.key_arn,
  CASE WHEN errorcode = '{REFUSED_BY_ENDPOINT}' THEN 'VPC endpoint policy'
    ELSE coalesce('no ' || {lacking} || ' allows', 'explicit deny in a ' || {forbidden}) END AS reason,
  events.eventid AS event_id
FROM events LEFT JOIN key_names ON events.recordid = key_names.recordid AND key_names.place = 1
WHERE errorcode IN ({listed(DENIALS)}) OR strpos(errormessage, 'not allowed to access') > 0
ORDER BY eventtime, events.eventid"""


def first_and_last(scope: Scope) -> str:
    """First and last use of each key. Columns and errors: `questions.first_and_last`."""
    return f"""-- When each KMS key was used first and last in this time, and by whom, the one unused for longest first.
{of_kms(scope)}
SELECT key_arn, min({_time("eventtime")}) AS "first", max({_time("eventtime")}) AS "last", count(*) AS calls,
  max_by(eventname, {_LATER}) AS last_event,
  max_by(principal, {_LATER}) FILTER (WHERE principal IS NOT NULL) AS last_principal
FROM used
GROUP BY key_arn
ORDER BY "last", key_arn"""


def unused_keys(scope: Scope, key_arns: Iterable[str] = ()) -> str:
    """Keys without a successful cryptographic call: of these ARNs, or else of all that the events name.

    Columns and errors: `questions.unused_keys`. ValueError for text that is no key's ARN.
    """
    given = [checked("a key's ARN", ARN.pattern, arn) for arn in dict.fromkeys(key_arns)]
    rows = ", ".join(f"({place}, '{arn}')" for place, arn in enumerate(given))
    asked = (
        f"SELECT key_arn, place FROM (VALUES {rows}) AS given(place, key_arn)"
        if given
        else "SELECT key_arn, 0 AS place FROM touched GROUP BY key_arn"
    )
    return f"""-- KMS keys without a successful cryptographic call in this time, and what else was done with them last.
{of_kms(scope)},
touched AS (
  SELECT key_names.key_arn, eventname, eventtime, events.eventid
  FROM events JOIN key_names ON events.recordid = key_names.recordid WHERE key_names.key_arn IS NOT NULL
),
asked AS ({asked})
SELECT asked.key_arn, max_by(eventname, {_LATER}) AS last_event, max({_time("eventtime")}) AS last_time
FROM asked LEFT JOIN touched ON asked.key_arn = touched.key_arn
WHERE asked.key_arn NOT IN (SELECT key_arn FROM used)
GROUP BY asked.key_arn, asked.place
ORDER BY asked.place, asked.key_arn"""


def context_values(scope: Scope) -> str:
    """Ask what stood in encryption contexts. Columns and errors: `questions.context_values`."""
    parts = ",\n    ".join(f"json_extract(requestparameters, '$.{name}')" for name in _CONTEXTS)
    return f"""-- The names in encryption contexts, how many values each has, and the most frequent one.
{keys_of_all(scope)},
contexts AS (
  SELECT recordid, principal, TRY_CAST(part AS MAP(VARCHAR, VARCHAR)) AS context
  FROM events CROSS JOIN UNNEST(ARRAY[
    {parts}]) AS parts(part)
),
pairs AS (
  SELECT contexts.recordid, principal, name, element_at(context, name) AS held, key_id
  FROM contexts CROSS JOIN UNNEST(map_keys(context)) AS names(name)
  LEFT JOIN key_names ON contexts.recordid = key_names.recordid AND key_names.place = 1
),
counted AS (
  SELECT name, held, row_number() OVER (PARTITION BY name ORDER BY count(*) DESC, held) AS rank_of_value
  FROM pairs GROUP BY name, held
)
SELECT pairs.name, count(*) AS calls, count(DISTINCT pairs.held) AS "values", max(counted.held) AS example,
  count(DISTINCT principal) AS principals, count(DISTINCT key_id) AS "keys"
FROM pairs JOIN counted ON pairs.name = counted.name AND rank_of_value = 1
GROUP BY pairs.name
ORDER BY calls DESC, pairs.name"""


def used_after_end(scope: Scope) -> str:
    """Uses of keys, tried or successful, after their end. Columns and errors: `questions.used_after_end`, event_id."""
    return f"""-- Uses of KMS keys after they were disabled, scheduled for deletion, or lost material, oldest first.
{keys(scope)},
touched AS (
  SELECT key_names.key_arn, place, eventtime, eventname, principal, errorcode, events.eventid, events.recordid
  FROM events JOIN key_names ON events.recordid = key_names.recordid WHERE key_names.key_arn IS NOT NULL
),
marks AS (
  SELECT key_arn, eventname AS mark, eventtime AS marked,
    eventtime || CASE WHEN eventname IN ({listed(ENDS)}) THEN '0' ELSE '1' END || eventid AS later
  FROM touched WHERE errorcode IS NULL AND eventname IN ({listed([*ENDS, *BEGINS])})
),
tried AS (
  SELECT touched.key_arn, place, eventtime, eventname, principal, errorcode, eventid, recordid,
    max_by(mark, later) AS ended_by, max_by(marked, later) AS ended
  FROM touched JOIN marks ON touched.key_arn = marks.key_arn AND marked < eventtime
  WHERE eventname IN ({listed(USES)})
  GROUP BY touched.key_arn, place, eventtime, eventname, principal, errorcode, eventid, recordid
)
SELECT key_arn, ended_by, {_time("ended")} AS ended_at, {_time("eventtime")} AS "time", eventname AS event, principal,
  errorcode AS error, eventid AS event_id
FROM tried WHERE ended_by IN ({listed(ENDS)})
ORDER BY eventtime, eventid, place"""


def calls_per_service(scope: Scope, prices: Mapping[str, float] = PRICES) -> str:
    """KMS calls and their cost, by the service that made them. Columns, prices, errors: `questions.calls_per_service`.

    ValueError for a price that is no number.
    """
    algorithm = "coalesce(json_extract_scalar(requestparameters, '$.encryptionAlgorithm'), 'SYMMETRIC_DEFAULT')"
    spec = "coalesce(json_extract_scalar(requestparameters, '$.keyPairSpec'), '')"
    return f"""-- KMS calls by the service that made them, and what they cost about, the dearest first.
{events(scope, OF_KMS)},
priced AS (
  SELECT recipientaccountid, eventname, coalesce(service, '(direct)') AS service,
    CASE
      WHEN eventname LIKE 'GenerateDataKeyPair%' AND {spec} LIKE 'RSA%'
        THEN {_price(prices["RSA data key pair"])}
      WHEN eventname LIKE 'GenerateDataKeyPair%' THEN {_price(prices["ECC data key pair"])}
      WHEN eventname IN ({listed(PAIR_OPERATIONS)}) THEN {_price(prices["asymmetric"])}
      WHEN eventname IN ('Encrypt', 'Decrypt') AND {algorithm} <> 'SYMMETRIC_DEFAULT'
        THEN {_price(prices["asymmetric"])}
      ELSE {_price(prices["symmetric"])} END AS price
  FROM events
  WHERE coalesce(eventtype, '') NOT IN ({listed(["AwsServiceEvent", *NETWORK])})
    AND coalesce(useridentity.type, '') <> 'AWSAccount'
)
SELECT recipientaccountid AS account, service, eventname AS event, count(*) AS calls, sum(price) / 1E4 AS dollars
FROM priced
GROUP BY recipientaccountid, service, eventname
ORDER BY dollars DESC, calls DESC, service, event, account"""


def _time(column: str) -> str:
    return f"from_iso8601_timestamp({column})"


def _group(text: str, pattern: str) -> str:
    """The first group of a pattern in a text; NULL if it is not there."""
    return f"NULLIF(regexp_extract({text}, '{pattern}', 1), '')"


def _price(dollars: float) -> str:
    """A number that is a DOUBLE in SQL, to its last digit."""
    number = float(dollars)
    if not math.isfinite(number):
        raise ValueError(f"{dollars!r} is no price.")
    text = repr(number)
    return text if "e" in text else f"{text}E0"
