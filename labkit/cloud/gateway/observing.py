"""A look by the kit's own checks: no time passes, nothing is recorded, nothing can be changed."""

from __future__ import annotations

import hmac

from ..core.errors import AwsError
from ..wire import protocols
from ..wire.protocols import HttpResponse
from .inner_calls import OBSERVER_HEADER
from .pipeline import Pipeline
from .reception import Received

# What may be asked without leaving a trace: nothing that changes state or uses a key.
OBSERVABLE = ("Get", "List", "Describe", "Head", "Lookup", "Query", "Scan", "TestMetricFilter", "TestEventPattern")
NOT_OBSERVABLE = frozenset({"GetParametersForImport", "GetSessionToken", "GetFederationToken"})


class Observing:
    """Answers observers: those that bring the control token in the header of observers."""

    def __init__(self, pipeline: Pipeline, control_token: str) -> None:
        self._pipeline = pipeline
        self._token = control_token.encode()

    def look(self, received: Received) -> HttpResponse:
        """Answer a call that only reads; refuse any other."""
        call = received.call
        try:
            if not hmac.compare_digest(received.request.headers[OBSERVER_HEADER].encode(), self._token):
                raise AwsError("AccessDeniedException", "Only the lab's own checks may observe.", 403)
            if not call.operation.startswith(OBSERVABLE) or call.operation in NOT_OBSERVABLE:
                raise AwsError("AccessDeniedException", f"An observer may not call {call.operation}.", 403)
            self._pipeline.plan(call)
            return received.answered(self._pipeline.serve(received))
        except AwsError as refused:
            error = protocols.write_error(refused, received.protocol, call.request_id, call.service)
            return received.answered(error)
