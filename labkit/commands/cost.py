"""`labkit cost`: what the calls of CloudTrail's logs cost, and the keys and secrets that they made."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from .common import USAGE_ERROR

NOTE = (
    "An estimate, by AWS's prices in most Regions; the free tier is not taken off. "
    "Keys and secrets that were made before the logs begin are not in it."
)


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "cost",
        help="say what the calls in CloudTrail's logs cost, and what they made",
        description="Read CloudTrail's logs in any form, and reckon what KMS and Secrets Manager charge for them: "
        "keys and secrets by the hour, requests by their kind. What has no price here is named.",
    )
    parser.add_argument("logs", metavar="LOGS", nargs="+", help="files, folders, patterns or s3:// addresses")
    parser.add_argument(
        "--json", action="store_const", const=as_json, default=as_text, dest="describe", help="print one JSON object"
    )
    parser.set_defaults(run=tell_cost)


def tell_cost(arguments: argparse.Namespace) -> int:
    """Run `labkit cost`: 0, or 2 if the logs cannot be read."""
    from ..trail import bill, load

    try:
        events = load(arguments.logs, tell=lambda report: print(report, file=sys.stderr))
    except (OSError, ValueError) as problem:
        print(f"labkit cost: {problem}", file=sys.stderr)
        return USAGE_ERROR
    print(arguments.describe(bill(events)))
    return 0


def as_json(table: Any) -> str:
    """Write the bill as one JSON object: total, lines, note; dollars are null where there is no price."""
    lines = json.loads(table.to_json(orient="records"))
    return json.dumps({"dollars": float(table["dollars"].sum()), "lines": lines, "note": NOTE})


def as_text(table: Any) -> str:
    """Write the bill for a person: a line for each kind of thing, and the sum."""
    kinds = table.groupby(["what", "unit"], sort=False)
    rows = [
        f"{what:<24}{_things(part):>12}{part['quantity'].sum():>14,.0f} {unit:<10}{_dollars(part['dollars'])}"
        for (what, unit), part in kinds
    ]
    return "\n".join([*rows, f"{'together':<60} {_dollars(table['dollars'])}", NOTE])


def _things(part: Any) -> str:
    """How many keys or secrets there are in these rows."""
    number = part.loc[part["thing"] != "", "thing"].nunique()
    return f"{number} of them" if number else ""


def _dollars(column: Any) -> str:
    return "no price here" if len(column) and column.isna().all() else f"{column.sum():>12,.6f} USD"
