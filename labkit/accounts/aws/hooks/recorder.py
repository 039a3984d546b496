"""One call of a run: its names, its row in the ledger before it is sent, its tags, its answer.

The order is what a kill at any moment must leave behind: the row, the call, the settling. What can be tagged in the
creating call is, where the run's own identity makes it. A lab's role keeps its own request, so that its policies are
judged as on any other day: what it makes is tagged afterwards, by the run's identity.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, NoCredentialsError, ParamValidationError

from ....errors import LabError
from .. import guard
from ..ledger import Entry, Ledger, RunFacts
from ..ledger.makings import Making, makings, why_not
from . import afterwards, plain, settings
from .lens import ITEM_TAG, RUN_TAG, Lens
from .naming import Names
from .others import of_somebody_else
from .plain import Plain

MARK = " [labkit:run={run} labkit:item={item}]"
"""What the description of a key ends with until it is tagged, where a lab's role makes it."""
BY_ROLE = "by-role-"
"""What the item of a thing begins with, after its kind, that a lab's role or user made: it has no tag at first."""
LONGEST_DESCRIPTION = 8192  # kms CreateKey, Description


class NotMade(LabError):
    """A call that is not sent in a real account: nobody knows how to take away what it makes."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call as the account gets it."""

    client: Any
    service: str
    operation: str
    region: str
    params: Mapping[str, Any]
    own: bool  # by the run's own identity, not by a lab's role or user


class Recorder:
    """All calls of a run in this process."""

    def __init__(self, run: RunFacts, ledger: Ledger) -> None:
        self.run = run
        self.ledger = ledger
        self.names = Names(run.id, run.account_id)
        self.lens = Lens(self.names, self._has_made)
        self.plain = Plain()
        self._made: set[tuple[str, str]] = set()
        self.names.remember_cut({each.name: each.shown for each in ledger.entries() if each.shown})

    def call(self, client: Any, operation: str, params: dict[str, Any], send: Callable[..., Any]) -> Any:
        """Make a call of the notebook's in the account; answers and errors speak the notebook's names."""
        if self.plain.past:
            return send(client, operation, params)
        service = client.meta.service_model.service_name
        if why := why_not(service, operation):
            raise NotMade(
                f"Not sent: {why}, and this is a real account. The table of what it knows is in docs/clean-up.md; in a "
                "simulated account the call goes through."
            )
        names = self.lens.out(service, operation, params) if isinstance(params, Mapping) else params
        if isinstance(names, Mapping):
            with self.plain.calls():
                place = (self.run.account_id, service, operation, client.meta.region_name)
                if key := of_somebody_else(self.ledger, *place, names):
                    raise NotMade(f"Not sent: this run has not made the key {key}, so {operation} does not change it.")
            names = self._looked_up(operation, names)
        try:
            answer = self._send(client, service, operation, names, params, send)
        except ClientError as refused:
            raise self._in_notebook(refused, service) from None
        return self.lens.back(service, answer)

    def presigned(
        self, client: Any, method: str, given: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Put the account's names into what a presigned link is made of: `named` is changed in place."""
        service = client.meta.service_model.service_name
        if method == "generate_presigned_post":
            if "Bucket" in named:
                named["Bucket"] = self.names.real("bucket", named["Bucket"])
            elif given:
                given = (self.names.real("bucket", given[0]), *given[1:])
            return given, named
        operation = client.meta.method_to_api_mapping.get(named.get("ClientMethod") or (given[0] if given else ""), "")
        if isinstance(named.get("Params"), Mapping):
            named["Params"] = self.lens.out(service, operation, named["Params"])
        elif len(given) > 1 and isinstance(given[1], Mapping):
            given = (given[0], self.lens.out(service, operation, given[1]), *given[2:])
        return given, named

    # -----------------------------------------------------------------------------------------------------------------

    def _send(
        self, client: Any, service: str, operation: str, params: Any, shown: Mapping[str, Any], send: Callable[..., Any]
    ) -> Any:
        making = makings().get((service, operation))
        if making is None or making.way in ("part", "passes") or not isinstance(params, Mapping):
            return send(client, operation, self._kept_tags(service, operation, params))
        call = Call(client, service, operation, _region(client, params), params, _is_own(client))
        if making.way == "setting":
            with self.plain.calls():
                settings.remember(self.ledger, making.kind, call.region, operation, params)
            return send(client, operation, dict(params))
        return self._make(call, making, shown, send)

    def _make(self, call: Call, making: Making, shown: Mapping[str, Any], send: Callable[..., Any]) -> Any:
        item = f"{making.kind}.{'' if call.own else BY_ROLE}{secrets.token_hex(6)}"
        name = str(call.params.get(making.name, "")) if making.name else ""
        entry = Entry(
            0, _account(call.client, self.run.account_id), call.region, call.service, call.operation, making.kind,
            str(shown.get(making.name, "")) if making.name else "", name, item, _parent(call.params),
        )  # fmt: skip
        tags = {RUN_TAG: self.run.id, ITEM_TAG: item}
        asked = self._marked(call, making, tags)
        number = self.ledger.write(entry)
        self._made.add((making.kind, name))
        try:
            answer = send(call.client, call.operation, asked)
        except ClientError as refused:
            status = int(refused.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
            state = "refused" if 400 <= status < 500 else "unknown"
            self.ledger.settle(number, state, error=refused.response.get("Error", {}).get("Code", ""))
            raise
        except (ParamValidationError, NoCredentialsError, LabError) as wrong:  # it was not sent
            self.ledger.settle(number, "refused", error=type(wrong).__name__)
            raise
        except Exception as wrong:  # no answer: it may have been made
            self.ledger.settle(number, "unknown", error=type(wrong).__name__)
            raise
        identifiers = making.identifiers(answer) or ((name,) if name else ())
        self.ledger.settle(number, "made", identifiers, making.arn_in(answer))
        if asked == call.params or MARK[:12] in str(asked.get("Description", "")):
            own = plain.session() if entry.account == self.run.account_id else plain.session_of(call.client)
            with self.plain.calls():
                afterwards.tag(own, making.kind, call.region, identifiers, making.arn_in(answer), tags, call.params)
        return self._unmarked(answer, call.params)

    def _marked(self, call: Call, making: Making, tags: Mapping[str, str]) -> dict[str, Any]:
        """Return the parameters by which the thing can be found again, whoever makes it."""
        if making.kind == "grant" and "Name" not in call.params:
            return dict(call.params) | {"Name": f"labkit-{self.run.id}-{tags[ITEM_TAG].partition('.')[2]}"}
        if call.service == "ssm" and call.params.get("Overwrite"):
            return dict(call.params)  # tags can't go with it (PutParameter, Tags): the parameter has them already
        if call.own:
            return making.tagged(call.params, tags)
        if making.kind == "key":
            mark = MARK.format(run=self.run.id, item=tags[ITEM_TAG])
            description = str(call.params.get("Description", ""))
            if len(description) + len(mark) <= LONGEST_DESCRIPTION:
                return dict(call.params) | {"Description": description + mark}
        return dict(call.params)

    def _unmarked(self, answer: Any, params: Mapping[str, Any]) -> Any:
        """Return the answer with the description as the notebook wrote it."""
        for member in ("KeyMetadata", "ReplicaKeyMetadata"):
            if isinstance(answer, dict) and MARK[:12] in str(answer.get(member, {}).get("Description", "")):
                answer[member]["Description"] = params.get("Description", "")
        return answer

    def _looked_up(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Return LookupEvents' parameters with the names of resources as CloudTrail has them."""
        if operation != "LookupEvents":
            return params
        real = {each.shown: each.name for each in self.ledger.entries() if each.shown}
        return {
            **params,
            "LookupAttributes": [
                each | {"AttributeValue": real.get(each.get("AttributeValue", ""), each.get("AttributeValue"))}
                if isinstance(each, dict) and each.get("AttributeKey") == "ResourceName"
                else each
                for each in params.get("LookupAttributes", [])
            ],
        }

    def _kept_tags(self, service: str, operation: str, params: Any) -> Any:
        """Return the parameters of a call that sets all tags of a bucket, with the run's own among them."""
        if (service, operation) != ("s3", "PutBucketTagging") or not isinstance(params, Mapping):
            return params
        bucket = params.get("Bucket")
        mine = [each for each in self.ledger.entries() if each.kind == "bucket" and each.name == bucket]
        sets = [*params.get("Tagging", {}).get("TagSet", [])]
        if mine:
            sets += [{"Key": RUN_TAG, "Value": self.run.id}, {"Key": ITEM_TAG, "Value": mine[-1].item}]
        return dict(params) | {"Tagging": {"TagSet": sets}}

    def _has_made(self, kind: str, name: str) -> bool:
        return (kind, name) in self._made or (kind, name) in self.ledger.names()

    def _in_notebook(self, refused: ClientError, service: str) -> ClientError:
        """Return the error with the names that the notebook knows."""
        told = self.lens.back(service, refused.response)
        if isinstance(told.get("Error"), dict) and "Message" in told["Error"]:
            told["Error"]["Message"] = self.names.shown(str(told["Error"]["Message"]))
        made = type(refused)(told, refused.operation_name)
        made.__cause__ = refused.__cause__
        return made


def _region(client: Any, params: Mapping[str, Any]) -> str:
    """Tell in which Region the call makes its thing."""
    bucket = params.get("CreateBucketConfiguration")
    if isinstance(bucket, Mapping) and bucket.get("LocationConstraint"):
        return str(bucket["LocationConstraint"])
    return str(params.get("ReplicaRegion") or client.meta.region_name)


def _parent(params: Mapping[str, Any]) -> str:
    """Tell to what the thing belongs, where it can't be found without: a grant's key."""
    return str(params.get("KeyId") or params.get("TargetKeyId") or "")


def _account(client: Any, default: str) -> str:
    """Tell in which account a client makes things: a second one has credentials of its own."""
    credentials, present = getattr(client._request_signer, "_credentials", None), guard.installed()
    return default if credentials is None or present is None else present.account_of(credentials.access_key)


def _is_own(client: Any) -> bool:
    """Tell whether a client has its credentials from the standard chain, as the run's own identity does."""
    credentials = getattr(client._request_signer, "_credentials", None)
    return getattr(credentials, "method", "explicit") != "explicit"
