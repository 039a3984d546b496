"""DescribeClusters of AWS CloudHSM: the clusters that the lab's hook has made. Nothing else is simulated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.utils import get_service_model

from ...core.call import Call
from ...core.errors import AwsError
from ...kms.service import Kms
from ...wire import protocols
from ...wire.protocols import HttpRequest, HttpResponse


class CloudHsm:
    """Stands in front of moto's CloudHSM, which has clusters of another form."""

    def __init__(self, kms: Kms) -> None:
        self._kms = kms

    def serve(self, call: Call, request: HttpRequest, _onward: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
        """Answer DescribeClusters."""
        if call.operation != "DescribeClusters":
            said = "The simulated account has CloudHSM clusters by lab.cloudhsm_cluster(password=...) only."
            raise AwsError("NotImplemented", said, 501)
        model = get_service_model("cloudhsmv2")
        protocol = protocols.protocol_of(model, request)
        return protocols.write_result(
            model.operation_model(call.operation), protocol, {"Clusters": self._clusters(call)}, call.request_id
        )

    def _clusters(self, call: Call) -> list[dict[str, Any]]:
        """The caller's clusters in this Region, by the filters clusterIds and states."""
        filters: dict[str, list[str]] = call.params.get("Filters") or {}
        found = [
            each
            for each in self._kms.custom_stores.clusters.values()
            if (each.account, each.region, each.deleted) == (call.account, call.region, False)
        ]
        ids, states = filters.get("clusterIds"), filters.get("states")
        found = [each for each in found if (ids is None or each.id in ids) and (states is None or each.state in states)]
        return [each.described() for each in found]
