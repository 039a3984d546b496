"""Which events a trail wants: basic and advanced event selectors.

Pure. Source: CloudTrail API Reference, EventSelector, AdvancedEventSelector and AdvancedFieldSelector.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ..core.errors import AwsError
from .network import CATEGORY

DEFAULT: list[dict[str, Any]] = [
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }
]
# "you can exclude only" these (API Reference, EventSelector).
EXCLUDABLE = ("kms.amazonaws.com", "rdsdata.amazonaws.com")
_MOST = 5  # selectors of a trail (API Reference, PutEventSelectors)


def checked(selectors: Sequence[Mapping[str, Any]], data_types: Collection[str]) -> list[dict[str, Any]]:
    """Basic selectors with their defaults filled in; InvalidEventSelectorsException where they are not good.

    `data_types` are the types of data resources that basic selectors take (API Reference, DataResource).
    """
    if not 1 <= len(selectors) <= _MOST:
        raise AwsError("InvalidEventSelectorsException", f"A trail has 1 to {_MOST} event selectors.")
    filled = [{**DEFAULT[0], **selector} for selector in selectors]
    for selector in filled:
        for source in selector["ExcludeManagementEventSources"]:
            if source not in EXCLUDABLE:
                said = f"Management events can be excluded for {' and '.join(EXCLUDABLE)} only, not for {source}."
                raise AwsError("InvalidEventSelectorsException", said)
        if selector["ExcludeManagementEventSources"] and not selector["IncludeManagementEvents"]:
            said = "Sources are excluded from management events: include management events."
            raise AwsError("InvalidEventSelectorsException", said)
        for resource in selector["DataResources"]:
            if resource.get("Type") not in data_types:
                said = f"The data resource type {resource.get('Type')} is for advanced event selectors."
                raise AwsError("InvalidEventSelectorsException", said)
    return filled


def wants(selectors: Sequence[Mapping[str, Any]], event: Mapping[str, Any]) -> bool:
    """Tell whether one of the basic selectors takes the event."""
    return any(_takes(selector, event) for selector in selectors)


def wants_advanced(selectors: Sequence[Mapping[str, Any]], event: Mapping[str, Any]) -> bool:
    """Tell whether one of the advanced selectors takes the event: all of its fields must fit."""
    return any(all(_fits(field, event) for field in selector.get("FieldSelectors", [])) for selector in selectors)


def _takes(selector: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    if event["eventCategory"] == CATEGORY:  # advanced selectors alone take it
        return False
    kind = "ReadOnly" if event["readOnly"] else "WriteOnly"
    if selector["ReadWriteType"] not in ("All", kind):
        return False
    if event["eventCategory"] == "Management":
        excluded = selector["ExcludeManagementEventSources"]
        return bool(selector["IncludeManagementEvents"]) and event["eventSource"] not in excluded
    arns = [resource["ARN"] for resource in event.get("resources", [])]
    wanted = [value for resource in selector["DataResources"] for value in resource.get("Values", [])]
    return any(_within(arn, value) for arn in arns for value in wanted)


def _within(arn: str, value: str) -> bool:
    """`arn:aws:s3` stands for every object, `arn:aws:s3:::bucket/` and longer for what begins so."""
    if value.count(":") == 2:  # a service's name
        return arn.startswith(value + ":")
    return arn.startswith(value) if ":s3:::" in value else arn == value


def _fits(field: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Positive operators: one value fits; negative ones: none does. A field's operators must all agree."""
    seen = _values(str(field["Field"]), event)
    tests: dict[str, Callable[[str, str], bool]] = {
        "Equals": str.__eq__,
        "StartsWith": str.startswith,
        "EndsWith": str.endswith,
    }
    for name, test in tests.items():
        if name in field and not any(test(value, wanted) for value in seen for wanted in field[name]):
            return False
        if any(test(value, wanted) for value in seen for wanted in field.get(f"Not{name}", [])):
            return False
    return True


def _values(field: str, event: Mapping[str, Any]) -> list[str]:
    if field in ("resources.type", "resources.ARN"):
        return [str(resource[field.partition(".")[2]]) for resource in event.get("resources", [])]
    if field == "readOnly":
        return [str(event["readOnly"]).lower()] if "readOnly" in event else []
    if field == "userIdentity.arn":
        return [str(event["userIdentity"].get("arn", ""))]
    return [str(event.get(field, ""))]
