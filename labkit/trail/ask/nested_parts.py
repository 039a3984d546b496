"""Opening the nested parts of events: keys, encryption contexts, who asked through whom. Frames in, frames out.

Each different JSON text is opened once, so a column that repeats itself costs little. Of a dask frame they give a frame
of pandas, made on its workers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy
import pandas

from ..record.callers import ARN, key_arns, key_in, part
from ..record.callers import opened as _opened
from ..record.vocabulary import INTERNAL, UNKNOWN_SERVICE, inferred
from .any_frame import on_parts

_KEY_IN_MESSAGE = re.compile(rf"(?:on resource: |Key ')?({ARN.pattern})")
_KEY_MEMBERS = ("keyId", "targetKeyId", "destinationKeyId", "sourceKeyId", "replicaKeyId")
_CONTEXT_MEMBERS = {
    "encryptionContext": "request",
    "sourceEncryptionContext": "source",
    "destinationEncryptionContext": "destination",
}
_CONSTRAINTS = {"encryptionContextEquals": "grant equals", "encryptionContextSubset": "grant subset"}


@on_parts
def opened(column: Any) -> Any:
    """Open the values in a column of JSON text, as dicts and lists; None where there is none or it can't be read."""
    codes, texts = pandas.factorize(column)
    values = numpy.empty(len(texts) + 1, dtype=object)
    values[:-1] = [_opened(text) for text in texts]
    return pandas.Series(values[codes], index=column.index, dtype=object, name=column.name)


@on_parts
def kms_keys(events: Any) -> Any:
    """Find the keys of KMS's events: a row a key and event, with the event's index (ReEncrypt has two keys).

    Columns: key_arn; key (its id); role (source, destination or ""); found_in: resources, or where the record has
    none, response_elements, error_message (a denied call's), request_parameters. What the caller typed comes last,
    and an alias counts for nothing: it may point elsewhere by now. `key_arn` is missing where only the id is known.
    Limits: a denied Decrypt without a key in its message belongs to no key here.
    """
    of_kms = events[events["source"] == "kms"]
    rows: list[tuple[Any, str | None, str, str, str]] = []
    columns = ("event", "resources", "response_elements", "error_message", "request_parameters")
    resources, response, parameters = (opened(of_kms[name]) for name in (columns[1], columns[2], columns[4]))
    given = zip(of_kms.index, of_kms["event"], resources, response, of_kms["error_message"], parameters, strict=True)
    for index, event, listed, answer, message, asked in given:
        arns = key_arns(listed)
        if event in ("CreateAlias", "UpdateAlias", "DeleteAlias"):
            arns = arns[:1]
        if arns:
            roles = ("source", "destination") if event == "ReEncrypt" and len(arns) > 1 else ("",) * len(arns)
            rows += [
                (index, arn, arn.rpartition("/")[2], role, "resources") for arn, role in zip(arns, roles, strict=False)
            ]
            continue
        found, where = _named(answer, message, asked)
        if found:
            arn = found if found.startswith("arn:") else None
            rows.append((index, arn, found.rpartition("/")[2], "", where))
    names = ("index", "key_arn", "key", "role", "found_in")
    table = pandas.DataFrame(dict(zip(names, zip(*rows, strict=True) if rows else [[]] * 5, strict=True)))
    table = table.set_index("index").rename_axis(events.index.name)
    return table.astype({"key_arn": "str", "key": "str", "role": "category", "found_in": "category"})


def _named(answer: Any, message: Any, asked: Any) -> tuple[str, str]:
    """The key in the parts of a record without resources, and in which it stands."""
    if found := _member(answer, _KEY_MEMBERS):
        return found, "response_elements"
    if isinstance(message, str) and (match := _KEY_IN_MESSAGE.search(message)):
        return match.group(1), "error_message"
    return _member(asked, _KEY_MEMBERS), "request_parameters"


def _member(holder: Any, names: Iterable[str]) -> str:
    return next((key for name in names if (key := key_in(holder.get(name)))), "") if isinstance(holder, dict) else ""


@on_parts
def encryption_context(events: Any) -> Any:
    """Read the encryption context of each event, as a dict; None where it has none.

    ReEncrypt: the destination's. A grant's constraints are no context of a call: `context_pairs` has them, too.
    """
    asked = opened(events["request_parameters"])
    values = numpy.empty(len(asked), dtype=object)
    values[:] = [_context(parameters) for parameters in asked]
    return pandas.Series(values, index=events.index, dtype=object, name="encryption_context")


def _context(parameters: Any) -> dict[str, Any] | None:
    if not isinstance(parameters, dict):
        return None
    found = parameters.get("encryptionContext") or parameters.get("destinationEncryptionContext")
    return found if isinstance(found, dict) and found else None


@on_parts
def context_pairs(events: Any) -> Any:
    """Encryption contexts pair by pair: a row each, with the event's index and the columns name, value, part.

    part: request, source, destination, grant equals, grant subset (the last two: a grant's constraints).
    """
    rows = [
        (index, name, value if isinstance(value, str) else str(value), place)
        for index, parameters in opened(events["request_parameters"]).items()
        for place, context in _contexts(parameters)
        for name, value in context.items()
    ]
    table = pandas.DataFrame(rows, columns=["index", "name", "value", "part"]).set_index("index")
    return table.rename_axis(events.index.name).astype({"name": "category", "value": "str", "part": "category"})


def _contexts(parameters: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(parameters, dict):
        return
    constraints = parameters.get("constraints")
    places = [(parameters, _CONTEXT_MEMBERS)] + ([(constraints, _CONSTRAINTS)] if isinstance(constraints, dict) else [])
    for holder, members in places:
        for member, place in members.items():
            if isinstance(holder.get(member), dict):
                yield place, holder[member]


@on_parts
def on_behalf_of(events: Any) -> Any:
    """Tell for whom each call was made, and who made it: one row an event, the same index.

    principal: whose permissions counted (a role or user; a service that acts for itself). service: the service that
    made the call for it, as in "s3"; missing for a direct call. Where the record only says AWS Internal, the encryption
    context may tell: "s3 (inferred)", by `vocabulary.SERVICES_BY_CONTEXT`; else "(AWS)".
    user_id, identity_store: the person in IAM Identity Center behind it, if the record names one [onBehalfOf].
    source_identity: what the person signed in as, if the session carries it [sourceIdentity].
    Limits: Lambda opens its environment variables with the function's own role, and no record says so (`user_agent`
    does): such a call looks direct.
    """
    people = [part(identity, "onBehalfOf") for identity in opened(events["user_identity"])]
    table = pandas.DataFrame(
        {
            "principal": events["principal"],
            "service": _services(events),
            "user_id": [person.get("userId") for person in people],
            "identity_store": [person.get("identityStoreArn") for person in people],
            "source_identity": events["source_identity"],
        },
        index=events.index,
    )
    return table.astype(dict.fromkeys(("service", "user_id", "identity_store", "source_identity"), "category"))


def _services(events: Any) -> list[str | None]:
    """The service that made each call for somebody."""
    names = [_short(name) for name in events["invoked_by"]]
    places = [at for at, name in enumerate(names) if name == UNKNOWN_SERVICE]
    for at, asked in zip(places, opened(events["request_parameters"].iloc[places]), strict=True):
        names[at] = inferred(name for _, context in _contexts(asked) for name in context)
    return names


def _short(invoker: Any) -> str | None:
    """s3 for fas.s3.amazonaws.com."""
    if not isinstance(invoker, str):
        return None
    return UNKNOWN_SERVICE if invoker == INTERNAL else invoker.removesuffix(".amazonaws.com").removeprefix("fas.")
