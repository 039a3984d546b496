"""The lab's own calls to its account, beside AWS's: the clock, the events, who may do what and why.

Served by both doors under /_labkit/. A page in a browser can't use them: they ask for a header that no
page may send to another origin, and for a loopback Host.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

from ..assembly.cloud import Cloud
from ..authorization.organization_membership import join
from ..wire.protocols import HttpRequest, HttpResponse

PREFIX = "/_labkit/"
HEADER = "x-labkit-control"
_LOOPBACK = ("127.0.0.1", "localhost")


def control(cloud: Cloud, request: HttpRequest) -> HttpResponse:
    """Answer a control request with JSON."""
    host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
    if HEADER not in request.headers or host not in _LOOPBACK:
        return _json({"error": f"Control requests carry the header {HEADER} and a loopback Host."}, 403)
    name = request.path.removeprefix(PREFIX)
    cloud.gateway.settle()
    query = {key: values[-1] for key, values in parse_qs(request.query).items()}
    try:
        body = json.loads(request.body) if request.body else {}
        return _json(_answer(cloud, f"{request.method} {name}", query, body))
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as wrong:
        plain = type(wrong) is ValueError  # made for the reader
        return _json({"error": str(wrong) if plain else f"{type(wrong).__name__}: {wrong}"}, 400)


def _answer(cloud: Cloud, verb: str, query: dict[str, str], body: dict[str, Any]) -> Any:
    if verb == "GET health":
        return {"labkit": True, "region": cloud.region, "seed": cloud.seed, "observer": cloud.observer_token}
    if verb == "GET clock":
        return {"now": cloud.clock.now().isoformat()}
    if verb == "POST clock":
        return {"now": cloud.advance(timedelta(seconds=float(body["seconds"]))).isoformat()}
    if verb == "GET events":
        return cloud.history.of_account(query["account"])
    if verb == "POST accounts":
        keys = cloud.open_account()
        return {name: getattr(keys, name) for name in ("account_id", "access_key_id", "secret_access_key")}
    if verb == "POST grant-delay":
        delay = timedelta(seconds=float(body["seconds"]))
        if delay < timedelta(0):
            raise ValueError("A grant takes effect after it was made, not before.")
        cloud.kms.grant_delay = delay
        return {"seconds": cloud.kms.grant_delay.total_seconds()}
    if verb == "POST organization":
        join(body["management"], body["account"])
        return {"account": body["account"]}
    if verb == "GET explanation":
        return cloud.explanation(query["request_id"])
    raise ValueError(f"There is no control request {verb}.")


def _json(content: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(status, {"Content-Type": "application/json"}, json.dumps(content, default=str).encode())
