"""Which address of this machine stands for which proxy's name: the API's pattern forbids a port, so a map is needed.

Only loopback addresses are taken: a lab calls nothing outside the machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

NAME = re.compile(r"https://[a-zA-Z0-9.-]{2,120}")
"""What XksProxyUriEndpoint may be (botocore's KMS model), 10 to 128 characters."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Address:
    """A port of this machine."""

    host: str
    port: int
    tls: bool


class Names:
    """The map."""

    def __init__(self) -> None:
        self._addresses: dict[str, Address] = {}

    def map(self, name: str, address: str) -> None:
        """Let "https://xks.example.com" stand for "http://127.0.0.1:8443", or names alike; ValueError for others."""
        if not NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} can't be a proxy's name: KMS takes https:// and letters, digits, dots, hyphens; no port."
            )
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        whole = parts.path in ("", "/") and not parts.query and not parts.fragment and parts.username is None
        if parts.scheme not in ("http", "https") or parts.hostname not in _LOOPBACK or not port or not whole:
            raise ValueError(
                f"{address!r} is no address of this machine: a lab's KMS calls only http://127.0.0.1:PORT, or https."
            )
        self._addresses[name] = Address(parts.hostname or "", port, parts.scheme == "https")

    def forget(self, name: str) -> None:
        """Take a name off the map; ValueError for one that is not on it."""
        if name not in self._addresses:
            raise ValueError(f"No proxy is known by the name {name!r}.")
        del self._addresses[name]

    def find(self, name: str) -> Address | None:
        """Return what the name stands for."""
        return self._addresses.get(name)

    def all(self) -> dict[str, str]:
        """Return the map, name by name."""
        return {
            name: f"{'https' if each.tls else 'http'}://{_bracketed(each.host)}:{each.port}"
            for name, each in self._addresses.items()
        }


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
