"""The lab's own calls to its account, beside AWS's: the clock, the events, who may do what and why.

Served by both doors under /_labkit/, to callers with the account's control token: `labkit serve` prints it, and a
lab in a notebook keeps it to itself. Nothing is told or moved without it. A page in a browser can't use these calls
either: no page may send the token's header to another origin, and the Host must be a loopback one.
"""

from __future__ import annotations

import base64
import hmac
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

from cryptography import x509

from ..assembly.again import one_again
from ..assembly.cloud import Cloud
from ..authorization.organization_membership import join, membership
from ..wire.protocols import HttpRequest, HttpResponse
from .key_stores import ANSWERS as KEY_STORES

PREFIX = "/_labkit/"
HEADER = "x-labkit-control"
_LOOPBACK = ("127.0.0.1", "localhost")
_NO_TOKEN = (
    f"Control requests carry the account's control token in the header {HEADER}: set LABKIT_CONTROL_TOKEN to the value "
    "that this `labkit serve` printed, in its lines to copy or as control_token in its JSON."
)

log = logging.getLogger("labkit.cloud")


def control(cloud: Cloud, request: HttpRequest) -> HttpResponse:
    """Answer a control request with JSON; every fault has an answer, too."""
    host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
    if host not in _LOOPBACK:
        return _json({"error": "Control requests carry a loopback Host."}, 403)
    if not hmac.compare_digest(request.headers.get(HEADER, "").encode(), cloud.control_token.encode()):
        return _json({"error": _NO_TOKEN}, 403)
    verb = f"{request.method} {request.path.removeprefix(PREFIX)}"
    answer = _ANSWERS.get(verb)
    if answer is None:
        return _json({"error": f"There is no control request {verb}."}, 400)
    try:
        query = {key: values[-1] for key, values in parse_qs(request.query, keep_blank_values=True).items()}
        body = json.loads(request.body) if request.body else {}
        if not isinstance(body, dict):
            raise ValueError("The body of a control request is a JSON object.")
        with cloud.gateway.still():  # the call before it has been recorded
            pass
        return _json(answer(cloud, query | body))
    except _Missing as missing:
        return _json({"error": f"{verb} needs {missing}."}, 400)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as wrong:
        plain = type(wrong) is ValueError  # made for the reader
        return _json({"error": str(wrong) if plain else f"{type(wrong).__name__}: {wrong}"}, 400)
    except Exception:  # a fault of ours
        log.exception("The control request %s failed inside the simulated account", verb)
        return _json({"error": f"{verb} failed inside the simulated account: this is a fault in labkit."}, 500)


class _Missing(Exception):
    """A parameter that is not there, or of another type."""


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise _Missing(f"{name}, a text")
    return value


def _bytes(given: dict[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode(_text(given, name), validate=True)
    except ValueError:
        raise ValueError(f"{name} is not Base64.") from None


def _distance(given: dict[str, Any]) -> timedelta:
    seconds = given.get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise _Missing("seconds, a number")
    try:
        return timedelta(seconds=seconds)
    except (OverflowError, ValueError):  # beyond the calendar, or not a number
        raise ValueError(f"{str(seconds)[:40]} seconds can't be counted on a calendar.") from None


def _health(cloud: Cloud, _: dict[str, Any]) -> Any:
    return {"labkit": True, "region": cloud.region, "seed": cloud.seed}


def _clock(cloud: Cloud, _: dict[str, Any]) -> Any:
    return {"now": cloud.clock.now().isoformat()}


def _advance(cloud: Cloud, given: dict[str, Any]) -> Any:
    return {"now": cloud.advance(_distance(given)).isoformat()}


def _events(cloud: Cloud, given: dict[str, Any]) -> Any:
    with cloud.gateway.still():
        return cloud.history.of_account(_text(given, "account"))


def _network_activity(cloud: Cloud, given: dict[str, Any]) -> Any:
    with cloud.gateway.still():
        return cloud.history.network_activity_of(_text(given, "account"))


def _rcps(cloud: Cloud, given: dict[str, Any]) -> Any:
    with cloud.gateway.still():
        place = membership(_text(given, "account"))
    levels = place.rcps if place else ()
    return [[{"name": each.name, "text": each.text} for each in level] for level in levels]


def _open_account(cloud: Cloud, _: dict[str, Any]) -> Any:
    keys = cloud.open_account()
    return {name: getattr(keys, name) for name in ("account_id", "access_key_id", "secret_access_key")}


def _reset(cloud: Cloud, given: dict[str, Any]) -> Any:
    others = given.keys() - {"account"}
    if others:  # a misspelt account must not empty all of them
        raise ValueError(f"A reset takes account and nothing else, not {', '.join(sorted(others))[:60]}.")
    if "account" in given:
        account = _text(given, "account")
        with cloud.gateway.still():
            one_again(cloud, account)
        return {"accounts": [account]}
    if cloud.begin_again is None:
        raise ValueError("This account is behind no door.")
    cloud.begin_again()
    return {"accounts": [each.account_id for each in cloud.accounts]}


def _grant_delay(cloud: Cloud, given: dict[str, Any]) -> Any:
    delay = _distance(given)
    with cloud.gateway.still():
        return {"seconds": cloud.delay_grants(delay).total_seconds()}


def _disturb(cloud: Cloud, given: dict[str, Any]) -> Any:
    with cloud.gateway.still():
        return {"disturbed": cloud.disturb(given) if given else cloud.undisturb()}


def _soft_mode(cloud: Cloud, given: dict[str, Any]) -> Any:
    with cloud.gateway.still():
        if "on" in given:
            (cloud.soft_mode.begin if given["on"] is True else cloud.soft_mode.end)()
        return cloud.soft_mode.told()


def _join_organization(cloud: Cloud, given: dict[str, Any]) -> Any:
    management, account = _text(given, "management"), _text(given, "account")
    known = [each.account_id for each in cloud.accounts]
    for each in (management, account):
        if each not in known:
            raise ValueError(f"There is no account {each} in this cloud.")
    with cloud.gateway.still():
        join(management, account)
    return {"account": account}


def _explanation(cloud: Cloud, given: dict[str, Any]) -> Any:
    return cloud.explanation(_text(given, "request_id"))


def _run_enclave(cloud: Cloud, given: dict[str, Any]) -> Any:
    image, role, mode = _bytes(given, "image"), _text(given, "role"), _text(given, "mode")
    running = cloud.hypervisor.run(image, role, _text(given, "instance"), mode)
    return {"module_id": running.module_id, "pcrs": {str(index): pcr.hex() for index, pcr in running.pcrs.items()}}


def _attest(cloud: Cloud, given: dict[str, Any]) -> Any:
    signed = {name: _bytes(given, name) for name in ("public_key", "user_data", "nonce") if given.get(name) is not None}
    document = cloud.hypervisor.attest(_text(given, "module_id"), **signed)
    return {"document": base64.b64encode(document).decode()}


def _terminate_enclave(cloud: Cloud, given: dict[str, Any]) -> Any:
    cloud.hypervisor.terminate(_text(given, "module_id"))
    return {"module_id": _text(given, "module_id")}


def _trust_root(cloud: Cloud, given: dict[str, Any]) -> Any:
    certificate = x509.load_pem_x509_certificate(_text(given, "pem").encode())
    with cloud.gateway.still():
        cloud.kms.trust_attestation_root(certificate)
    return {"trusted": certificate.subject.rfc4514_string()}


_ANSWERS: dict[str, Callable[[Cloud, dict[str, Any]], Any]] = {
    "GET health": _health,
    "GET clock": _clock,
    "POST clock": _advance,
    "GET events": _events,
    "GET network-activity": _network_activity,
    "GET rcps": _rcps,
    "POST accounts": _open_account,
    "POST reset": _reset,
    "POST disturb": _disturb,
    "POST grant-delay": _grant_delay,
    "GET soft-mode": lambda cloud, _: _soft_mode(cloud, {}),
    "POST soft-mode": _soft_mode,
    "POST organization": _join_organization,
    "GET explanation": _explanation,
    **KEY_STORES,
    "POST enclaves": _run_enclave,
    "POST enclave-ended": _terminate_enclave,
    "POST attestations": _attest,
    "POST attestation-roots": _trust_root,
}


def _json(content: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(status, {"Content-Type": "application/json"}, json.dumps(content, default=str).encode())
