"""LABKIT_STANDIN_ENDPOINT: what is taken for the real AWS in tests. An address of this machine, or nothing at all."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Mapping

from ...errors import LabError
from ..addresses import shown

VARIABLE = "LABKIT_STANDIN_ENDPOINT"
LOOPBACK = {"127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1", "::1": "[::1]"}


def standin(environ: Mapping[str, str] = os.environ) -> str:
    """Read the stand-in's address, http://127.0.0.1:port; "" where none is set. LabError unless it is on this machine.

    `localhost` becomes 127.0.0.1, so that no setting of the machine's names, and no bucket's name before it, leads
    elsewhere.
    """
    given = environ.get(VARIABLE, "")
    if not given:
        return ""
    try:
        parts = urllib.parse.urlsplit(given)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urllib.parse.urlsplit(""), None, None
    plain = parts.path in ("", "/") and not parts.query and not parts.fragment and parts.username is None
    if parts.scheme != "http" or host not in LOOPBACK or not port or not plain or not given.isprintable():
        raise LabError(
            f"{VARIABLE} is {shown(given)}. It names a program on this machine that is taken for the real AWS, as in "
            f"http://127.0.0.1:4566, and no other address. Unset it to work with your account."
        )
    return f"http://{LOOPBACK[host]}:{port}"
