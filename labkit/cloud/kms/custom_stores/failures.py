"""What becomes of a proxy's failure, by proxy-errors.tsv: an exception for each kind of operation, or a code."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from ...core.errors import AwsError

NO_CONNECTION, NO_TLS, TOO_LATE = "no connection", "no TLS", "no answer in time"
MALFORMED, INVALID_PLAINTEXT, NO_KEY_MANAGER = "malformed answer", "invalid plaintext", "no key manager"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table."""

    store: str
    create_key: str
    use: str
    connection: str
    message: str
    retryable: bool


class ProxyFailure(Exception):
    """A request to the proxy that brought nothing: `name` is the proxy's errorName, or a row of the table."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name if name in table() else MALFORMED
        self.row = table()[self.name]

    def at_store(self) -> AwsError:
        """Return what Create- and UpdateCustomKeyStore answer."""
        return AwsError(self.row.store, self.row.message)

    def at_create_key(self) -> AwsError:
        """Return what CreateKey answers."""
        if self.row.create_key == "XksKeyNotFoundException":
            # KMS Developer Guide, "Troubleshooting external key stores", "External key errors"
            said = "The external key store proxy rejected the request because it could not find the external key."
            return AwsError(self.row.create_key, said)
        return AwsError(self.row.create_key, self.row.message)

    def at_use(self) -> AwsError:
        """Return what a cryptographic operation answers."""
        return AwsError(self.row.use, self.row.message)


@lru_cache(maxsize=1)
def table() -> Mapping[str, Row]:
    """Read proxy-errors.tsv by the failure's name. A "?" only marks what no source names."""
    text = (files(__package__) / "proxy-errors.tsv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    return MappingProxyType({row["failure"]: _row(row) for row in rows})


def _row(cells: Mapping[str, str]) -> Row:
    store, create_key, use, connection = (
        cells[name].removeprefix("?") for name in ("store", "create key", "use", "connection")
    )
    return Row(store, create_key, use, connection, cells["message"], cells["retryable"] == "yes")
