"""CloudTrail's events in the form of OCSF, as Amazon Security Lake keeps them: back to AWS's own members. Pure.

Class API Activity (6003, 3005 before version 1.0), and the others that Security Lake makes of CloudTrail's records.
Versions differ in where they put things; each place is looked into. Source: the mapping that OCSF publishes for
CloudTrail (github.com/ocsf/examples), versions 1.0.0-rc.2 and 1.1.0. What was left out on the way can't come back, so
such an event is never equal to the record that it was made of; it is in `extra` as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pyarrow
import pyarrow.parquet
from msgspec import Raw

from ..record.event import NESTED, PROPER, UNREADABLE

_PRODUCT = "CloudTrail"
_CATEGORIES = frozenset({"Management", "Data", "Insight", "NetworkActivity"})
_TELLING = frozenset({"class_uid", "api", "metadata", "time"})
# Member of a record -> its places, the first that is there counts.
_PLACES = {
    "eventSource": ("api.service.name",),
    "eventName": ("api.operation",),
    "awsRegion": ("cloud.region",),
    "sourceIPAddress": ("src_endpoint.ip", "src_endpoint.domain"),
    "userAgent": ("http_request.user_agent",),
    "errorCode": ("api.response.error",),
    "errorMessage": ("api.response.message",),
    "requestParameters": ("api.request.data",),
    "responseElements": ("api.response.data",),
    "requestID": ("api.request.uid",),
    "eventID": ("metadata.uid",),
    "eventVersion": ("metadata.product.version",),
    "apiVersion": ("api.version",),
    "vpcEndpointId": ("src_endpoint.uid",),
    "recipientAccountId": ("cloud.account.uid", "cloud.account_uid"),
}
_IDENTITY = {
    "type": ("actor.user.type",),
    "principalId": ("actor.user.uid_alt", "actor.user.uid"),
    "arn": ("actor.user.uuid", "actor.user.uid"),
    "accountId": ("actor.user.account.uid", "actor.user.account_uid"),
    "accessKeyId": ("actor.user.credential_uid",),
    "userName": ("actor.user.name",),
    "invokedBy": ("actor.invoked_by",),
    "identityProvider": ("actor.idp.name",),
}
_TLS = {
    "tlsVersion": ("tls.version",),
    "cipherSuite": ("tls.cipher",),
    "clientProvidedHostHeader": ("tls.sni",),
}


def is_one(parts: dict[str, Raw]) -> bool:
    """Tell whether the members are those of an OCSF event that may be CloudTrail's."""
    return parts.keys() >= _TELLING


def parts_of(parts: dict[str, Raw]) -> dict[str, Raw] | None:
    """Take the members of the record that an OCSF event was made of; None if it is none of CloudTrail's."""
    said = {name: msgspec.json.decode(raw) for name, raw in parts.items()}
    if _at(said, "metadata.product.name") != _PRODUCT or not isinstance(_at(said, "api.operation"), str):
        return None
    whole = Raw(msgspec.json.encode(parts))
    if isinstance(said.get("raw_data"), str):
        try:
            return msgspec.json.decode(said["raw_data"], type=dict[str, Raw])
        except UNREADABLE:
            pass
    made: dict[str, Any] = {"eventTime": _time(said)}
    made |= {name: _first(said, places) for name, places in _PLACES.items()}
    made["userIdentity"] = _identity(said)
    made["resources"] = list(_resources(said)) or None
    made["tlsDetails"] = _given({name: _first(said, places) for name, places in _TLS.items()})
    category = _at(said, "metadata.product.feature.name")
    made["eventCategory"] = category if category in _CATEGORIES else None
    made |= {name: value for name, value in _unmapped(said).items() if made.get(name) is None}
    found = {name: _raw(name, value) for name, value in made.items() if value is not None}
    return found | {"ocsf": whole}


def rows_of(data: bytes) -> bytes | None:
    """Read the OCSF events in a Parquet file of Security Lake, as a JSON list; None if it is another file."""
    try:
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(data))
        if not set(file.schema_arrow.names) >= _TELLING:
            return None
        return msgspec.json.encode(file.read().to_pylist(maps_as_pydicts="lossy"), enc_hook=str)
    except (pyarrow.ArrowException, OSError, ValueError, TypeError):
        return None


def _at(holder: Any, path: str) -> Any:
    for name in path.split("."):
        holder = holder.get(name) if isinstance(holder, dict) else None
    return holder


def _first(said: dict[str, Any], places: tuple[str, ...]) -> Any:
    return next((value for place in places if (value := _at(said, place)) not in (None, "", {}, [])), None)


def _given(members: dict[str, Any]) -> dict[str, Any] | None:
    return {name: value for name, value in members.items() if value is not None} or None


def _time(said: dict[str, Any]) -> str | None:
    """The time, in milliseconds since 1970, as CloudTrail writes it."""
    return _iso(said.get("time")) or (said["time_dt"] if isinstance(said.get("time_dt"), str) else None)


def _iso(milliseconds: Any) -> str | None:
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool):
        return None
    try:
        when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
    return when.isoformat(timespec="milliseconds" if when.microsecond else "seconds").replace("+00:00", "Z")


def _identity(said: dict[str, Any]) -> dict[str, Any] | None:
    made = {name: _first(said, places) for name, places in _IDENTITY.items()}
    if made["arn"] == made["principalId"]:  # one version has the ARN in the place where another has the id
        is_arn = str(made["arn"]).startswith("arn:")
        made["principalId" if is_arn else "arn"] = None
    mfa = _first(said, ("actor.session.is_mfa", "actor.session.mfa"))
    created = _first(said, ("actor.session.created_time_dt", "actor.session.created_time"))
    attributes = {
        "creationDate": _iso(created) or (created if isinstance(created, str) else None),
        "mfaAuthenticated": None if mfa is None else str(mfa).lower(),
    }
    issuer = _given({"arn": _at(said, "actor.session.issuer")})
    made["sessionContext"] = _given({"sessionIssuer": issuer, "attributes": _given(attributes)})
    return _given(made)


def _resources(said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    listed = said.get("resources")
    for each in listed if isinstance(listed, list) else []:
        account = _first(each, ("owner.account.uid", "account.uid", "account_uid")) if isinstance(each, dict) else None
        if found := _given({"accountId": account, "type": _at(each, "type"), "ARN": _at(each, "uid")}):
            yield found


def _unmapped(said: dict[str, Any]) -> dict[str, Any]:
    """What has no place in OCSF and stands under its own name; parts of nested members under "member.name"."""
    given = said.get("unmapped")
    found: dict[str, Any] = {}
    for path, value in given.items() if isinstance(given, dict) else ():
        name, _, inner = path.partition(".")
        proper = PROPER.get(name.lower())
        if proper is None or value is None:
            continue
        if not inner:
            found[proper] = value
        elif isinstance(held := found.setdefault(proper, {}), dict):
            held[inner] = value
    return found


def _raw(name: str, value: Any) -> Raw:
    """The JSON of a member; of a nested one that was kept as text, what the text says."""
    if name in NESTED and isinstance(value, str):
        try:
            msgspec.json.decode(value)
            return Raw(value.encode())
        except UNREADABLE:
            pass
    return Raw(msgspec.json.encode(value))
