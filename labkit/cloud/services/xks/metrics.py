"""What KMS tells CloudWatch of external key stores: failures, latency, health of the key managers, age of a credential.

Data points come with the requests to the proxy. Source: KMS Developer Guide, "Monitor KMS keys with Amazon CloudWatch"
(metrics and dimensions), "Monitor external key stores" (which failures are retryable, and their names).
"""

from __future__ import annotations

from types import MappingProxyType

from ...core.clock import Clock
from ...kms.custom_stores import failures
from ...kms.custom_stores.proxies import HEALTH_STATES, Request
from ..cloudwatch.metrics import Metrics

NAMESPACE = "AWS/KMS"
_UNREACHABLE = "XksProxyUnreachableException"
_NAMES = MappingProxyType(
    {
        failures.NO_CONNECTION: _UNREACHABLE,
        failures.NO_TLS: _UNREACHABLE,
        failures.TOO_LATE: _UNREACHABLE,
        failures.MALFORMED: "XksProxyInvalidResponseException",
    }
)
"""How the failures are called that are no error of the proxy's own."""


class XksMetrics:
    """Hears of each request to a proxy."""

    def __init__(self, metrics: Metrics, clock: Clock) -> None:
        self._metrics = metrics
        self._clock = clock

    def note(self, request: Request) -> None:
        """Publish what a request showed. A store that is not made yet has no metrics."""
        if not request.store.id:
            return
        operation = {
            "KmsOperation": request.call.operation,
            "XksOperation": request.xks_operation,
            "KeySpec": "SYMMETRIC_DEFAULT",
        }
        self._publish(request, "XksProxyLatency", request.milliseconds, operation, "Milliseconds")
        if request.failure not in ("", failures.NO_KEY_MANAGER):
            row = failures.table()[request.failure]
            kind = {
                "ErrorType": "Retryable" if row.retryable else "Non-retryable",
                "ExceptionName": _NAMES.get(request.failure, request.failure),
            }
            self._publish(request, "XksProxyErrors", 1, operation | kind, "Count")
        if request.xks_operation == "GetHealthStatus" and request.failure in ("", failures.NO_KEY_MANAGER):
            for state in HEALTH_STATES:
                named = {"XksExternalKeyManagerState": state.capitalize()}
                number = request.store.fleet.count(state)
                self._publish(request, "XksExternalKeyManagerStates", number, named, "Count")
        since = request.store.credential_since
        if since is not None:
            age = max(0, (self._clock.now() - since).days)
            self._publish(request, "XksProxyCredentialAge", age, {}, "None")

    def _publish(self, request: Request, name: str, value: float, dimensions: dict[str, str], unit: str) -> None:
        store = request.store
        named = {"CustomKeyStoreId": store.id} | dimensions
        self._metrics.publish(store.account, store.region, NAMESPACE, name, value, named, self._clock.now(), unit)
