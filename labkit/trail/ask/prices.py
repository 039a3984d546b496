"""What AWS charges for: US dollars in most Regions, one row a price in `prices.tsv`, with its source."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

HOURS_A_MONTH = 730  # as AWS's price pages and calculator reckon


@dataclass(frozen=True, slots=True)
class Price:
    """One price: `dollars` per `per` (a month, or a number of requests)."""

    name: str
    dollars: float
    per: str
    what: str
    source: str

    @property
    def each(self) -> float:
        """US dollars for one request, or for one hour of a thing that is charged by the month."""
        return self.dollars / (HOURS_A_MONTH if self.per == "month" else int(self.per.split()[0].replace(",", "")))


@cache
def price_list() -> Mapping[str, Price]:
    """Read the prices, by name."""
    text = files(__package__).joinpath("prices.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    found = (Price(row["name"], float(row["dollars"]), row["per"], row["what"], row["source"]) for row in rows)
    return MappingProxyType({price.name: price for price in found})
