"""The way of every call: one list of steps, in order, from the request's bytes to the record.

    parse and identify → take time → disturb → see late → plan → throttle → authorize → check documents → settle →
    serve → answer → record

A step refuses by raising `AwsError`. What follows is left out then, but for the last two: a refused call is answered in
its protocol's words, and it is recorded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from ..authorization.authorize import Authority
from ..core.call import Call, Principal
from ..core.errors import FAULT, AwsError
from ..wire import protocols
from ..wire.protocols import HttpRequest, HttpResponse, Send
from ..wire.request_ids import stamped
from .interfaces import Behind, Service, Wrap
from .lateness import Lateness
from .reception import Received, Reception
from .timeline import Timeline

log = logging.getLogger("labkit.cloud")

OnCall = Callable[[Call], None]


@dataclass(slots=True)
class Exchange:
    """A request on its way: what came in, the call that it makes, and what is answered."""

    request: HttpRequest
    send_ahead: Send
    received: Received = field(init=False)
    response: HttpResponse = field(init=False)

    @property
    def call(self) -> Call:
        """The call that the request makes."""
        return self.received.call


Step = Callable[[Exchange], None]


class Pipeline:
    """Carries calls out. `keep` records a finished call; `new_id` gives a request's id for its caller."""

    def __init__(
        self,
        reception: Reception,
        timeline: Timeline,
        behind: Behind,
        authority: Authority,
        disturb: OnCall,
        late: Lateness,
        keep: OnCall,
        new_id: Callable[[Principal | None], str],
    ) -> None:
        self._reception = reception
        self._timeline = timeline
        self._behind = behind
        self._late = late
        self._keep = keep
        self._new_id = new_id
        self.services: dict[str, Service] = {}
        self.wraps: dict[str, Wrap] = {}
        self.throttles: list[OnCall] = []
        self.runs_functions = False
        # Services' own calls of KMS go through these, too.
        self.decisions: list[OnCall] = [
            disturb,  # a throttled call is refused before anybody looks at what it asks for
            late.see,  # what has just been changed may not be known yet (off unless asked for)
            self.plan,  # validation, and the resources that permission is asked on
            self._throttle,  # behind the plan: a quota depends on the key's spec
            authority.authorize,  # who may do what; keeps its decision on the call
            authority.check_documents,  # a policy that the service would not keep is refused to its writers
            self._settle,  # it is carried out on the present account, whatever the steps before have seen
        ]
        self.steps: list[Step] = [
            self._parse_and_identify,  # the signature names service and caller; the parameters are read last
            self._take_time,
            *map(_on_call, self.decisions),
            self._serve,
            self._answer,
            self._record,
        ]
        self._always = (self._answer, self._record)

    def carry_out(self, request: HttpRequest, send_ahead: Send) -> HttpResponse:
        """Take a request through the steps; its answer. Unreceived where it makes no call."""
        exchange = Exchange(request, send_ahead)
        refused = False
        for step in self.steps:
            if refused and step not in self._always:
                continue
            try:
                step(exchange)
            except AwsError as refusal:
                exchange.call.error, refused = refusal, True
            except Exception as fault:  # a fault of ours: say so, keep the event, lose nothing
                if not hasattr(exchange, "received"):
                    raise
                call = exchange.call
                log.error("%s:%s failed inside the simulated account", call.service, call.operation, exc_info=fault)
                call.error, refused = FAULT, True
            except BaseException:  # somebody insists on an end (uninterrupted.py): what was begun is recorded
                exchange.call.error = FAULT
                self._keep(exchange.call)
                raise
        return exchange.response

    def serve(self, received: Received) -> HttpResponse:
        """Let the service do it, and put what came of it on the call; the answer in the call's protocol."""
        call, protocol = received.call, received.protocol
        service = self.services.get(call.service)
        if service is not None:
            call.result = service.perform(call)
            return protocols.write_result(received.operation, protocol, call.result, call.request_id)
        wrap = self.wraps.get(call.service)
        if wrap is None:
            response = self._behind.serve(call, received.request)
        else:
            response = wrap.serve(call, received.request, lambda sent: self._behind.serve(call, sent))
        response = stamped(response, call.service, protocol, call.request_id)
        protocols.read_outcome(call, received.operation, protocol, response)
        return response

    def plan(self, call: Call) -> None:
        """Validate the call, and find what permission is asked on."""
        service = self.services.get(call.service)
        if service is not None:
            call.targets = service.plan(call)
        else:
            self._behind.check(call)

    def _parse_and_identify(self, exchange: Exchange) -> None:
        received = self._reception.receive(exchange.request, self._timeline.now())
        received.call.request_id = self._new_id(received.call.principal)
        exchange.received = received

    def _take_time(self, exchange: Exchange) -> None:
        """One lab second; a request of nobody's takes none, so that strangers can't move the clock."""
        call = exchange.call
        nobody = call.principal is None or call.principal.kind == "Anonymous"
        call.time = self._timeline.now() if nobody else self._timeline.tick()
        if call.service == "s3":
            call.notes["x-amz-id-2"] = protocols.host_id(call.request_id)

    def _throttle(self, call: Call) -> None:
        for throttle in self.throttles:
            throttle(call)

    def _settle(self, call: Call) -> None:
        if self._late.settle(call) and call.service in self.services:
            self.plan(call)

    def _serve(self, exchange: Exchange) -> None:
        exchange.response = self.serve(exchange.received)

    def _answer(self, exchange: Exchange) -> None:
        received = exchange.received
        call = received.call
        if call.error is not None and not hasattr(exchange, "response"):
            exchange.response = protocols.write_error(call.error, received.protocol, call.request_id, call.service)
        exchange.response = received.answered(exchange.response)
        if not self.runs_functions:  # else the answer waits for what is done `afterwards`: running them
            exchange.send_ahead(exchange.response)

    def _record(self, exchange: Exchange) -> None:
        self._keep(exchange.call)


def _on_call(step: OnCall) -> Step:
    return lambda exchange: step(exchange.call)
