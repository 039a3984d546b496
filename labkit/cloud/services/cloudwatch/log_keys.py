"""Log groups under KMS keys: CloudWatch Logs asks KMS as itself, when a key is associated and when events are read.

Events stay under the key that the log group had when they came in. Sources: CloudWatch Logs User Guide, "Encrypt log
data in CloudWatch Logs using AWS Key Management Service" (the service principal of the Region, the encryption context,
a key that is disabled later); API Reference, AssociateKmsKey, DisassociateKmsKey; the refusal's words and code:
ministryofjustice/modernisation-platform 7870 and hashicorp/terraform-provider-aws 29282 (both 2024).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.logs.models import LogEvent, LogGroup, LogsBackend, logs_backends

from ...core.call import Call
from ...core.errors import AwsError
from ...core.forgetting import forget
from ...gateway.inner_calls import OBSERVER_HEADER
from ..data_keys import DataKey

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/.+")
_GROUP_ARN = re.compile(r"arn:aws[a-z-]*:logs:[a-z0-9-]+:\d{12}:log-group:([^:*]+)(:\*)?")
_QUERY_RESULTS = re.compile(r"arn:aws[a-z-]*:logs:[a-z0-9-]+:\d{12}:query-result:\*")
_REFUSED = "The specified KMS key does not exist or is not allowed to be used with Arn '{}'"
_NOT_FOUND = "The specified KMS Key Id could not be found. '{}'"
READS = frozenset({"CreateExportTask", "FilterLogEvents", "GetLogEvents", "StartQuery"})


@dataclass(frozen=True, slots=True)
class _Since:
    """The data key of a log group from a moment on, in milliseconds; None where the KMS key was taken away."""

    moment: int
    data_key: DataKey | None


class LogKeys:
    """The KMS keys of every log group, and what stands under them."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._history: dict[str, list[_Since]] = {}  # by the log group's ARN, oldest first
        gateway.forgets.append(self.forget_account)

    def forget_account(self, account: str) -> None:
        """Let go of what is kept for an account that begins again."""
        forget(self._history, account)

    def associate(self, call: Call) -> dict[str, Any]:
        """AssociateKmsKey, on a log group."""
        group = _named_group(call)
        self._put(group, call, self.data_key(call, group.arn, call.params["kmsKeyId"]))
        group.kms_key_id = call.params["kmsKeyId"]
        return {}

    def disassociate(self, call: Call) -> dict[str, Any]:
        """DisassociateKmsKey: what came in under the key stays under it."""
        group = _named_group(call)
        if group.kms_key_id is not None:
            self._put(group, call, None)
        group.kms_key_id = None
        return {}

    def data_key(self, call: Call, group_arn: str, key_id: str) -> DataKey:
        """Get a data key for a log group; AwsError in the words of CloudWatch Logs where KMS refuses the service."""
        name = group_arn.rpartition(":")[2]
        if not _KEY_ARN.fullmatch(key_id):
            raise AwsError("InvalidParameterException", _NOT_FOUND.format(name))
        context = {"aws:logs:arn": group_arn}
        asked = {"KeyId": key_id, "KeySpec": "AES_256", "EncryptionContext": context}
        return DataKey(self._ask(call, group_arn, "GenerateDataKey", asked)["CiphertextBlob"], context)

    def begin(self, call: Call, data_key: DataKey) -> None:
        """Let a log group that was just made be under its key."""
        self._put(_backend(call).groups[call.params["logGroupName"]], call, data_key)

    def forget(self, group_arn: str) -> None:
        """Forget a log group that is deleted, and its events with it."""
        self._history.pop(group_arn, None)

    def open(self, call: Call) -> None:
        """Decrypt what a call reads: each data key once. AwsError where CloudWatch Logs may not, or the key can't.

        An observer reads without it: the lab's own checks use no key, and leave no trace.
        """
        if call.http is not None and OBSERVER_HEADER in call.http.headers:
            return
        needed = {key.ciphertext: key for group in _groups_read(call) for key in self._of(call, group)}
        for data_key in needed.values():
            asked = {"CiphertextBlob": data_key.ciphertext, "EncryptionContext": dict(data_key.context)}
            self._ask(call, data_key.context["aws:logs:arn"], "Decrypt", asked)

    def _of(self, call: Call, group: LogGroup) -> Iterator[DataKey]:
        """The data keys of the events that a call reads in one log group."""
        history = self._history.get(group.arn, [])
        for event in _events_read(call, group) if history else ():
            since = [each.data_key for each in history if each.moment <= event.ingestion_time]
            if since and since[-1] is not None:
                yield since[-1]

    def _put(self, group: LogGroup, call: Call, data_key: DataKey | None) -> None:
        self._history.setdefault(group.arn, []).append(_Since(int(call.time.timestamp() * 1000), data_key))

    def _ask(self, call: Call, group_arn: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """KMS as logs.<region>.amazonaws.com; whatever it refuses for, the answer says no more than this."""
        itself = f"logs.{call.region}.amazonaws.com"
        try:
            return self._gateway.as_service_alone(itself, call.account, call.region, operation, params, call)
        except AwsError as refused:
            denied = refused.code == "AccessDeniedException"
            code = "AccessDeniedException" if denied else "InvalidParameterException"
            raise AwsError(code, _REFUSED.format(group_arn)) from None


def _backend(call: Call) -> LogsBackend:
    backend: LogsBackend = logs_backends[call.account][call.region]
    return backend


def _named_group(call: Call) -> LogGroup:
    """The log group that a call names, by its name or its ARN."""
    name, arn = call.params.get("logGroupName"), call.params.get("resourceIdentifier")
    if (name is None) == (arn is None):
        said = "Exactly one of logGroupName and resourceIdentifier must be specified."
        raise AwsError("InvalidParameterException", said)
    if arn is not None and _QUERY_RESULTS.fullmatch(arn):
        raise AwsError("NotImplemented", "Keys of query results are not simulated.", 501)
    found = _GROUP_ARN.fullmatch(arn) if arn is not None else None
    if arn is not None and found is None:
        raise AwsError("InvalidParameterException", "The specified resourceIdentifier is no ARN of a log group.")
    group: LogGroup | None = _backend(call).groups.get(found[1] if found else str(name))
    if group is None:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def _groups_read(call: Call) -> Iterator[LogGroup]:
    """The log groups that a read is about, as far as they are there."""
    params = call.params
    names = [params.get(name) for name in ("logGroupName", "logGroupIdentifier")]
    names += [*(params.get("logGroupNames") or ()), *(params.get("logGroupIdentifiers") or ())]
    for name in filter(None, names):
        found = _GROUP_ARN.fullmatch(name)
        group = _backend(call).groups.get(found[1] if found else name)
        if group is not None:
            yield group


def _events_read(call: Call, group: LogGroup) -> Iterator[LogEvent]:
    """The events of a log group that a read is about: of some streams, between two times."""
    params = call.params
    named = [*filter(None, [params.get("logStreamName")]), *(params.get("logStreamNames") or ())]
    prefix = params.get("logStreamNamePrefix") or ""
    start, end = params.get("startTime", params.get("from")), params.get("endTime", params.get("to"))
    if call.operation == "StartQuery":  # whose times are in seconds
        start, end = None, None
    for name, stream in group.streams.items():
        if (named and name not in named) or not name.startswith(prefix):
            continue
        for event in stream.events:
            if (start is None or start <= event.timestamp) and (end is None or event.timestamp <= end):
                yield event
