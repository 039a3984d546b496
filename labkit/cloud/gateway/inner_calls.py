"""The KMS calls that services make: for somebody, with credentials that they hold, or as themselves.

They go the same steps as any call: they are authorized, recorded, and can be refused. They take no lab time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from ..core.call import Call, Principal
from ..core.clock import Clock
from ..core.errors import FAULT, AwsError
from .pipeline import Pipeline

OBSERVER_HEADER = "x-labkit-observer"


class InnerCalls:
    """What the gateway lets services call."""

    def __init__(
        self,
        pipeline: Pipeline,
        keep: Callable[[Call], None],
        new_id: Callable[[Principal | None], str],
        clock: Clock,
    ) -> None:
        self._pipeline = pipeline
        self._keep = keep
        self._new_id = new_id  # of a request, for this caller
        self._clock = clock

    @contextmanager
    def recorded(self, call: Call) -> Iterator[None]:
        """Carry out a call that no request made: it is recorded when the block ends, with the error that ended it."""
        try:
            yield
        except AwsError as refused:
            call.error = refused
            refused.request_id = call.request_id
            raise
        except BaseException:  # a fault of ours, or somebody insists on an end: it is not recorded as done
            call.error = FAULT
            raise
        finally:
            self._keep(call)

    def on_behalf(
        self, call: Call, service: str, operation: str, params: dict[str, Any], principal: Principal | None = None
    ) -> dict[str, Any]:
        """Make a KMS call as `service` ("s3.amazonaws.com") for the caller of `call`, or as `principal`.

        It goes the same way as any call: it is authorized, recorded, and can be refused (AwsError). It takes
        no lab time of its own.
        """
        if call.http is not None and OBSERVER_HEADER in call.http.headers:
            raise AwsError("AccessDeniedException", f"An observer may not use a KMS key: {call.operation} would.", 403)
        inner = Call(
            service="kms",
            operation=operation,
            region=call.region,
            params=params,
            time=call.time,
            request_id=self._new_id(call.principal),
            principal=principal or call.principal,
            source_ip=call.source_ip,
            user_agent=call.user_agent,
            via=(*call.via, service),
        )
        return self._carry_out_inner(inner, call)

    def as_principal(self, call: Call, principal: Principal, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Make a KMS call for a service with credentials that it holds: nothing shows the service (captured)."""
        inner = self._inner(principal, call.region, self._clock.now(), operation, params)
        inner.source_ip = inner.user_agent = "AWS Internal"
        return self._carry_out_inner(inner, call)

    def as_service(
        self, service: str, source_arn: str, region: str, time: datetime, operation: str, params: dict[str, Any]
    ) -> dict[str, Any]:
        """Make a KMS call as `service` itself, for a resource of some account (`source_arn`).

        Key policies see the service principal and aws:SourceArn; the resource's account gets the record.
        """
        principal = Principal("AWSService", source_arn.split(":")[4], service, "", service)
        inner = self._inner(principal, region, time, operation, params)
        inner.source_arn = source_arn
        return self._carry_out_inner(inner)

    def as_service_alone(
        self,
        service: str,
        account: str,
        region: str,
        operation: str,
        params: dict[str, Any],
        because_of: Call | None = None,
    ) -> dict[str, Any]:
        """Make a KMS call as `service` itself that tells the account it is for, and not the resource.

        Key policies see the service principal; aws:SourceArn and aws:SourceAccount are absent from the request. The
        explanation of the call `because_of` which it is made tells of a refusal.
        """
        principal = Principal("AWSService", account, service, "", service)
        inner = self._inner(principal, region, self._clock.now(), operation, params)
        return self._carry_out_inner(inner, because_of)

    def _inner(self, principal: Principal, region: str, time: datetime, operation: str, params: dict[str, Any]) -> Call:
        return Call("kms", operation, region, params, time, self._new_id(principal), principal)

    def _carry_out_inner(self, inner: Call, outer: Call | None = None) -> dict[str, Any]:
        try:
            with self.recorded(inner):
                for decide in self._pipeline.decisions:
                    decide(inner)
                inner.result = self._pipeline.services["kms"].perform(inner)
                return inner.result
        except AwsError:
            if outer is not None and isinstance(outer.decision, list):  # the explanation of that call tells of this one
                outer.decision.extend(inner.decision or ())
            raise
