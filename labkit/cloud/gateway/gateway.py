"""The way of a call: one list of steps, in order, for both doors and every service.

    parse → identify → disturb → plan → authorize → serve          record runs for refused calls too

A step refuses by raising `AwsError`; this file alone turns it into the protocol's wire form.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from moto.core.model import OperationModel

from ..authorization.authorize import authorize
from ..authorization.explanations import Explanations
from ..authorization.policy_documents import check_documents
from ..cloudtrail.history import History
from ..cloudtrail.kms_service_events import KeyTime
from ..cloudtrail.record import events_of
from ..core.call import Call, Principal
from ..core.clock import Clock
from ..core.entropy import Entropy
from ..core.errors import AwsError
from ..identity.credentials import Credentials
from ..kms.service import Kms
from ..moto import backends
from ..services.sts import Sts
from ..wire import protocols
from ..wire.protocols import HttpRequest, HttpResponse, Send
from .contracts import Service, Timed, Wrap
from .disturb import Disturbances
from .reception import Reception, Unreceived

log = logging.getLogger("labkit.cloud")

OBSERVER_HEADER = "x-labkit-observer"
# What the kit's own checks may ask without leaving a trace: nothing that changes state or uses a key.
OBSERVABLE = ("Get", "List", "Describe", "Head", "Lookup")
NOT_OBSERVABLE = frozenset({"GetParametersForImport", "GetSessionToken", "GetFederationToken"})


_FAULT = AwsError("InternalFailure", "The simulated account failed: this is a fault in labkit.", 500)


class Gateway:
    """Everything that answers the lab's endpoint."""

    def __init__(
        self,
        clock: Clock,
        entropy: Entropy,
        credentials: Credentials,
        kms: Kms,
        sts: Sts,
        history: History,
        observer_token: str,
    ) -> None:
        self._clock = clock
        self._entropy = entropy
        self._observers = Entropy("observers")  # a look by the kit's checks leaves the ids of later calls as they are
        self._reception = Reception(credentials)
        self._kms = kms
        self._history = history
        self._observer_token = observer_token
        self.endpoint = ""  # where the second door answers: what functions that run outside are told
        self._services: dict[str, Service] = {"kms": kms, "sts": sts}
        self._lock = threading.RLock()  # calls are served one after the other: the clock steps, moto has no locks
        self.disturbances = Disturbances()
        self.wraps: dict[str, Wrap] = {}  # by service: what makes moto's services use keys as AWS does
        self.explanations = Explanations()
        self.timed: list[Timed] = [
            KeyTime(kms, self.new_id, self.record)
        ]  # what happens by the clock: keys, deliveries, ...
        self.runs_functions = False  # whether there are any, which calls' events may lead to
        self.followers: list[Callable[[dict[str, Any]], None]] = []  # told of every event once it is recorded
        self._afterwards: deque[Callable[[], None]] = deque()  # what services do once the call is answered
        self._draining = threading.Lock()
        self._steps: list[Callable[[Call], None]] = [
            self.disturbances.apply,  # a throttled call is refused before anybody looks at what it asks for
            self._plan,  # validation, and the resources that permission is asked on
            authorize,  # who may do what; keeps its decision on the call
            check_documents,  # a policy that the service would not keep is refused to those who may write one
        ]

    def add_service(self, name: str, service: Service) -> None:
        """Let a service of our own answer for botocore's service `name`."""
        self._services[name] = service

    def handle(self, request: HttpRequest, send_ahead: Send = lambda _: None) -> HttpResponse:
        """Answer a request; never raises.

        `send_ahead` may send the answer while the call is still being recorded: it must not wait, nor raise. The next
        request is looked at when the record is there, so nobody can tell. (Where functions may run because of the
        call, the answer waits for them.)
        """
        with self._lock:
            ids = self._observers if OBSERVER_HEADER in request.headers else self._entropy
            request_id = ids.uuid()
            try:
                response = self._handle(request, request_id, send_ahead)
            except Exception:  # a fault of ours
                log.exception("A request failed inside the simulated account")
                response = protocols.write_error(_FAULT, "json", request_id)
        self._drain()
        return response if request.method != "HEAD" else replace(response, body=b"")  # a HEAD's answer has no body

    @contextmanager
    def locked(self) -> Iterator[datetime]:
        """Act between two calls, for what services do afterwards; the time of the act, one lab second later."""
        with self._lock:
            now = self._clock.tick()
            self._let_time_pass(now)
            yield now

    @contextmanager
    def unlocked(self) -> Iterator[None]:
        """Let other calls in while this one waits for something outside: a Lambda function that runs."""
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()

    def afterwards(self, work: Callable[[], None]) -> None:
        """Do `work` when the present call has been recorded, before its answer leaves.

        That is how services' asynchronous acts (an event that invokes a function) come out the same at each run.
        `work` runs without the lock, one piece after the other.
        """
        self._afterwards.append(work)

    def _drain(self) -> None:
        """Do all that is to be done afterwards; one thread at a time, the others leave it to that one."""
        while self._afterwards and self._draining.acquire(blocking=False):
            try:
                self._afterwards.popleft()()
            except Exception:  # a fault of ours
                log.exception("A service's work failed inside the simulated account")
            finally:
                self._draining.release()

    def settle(self) -> None:
        """Wait until the call that is being carried out, if one is, has been recorded."""
        with self._lock:
            pass

    def _handle(self, request: HttpRequest, request_id: str, send_ahead: Send) -> HttpResponse:
        try:
            received = self._reception.receive(request, request_id, self._clock.now())
        except Unreceived as refused:
            return protocols.write_error(refused.error, refused.protocol, request_id, refused.service)
        if OBSERVER_HEADER in request.headers:
            return self._observe(received.call, received.operation, received.protocol, request)
        return self._carry_out(received.call, received.operation, received.protocol, request, send_ahead)

    def on_behalf(
        self, call: Call, service: str, operation: str, params: dict[str, Any], principal: Principal | None = None
    ) -> dict[str, Any]:
        """A KMS call that `service` ("s3.amazonaws.com") makes for the caller of `call`, or as `principal`.

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
            request_id=self._entropy.uuid(),
            principal=principal or call.principal,
            source_ip=call.source_ip,
            user_agent=call.user_agent,
            via=(*call.via, service),
        )
        return self._carry_out_inner(inner, call)

    def as_principal(self, call: Call, principal: Principal, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """A KMS call that a service makes with credentials that it holds: nothing shows the service (captured)."""
        inner = self._inner(principal, call.region, self.now(), operation, params)
        inner.source_ip = inner.user_agent = "AWS Internal"
        return self._carry_out_inner(inner, call)

    def as_service(
        self, service: str, source_arn: str, region: str, time: datetime, operation: str, params: dict[str, Any]
    ) -> dict[str, Any]:
        """A KMS call that `service` makes as itself, for a resource of some account (`source_arn`).

        Key policies see the service principal and aws:SourceArn; the resource's account gets the record.
        """
        principal = Principal("AWSService", source_arn.split(":")[4], service, "", service)
        inner = self._inner(principal, region, time, operation, params)
        inner.source_arn = source_arn
        return self._carry_out_inner(inner)

    def _inner(self, principal: Principal, region: str, time: datetime, operation: str, params: dict[str, Any]) -> Call:
        return Call("kms", operation, region, params, time, self._entropy.uuid(), principal)

    def _carry_out_inner(self, inner: Call, outer: Call | None = None) -> dict[str, Any]:
        try:
            for step in self._steps:
                step(inner)
            inner.result = self._kms.perform(inner)
            return inner.result
        except AwsError as refused:
            inner.error = refused
            refused.request_id = inner.request_id
            if outer is not None and isinstance(outer.decision, list):  # the explanation of that call tells of this one
                outer.decision.extend(inner.decision or ())
            raise
        finally:
            self.keep(inner)

    def time_passes(self) -> None:
        """Let everything happen that is due by the clock, and record it."""
        with self._lock:
            self._let_time_pass(self._clock.now())
        self._drain()

    def _let_time_pass(self, now: datetime) -> None:
        """Everything due up to `now`, in the order of its time, whoever's it is."""
        while True:
            due = [(when, place) for place, each in enumerate(self.timed) if (when := each.next_due()) and when <= now]
            if not due:
                return
            when, place = min(due)
            with self._clock.at(when):  # what it writes carries its own time, not that of the call that came after it
                self.timed[place].run(when)

    def record(self, event: dict[str, Any]) -> None:
        """Keep an event, then tell those who follow events."""
        self._history.add(event)
        for follower in self.followers:
            try:
                follower(event)
            except Exception:  # a fault of ours, and none of the call's, which has been done
                log.exception("A follower of events failed inside the simulated account")

    def now(self) -> datetime:
        """The lab's time."""
        return self._clock.now()

    def new_id(self) -> str:
        """An id for an event or a request."""
        return self._entropy.uuid()

    def _carry_out(
        self, call: Call, operation: OperationModel, protocol: str, request: HttpRequest, send_ahead: Send
    ) -> HttpResponse:
        call.time = self._clock.tick()
        self._let_time_pass(call.time)
        try:
            for step in self._steps:
                step(call)
            response = self._serve(call, operation, protocol, request)
        except AwsError as refused:
            call.error = refused
            response = protocols.write_error(refused, protocol, call.request_id, call.service)
        except Exception:  # a fault of ours: say so, keep the event, lose nothing
            log.exception("%s:%s failed inside the simulated account", call.service, call.operation)
            call.error = _FAULT
            response = protocols.write_error(_FAULT, protocol, call.request_id, call.service)
        if not self.runs_functions:  # all that is done `afterwards` is to run them
            send_ahead(response)
        self.keep(call)
        return response

    def keep(self, call: Call) -> None:
        """Record a finished call, and remember it for explanations."""
        try:
            events = events_of(call, self._entropy.uuid)
        except Exception:  # a fault of ours: a call that was made is recorded, if only by its name
            log.exception("%s:%s could not be recorded in full", call.service, call.operation)
            bare = replace(call, params={}, targets=(), result=None, notes={})
            events = events_of(bare, self._entropy.uuid)
        if call.service == "kms":
            self._kms.note_event(call, events[0]["eventID"])  # GetKeyLastUsage answers it
        for event in events:
            self.record(event)
        self.explanations.keep(call)

    def _observe(self, call: Call, operation: OperationModel, protocol: str, request: HttpRequest) -> HttpResponse:
        """A look by the kit's own checks: no time passes, nothing is recorded, nothing can be changed."""
        try:
            if request.headers[OBSERVER_HEADER] != self._observer_token:
                raise AwsError("AccessDeniedException", "Only the lab's own checks may observe.", 403)
            if not call.operation.startswith(OBSERVABLE) or call.operation in NOT_OBSERVABLE:
                raise AwsError("AccessDeniedException", f"An observer may not call {call.operation}.", 403)
            self._plan(call)
            return self._serve(call, operation, protocol, request)
        except AwsError as refused:
            return protocols.write_error(refused, protocol, call.request_id, call.service)

    def _plan(self, call: Call) -> None:
        service = self._services.get(call.service)
        if service is not None:
            call.targets = service.plan(call)

    def _serve(self, call: Call, operation: OperationModel, protocol: str, request: HttpRequest) -> HttpResponse:
        service = self._services.get(call.service)
        if service is not None:
            call.result = service.perform(call)
            return protocols.write_result(operation, protocol, call.result, call.request_id)
        wrap = self.wraps.get(call.service)
        if wrap is None:
            response = backends.serve(call, request)
        else:
            response = wrap.serve(call, request, lambda sent: backends.serve(call, sent))
        protocols.read_outcome(call, operation, protocol, response)
        return response
