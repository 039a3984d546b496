"""Resource Groups Tagging API: resources by their tags, those of KMS among them.

moto lists what its own back ends hold. KMS keys are in a store of ours, so the two lists are put together and cut into
pages here. Source: Resource Groups Tagging API Reference, GetResources.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping

from ..core.call import Call
from ..core.errors import AwsError
from ..kms.service import Kms
from ..kms.store import key_arn
from ..wire.protocols import HttpRequest, HttpResponse

MOST = 100  # ResourcesPerPage: "a minimum of 1 and a maximum of 100", 50 unless given
USUAL = 50
HEADERS = {"content-type": "application/x-amz-json-1.1"}


class Tagging:
    """The wrap round moto's Resource Groups Tagging API."""

    def __init__(self, kms: Kms) -> None:
        self._kms = kms

    def serve(self, call: Call, request: HttpRequest, onward: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
        """Answer GetResources with KMS keys among the rest; the other operations are moto's."""
        if call.operation != "GetResources":
            return onward(request)
        size = call.params.get("ResourcesPerPage", USUAL)
        if not 1 <= size <= MOST:
            raise AwsError("InvalidParameterException", "ResourcesPerPage must be between 1 and 100")
        found = sorted(self._found(call))
        start = _position(call.params.get("PaginationToken") or "")
        page = [
            {"ResourceARN": arn, "Tags": [{"Key": key, "Value": value} for key, value in tags]}
            for arn, tags in found[start : start + size]
        ]
        more = base64.b64encode(str(start + size).encode()).decode() if len(found) > start + size else ""
        body = {"PaginationToken": more, "ResourceTagMappingList": page}
        return HttpResponse(200, HEADERS, json.dumps(body).encode())

    def _found(self, call: Call) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
        from moto.core.resource_tagging import make_tag_matcher, match_resource_type
        from moto.resourcegroupstaggingapi.models import resourcegroupstaggingapi_backends

        tags, types = call.params.get("TagFilters") or [], call.params.get("ResourceTypeFilters") or []
        only = call.params.get("ResourceARNList") or []
        backend = resourcegroupstaggingapi_backends[call.account][call.region]
        for each in backend._get_resources_generator(tags, types, only):
            if _is_here(call, each.arn):
                yield each.arn, tuple(each.tags.items())
        matches = make_tag_matcher(tags)
        for arn, own in self._keys(call):
            if own and match_resource_type("kms:key", types) and matches(dict(own)) and (not only or arn in only):
                yield arn, tuple(own.items())

    def _keys(self, call: Call) -> Iterator[tuple[str, Mapping[str, str]]]:
        for key in (*self._kms.keys(),):
            if (key.account, key.region) == (call.account, call.region):
                yield key_arn(key.account, key.region, key.id), key.tags


def _is_here(call: Call, arn: str) -> bool:
    """Tell whether a resource is listed in the Region of the call: "in the specified AWS Region" (GetResources)."""
    service, name = arn.split(":")[2], arn.split(":")[5].partition("/")[0]
    if service == "s3":
        from moto.s3.models import s3_backends

        bucket = s3_backends[call.account]["aws"].buckets.get(name)
        return bucket is None or bucket.region_name == call.region
    return service != "iam" or call.region == "us-east-1"


def _position(token: str) -> int:
    """Read where a page begins; PaginationTokenExpiredException for a token that is none."""
    try:
        return int(base64.b64decode(token, validate=True)) if token else 0
    except (ValueError, binascii.Error):
        raise AwsError("PaginationTokenExpiredException", "Token does not exist") from None
