"""How moto writes its answers: long lists in pages, as AWS sends them, and each name's spellings looked up once.

moto writes whole catalogues at once, which takes many seconds. Where botocore's paginators know an operation and moto
does not page it, the answer is cut before it is written. A page is as long as the caller asks for, else as the API
Reference says or as long as the model allows.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Any

from botocore.model import Shape
from moto.core.responses import ActionContext, ActionResult
from moto.core.serialize import AttributePickerContext
from moto.core.utils import get_pagination_model

_LONGEST = 1000
# "If you do not include this parameter, the number of items defaults to 100" (IAM API Reference, MaxItems).
_DEFAULTS = {"iam": 100}
_Execute = Callable[[ActionResult, ActionContext], Any]


def paged(execute: _Execute) -> _Execute:
    """moto's `ActionResult.execute_result`, with long lists cut to a page."""

    def execute_page(self: ActionResult, context: ActionContext) -> Any:
        if isinstance(self._result, dict):
            self._result = _page(self._result, context)
        return execute(self, context)

    return execute_page


_Keys = Callable[[Any, AttributePickerContext], Iterable[str]]


def remembering(possible_keys: _Keys) -> _Keys:
    """moto's `get_possible_keys`, with its answers kept: they follow from an object's class, the name and the shape."""
    known: dict[tuple[type, str, Shape], tuple[str, ...]] = {}

    def keys(self: Any, context: AttributePickerContext) -> Iterable[str]:
        place = (type(context.obj), context.key, context.shape)
        if place not in known:
            known[place] = tuple(dict.fromkeys(possible_keys(self, context)))
        return known[place]

    return keys


def _page(result: dict[str, Any], context: ActionContext) -> dict[str, Any]:
    service, operation = str(context.service_model.service_name), str(context.operation_model.name)
    try:
        paging = get_pagination_model(service)[operation]
    except Exception:  # no such service, or no such operation
        return result
    keys = _listed(paging["result_key"])
    lists = [result[key] for key in keys if isinstance(result.get(key), list)]
    if isinstance(paging["input_token"], list) or "." in str(paging["output_token"]) or not lists:
        return result
    start = _start(operation, context.response._get_param(paging["input_token"]))
    size = _size(service, paging, context)
    if (start is None and sum(map(len, lists)) <= size) or result.get(paging["output_token"]):
        return result
    cut, place, end = dict(result), 0, (start or 0) + size
    for key in keys:
        if isinstance(result.get(key), list):
            items = result[key]
            cut[key] = items[max((start or 0) - place, 0) : max(end - place, 0)]
            place += len(items)
    more = place > end
    cut[paging["output_token"]] = _token(operation, end) if more else None
    if "more_results" in paging:
        cut[paging["more_results"]] = more
    return cut


def _listed(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _size(service: str, paging: dict[str, Any], context: ActionContext) -> int:
    name = paging.get("limit_key")
    asked = context.response._get_param(name) if name else None
    if asked is not None:
        return max(int(asked), 1)
    shape = context.operation_model.input_shape
    longest = shape.members[name].metadata.get("max") if shape is not None and name in shape.members else None
    return _DEFAULTS.get(service) or min(int(longest or _LONGEST), _LONGEST)


def _token(operation: str, place: int) -> str:
    return base64.urlsafe_b64encode(f"{operation}/{place}".encode()).decode()


def _start(operation: str, token: Any) -> int | None:
    """Where the page of one of our tokens begins; None for any other token, which is moto's affair."""
    try:
        name, _, place = base64.urlsafe_b64decode(str(token or "")).decode().partition("/")
        return int(place) if name == operation and place.isdigit() else None
    except (binascii.Error, ValueError):
        return None
