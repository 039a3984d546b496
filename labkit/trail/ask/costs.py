"""What KMS's calls cost, by who makes them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ...cloud.core import kms_operations
from .any_frame import on_any_frame
from .nested_parts import on_behalf_of, opened
from .prices import price_list
from .uses import NETWORK, each_call_once

# US dollars for 10,000 requests. The first 20,000 requests of a month are free, of the kinds at the first price only;
# that is not taken off here.
PRICES = MappingProxyType(
    {name: price_list()[name].dollars for name in ("symmetric", "asymmetric", "ECC data key pair", "RSA data key pair")}
)
KINDS = MappingProxyType({name: each.price for name, each in kms_operations.table().items()})
"""operation -> the kind of its requests in the price list: of itself, or by its algorithm or its kind of key pair."""
PAIR_OPERATIONS = tuple(name for name, kind in KINDS.items() if kind == "asymmetric")


@on_any_frame
def calls_per_service(events: Any, prices: Mapping[str, float] = PRICES) -> Any:
    """KMS calls and their cost, by the service that made them: a row for each account, service and event.

    Columns: account, service ("(direct)" for calls without a service in between), event, calls, dollars; the dearest
    first. Counted where the caller is: AWS charges the account that makes the call, also for another account's key.
    Limits: an estimate. What a key pair is of, records of Sign and Verify tell by the algorithm, but not its size: an
    RSA key counts as dearer than RSA_2048 is. Whether refused calls are charged AWS doesn't say: they count.
    Rotations and other events of KMS's own cost nothing here, nor does a call that a VPC endpoint refused; keys
    themselves cost a dollar a month each.
    """
    calls = each_call_once(events)
    calls = calls[(calls["source"] == "kms") & ~calls["event_type"].isin(["AwsServiceEvent", *NETWORK])]
    calls = calls[calls["caller_type"] != "AWSAccount"]
    parameters = opened(calls["request_parameters"])
    kinds = [request_kind(str(name), asked) for name, asked in zip(calls["event"], parameters, strict=True)]
    rows = calls[["account", "event"]].astype("str")
    rows["service"] = on_behalf_of(calls)["service"].astype("str").fillna("(direct)")
    rows["dollars"] = [prices[kind] / 10_000 for kind in kinds]
    grouped = rows.groupby(["account", "service", "event"], dropna=False)["dollars"]
    return (
        grouped.agg(calls="size", dollars="sum")
        .reset_index()
        .sort_values(["dollars", "calls", "service", "event"], ascending=[False, False, True, True], ignore_index=True)
    )


def request_kind(event: str, asked: Any) -> str:
    """Tell the kind of a request, by AWS's price list; `asked` is what its record says of the parameters."""
    parameters = asked if isinstance(asked, dict) else {}
    kind = KINDS.get(event, "symmetric")  # what KMS does by itself, too
    if kind == "by key pair":
        return f"{'RSA' if str(parameters.get('keyPairSpec', '')).startswith('RSA') else 'ECC'} data key pair"
    if kind == "by algorithm":
        algorithm = str(parameters.get("encryptionAlgorithm", "SYMMETRIC_DEFAULT"))
        return "symmetric" if algorithm == "SYMMETRIC_DEFAULT" else "asymmetric"
    return kind
