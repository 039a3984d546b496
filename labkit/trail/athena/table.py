"""The Athena table over a trail's files, as SQL text. Nothing here calls AWS; nothing of it was run on Athena itself.

Columns, SerDe and formats are those of "Create the table for CloudTrail logs in Athena using partition projection" in
the Athena User Guide (https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table-partition-projection.html);
the account as a partition those of "Create a table for an organization wide trail" beside it. Projected values:
"Supported types for partition projection" in the same guide.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

_IDENTITY = """STRUCT<
    type:STRING, principalid:STRING, arn:STRING, accountid:STRING, invokedby:STRING, accesskeyid:STRING,
    username:STRING,
    onbehalfof:STRUCT<userid:STRING, identitystorearn:STRING>,
    sessioncontext:STRUCT<
      attributes:STRUCT<mfaauthenticated:STRING, creationdate:STRING>,
      sessionissuer:STRUCT<type:STRING, principalid:STRING, arn:STRING, accountid:STRING, username:STRING>,
      ec2roledelivery:STRING,
      webidfederationdata:STRUCT<federatedprovider:STRING, attributes:MAP<STRING,STRING>>>>"""
# Column -> type. Parts whose members differ from call to call are text: their JSON.
COLUMNS = {
    "eventversion": "STRING",
    "useridentity": _IDENTITY,
    **dict.fromkeys(["eventtime", "eventsource", "eventname", "awsregion", "sourceipaddress", "useragent"], "STRING"),
    **dict.fromkeys(["errorcode", "errormessage", "requestparameters", "responseelements"], "STRING"),
    **dict.fromkeys(["additionaleventdata", "requestid", "eventid", "readonly"], "STRING"),
    "resources": "ARRAY<STRUCT<arn:STRING, accountid:STRING, type:STRING>>",
    **dict.fromkeys(["eventtype", "apiversion", "recipientaccountid", "serviceeventdetails"], "STRING"),
    **dict.fromkeys(["sharedeventid", "vpcendpointid"], "STRING"),
    "tlsdetails": "STRUCT<tlsversion:STRING, ciphersuite:STRING, clientprovidedhostheader:STRING>",
}
PARTITIONS = ("account", "region", "day")  # day as in 2026/01/05: when the file was delivered, UTC

# What stands between quotes in the SQL is checked against these first: none of them lets a quote through.
_BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"  # "General purpose bucket naming rules", Amazon S3 User Guide
_PREFIX = r"[\w!.*()-]+(?:/[\w!.*()-]+)*"  # S3's "safe characters" for keys, without the quote
_ACCOUNT = r"[0-9]{12}"
_ORGANIZATION = r"o-[a-z0-9]{10,32}"  # the pattern of an organization's id in the Organizations API
_REGION = r"[a-z]{2,5}(?:-[a-z]+){1,3}-[0-9]{1,2}"
_TABLE = r"[a-z_][a-z0-9_]{0,127}"


def create_table(
    bucket: str,
    *,
    accounts: Collection[str],
    regions: Collection[str],
    start: date,
    prefix: str = "",
    organization: str = "",
    table: str = "cloudtrail_logs",
) -> str:
    """CREATE EXTERNAL TABLE for the files of a trail, with partitions that need no upkeep.

    accounts, regions: all whose files are to be found; others' are not read, and no error says so. prefix: the trail's,
    if it has one. organization: as in "o-exampleorgid" for an organization's trail. start: the first day with files.
    table: its name, or database.name. Partitions are projected up to today, so new days need no ALTER TABLE.
    Errors: ValueError for an input that is not what AWS allows in its place, TypeError for a `start` that is no date.
    Not run on Athena: the form is that of AWS's documentation, and tests hold the paths against files as AWS names
    them. AWS recommends lists of a few dozen values at most: for more accounts, make several tables.
    """
    checked("bucket", _BUCKET, bucket)
    root = f"s3://{bucket}/"
    if prefix:
        root += checked("prefix", _PREFIX, prefix) + "/"
    root += "AWSLogs/"
    if organization:
        root += checked("organization", _ORGANIZATION, organization) + "/"
    if not isinstance(start, date):
        raise TypeError("`start` is the date of the first files, as in date(2026, 1, 5).")
    columns = ",\n".join(f"  `{name}` {kind}" for name, kind in COLUMNS.items())
    partitions = ", ".join(f"`{name}` STRING" for name in PARTITIONS)
    properties = {
        "projection.enabled": "true",
        "projection.account.type": "enum",
        "projection.account.values": _listed("accounts", _ACCOUNT, accounts),
        "projection.region.type": "enum",
        "projection.region.values": _listed("regions", _REGION, regions),
        "projection.day.type": "date",
        "projection.day.format": "yyyy/MM/dd",
        "projection.day.range": f"{start:%Y/%m/%d},NOW",
        "projection.day.interval": "1",
        "projection.day.interval.unit": "DAYS",
        "storage.location.template": root + "${account}/CloudTrail/${region}/${day}",
    }
    told = ",\n".join(f"  '{name}' = '{value}'" for name, value in properties.items())
    return f"""CREATE EXTERNAL TABLE {quoted(table, "`")} (
{columns}
)
COMMENT 'CloudTrail events, a partition for each account, Region and day of delivery'
PARTITIONED BY ({partitions})
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '{root}'
TBLPROPERTIES (
{told}
)"""


def quoted(table: str, sign: str) -> str:
    """Write a table's name, or database.name, in quotes: ` in a CREATE TABLE, the double quote in a SELECT."""
    parts = checked("table, or database.table,", rf"(?:{_TABLE}\.)?{_TABLE}", table).split(".")
    return ".".join(f"{sign}{part}{sign}" for part in parts)


def checked(what: str, pattern: str, value: str) -> str:
    """Give the value, if it has this form as a whole; ValueError if not."""
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
        raise ValueError(f"{value!r} can't stand in SQL as {what}: it has to fit {pattern}")
    return value


def _listed(what: str, pattern: str, values: Collection[str]) -> str:
    if isinstance(values, str) or not values:
        raise ValueError(f"`{what}` is a list, with one value at least.")
    return ",".join(dict.fromkeys(checked(what, pattern, value) for value in values))
