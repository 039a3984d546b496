"""The way of a call: one list of steps, in order, for both doors and every service.

    parse → identify → disturb → plan → authorize → serve          record runs for refused calls too

A step refuses by raising `AwsError`; this file alone turns it into the protocol's wire form.
"""

from __future__ import annotations

import hmac
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
from ..cloudtrail.keeping import record_surely
from ..cloudtrail.kms_service_events import KeyTime
from ..core.call import Call, Principal
from ..core.clock import Clock
from ..core.entropy import Entropy
from ..core.errors import FAULT, AwsError, faults_logged
from ..identity.credentials import Credentials
from ..kms.service import Kms
from ..moto import backends
from ..moto.parameters import check_parameters
from ..services.sts import Sts
from ..wire import protocols
from ..wire.protocols import HttpRequest, HttpResponse, Send
from ..wire.request_ids import stamped
from .contracts import Service, Wrap
from .disturb import Disturbances
from .inner_calls import OBSERVER_HEADER, InnerCalls
from .reception import Reception, Unreceived
from .timeline import Timeline

log = logging.getLogger("labkit.cloud")

# What the kit's own checks may ask without leaving a trace: nothing that changes state or uses a key.
OBSERVABLE = ("Get", "List", "Describe", "Head", "Lookup")
NOT_OBSERVABLE = frozenset({"GetParametersForImport", "GetSessionToken", "GetFederationToken"})


class AccountOver(Exception):
    """Another account stands behind the doors by now: the request is for that one."""


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
        control_token: str,
    ) -> None:
        self._clock = clock
        self._entropy = entropy
        # A look by the kit's checks leaves the ids of later calls as they are; and so does what strangers send.
        self._observers, self._strangers = Entropy("observers"), Entropy("strangers")
        self._reception = Reception(credentials)
        self._kms = kms
        self._history = history
        self._control_token = control_token
        self._over = False
        self.endpoint = ""  # where the second door answers: what functions that run outside are told
        self._services: dict[str, Service] = {"kms": kms, "sts": sts}
        self._lock = threading.RLock()  # calls are served one after the other: the clock steps, moto has no locks
        self.disturbances = Disturbances(clock)
        self.throttles: list[Callable[[Call], None]] = []  # what counts calls against quotas
        self.wraps: dict[str, Wrap] = {}  # by service: what makes moto's services use keys as AWS does
        self.explanations = Explanations()
        self._timeline = Timeline(clock)
        self.timed = self._timeline.timed  # what happens by the clock: keys, deliveries, ...
        self.timed.append(KeyTime(kms, self.new_id, self.record))
        self.runs_functions = False  # True once a function exists: answers then wait for follow-up invocations
        self.followers: list[Callable[[dict[str, Any]], None]] = []  # told of every event once it is recorded
        self._afterwards: deque[Callable[[], None]] = deque()  # what services do once the call is answered
        self._draining = threading.Lock()
        self._steps: list[Callable[[Call], None]] = [
            self.disturbances.apply,  # a throttled call is refused before anybody looks at what it asks for
            self._plan,  # validation, and the resources that permission is asked on
            self._throttle,  # behind the plan: a quota depends on the key's spec
            authorize,  # who may do what; keeps its decision on the call
            check_documents,  # a policy that the service would not keep is refused to those who may write one
        ]
        inner = InnerCalls(self._steps, kms, lambda call: self.keep(call), lambda by: self._ids_for(by).uuid(), clock)
        # The calls that services make: for somebody, with credentials that they hold, as themselves.
        self.on_behalf, self.as_principal, self.as_service = inner.on_behalf, inner.as_principal, inner.as_service

    def add_service(self, name: str, service: Service) -> None:
        """Let a service of our own answer for botocore's service `name`."""
        self._services[name] = service

    def handle(self, request: HttpRequest, send_ahead: Send = lambda _: None) -> HttpResponse:
        """Answer a request; raises nothing but AccountOver.

        `send_ahead` may send the answer while the call is still being recorded: it must not wait, nor raise. The next
        request is looked at when the record is there, so nobody can tell. (Where functions may run because of the
        call, the answer waits for them.)
        """
        with self._lock:
            if self._over:
                raise AccountOver
            try:
                response = self._handle(request, send_ahead)
            except Exception:  # a fault of ours
                log.exception("A request failed inside the simulated account")
                response = protocols.write_error(FAULT, "json", self._strangers.uuid())
        self._drain()
        return response if request.method != "HEAD" else replace(response, body=b"")  # a HEAD's answer has no body

    @contextmanager
    def locked(self) -> Iterator[datetime]:
        """Hold the lock for work that is not an API call; steps the clock one second and yields that time."""
        with self._lock:
            yield self._timeline.tick()

    @contextmanager
    def still(self) -> Iterator[None]:
        """No call is being carried out meanwhile, and the last one has been recorded; no time passes."""
        with self._lock:
            yield

    def hold(self, seconds: float) -> bool:
        """Wait so long at most for a moment between two calls, and stay in it until `let_go`; whether there was one."""
        return self._lock.acquire(timeout=seconds)

    def let_go(self) -> None:
        """Calls go on."""
        self._lock.release()

    def close(self) -> None:
        """The account is over: requests that still come are for another one (AccountOver)."""
        with self._lock:
            self._over = True

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

    def _handle(self, request: HttpRequest, send_ahead: Send) -> HttpResponse:
        observing = OBSERVER_HEADER in request.headers
        try:
            received = self._reception.receive(request, self._clock.now())
        except Unreceived as refused:
            ids = self._observers if observing else self._ids_for(refused.caller)
            return protocols.write_error(refused.error, refused.protocol, ids.uuid(), refused.service)
        call, answered = received.call, received.answered
        call.request_id = (self._observers if observing else self._ids_for(call.principal)).uuid()
        carry_out = self._observe if observing else self._carry_out
        as_sent = (received.operation, received.protocol, received.request)
        return answered(carry_out(call, *as_sent, lambda made: send_ahead(answered(made))))

    def _ids_for(self, caller: Principal | None) -> Entropy:
        """Where ids come from: what somebody sends whom the account doesn't know uses up none of the account's own."""
        return self._strangers if caller is None or caller.kind == "Anonymous" else self._entropy

    def time_passes(self) -> None:
        """Let everything happen that is due by the clock, and record it."""
        with self._lock:
            self._timeline.catch_up()
        self._drain()

    def record(self, event: dict[str, Any]) -> None:
        """Keep an event, then tell those who follow events."""
        self._history.add(event)
        for follower in self.followers:
            with faults_logged("A follower of events"):
                follower(event)

    def now(self) -> datetime:
        """The lab's time."""
        return self._clock.now()

    def new_id(self) -> str:
        """An id for an event or a request."""
        return self._entropy.uuid()

    def _carry_out(
        self, call: Call, operation: OperationModel, protocol: str, request: HttpRequest, send_ahead: Send
    ) -> HttpResponse:
        # A request of nobody's takes no time: strangers can't move the clock.
        nobody = call.principal is None or call.principal.kind == "Anonymous"
        call.time = self._clock.now() if nobody else self._timeline.tick()
        if call.service == "s3":
            call.notes["x-amz-id-2"] = protocols.host_id(call.request_id)
        try:
            for step in self._steps:
                step(call)
            response = self._serve(call, operation, protocol, request)
        except AwsError as refused:
            call.error = refused
            response = protocols.write_error(refused, protocol, call.request_id, call.service)
        except Exception:  # a fault of ours: say so, keep the event, lose nothing
            log.exception("%s:%s failed inside the simulated account", call.service, call.operation)
            call.error = FAULT
            response = protocols.write_error(FAULT, protocol, call.request_id, call.service)
        except BaseException:  # somebody insists on an end (uninterrupted.py): what was begun is recorded
            call.error = FAULT
            self.keep(call)
            raise
        if not self.runs_functions:  # all that is done `afterwards` is to run them
            send_ahead(response)
        self.keep(call)
        return response

    def keep(self, call: Call) -> None:
        """Record a finished call, and remember it. Never raises, and never loses the call (cloudtrail/keeping.py)."""
        event_id = record_surely(call, self._ids_for(call.principal).uuid, self.record)
        with faults_logged("What is remembered of a call besides its record"):
            self.explanations.keep(call)
            if call.service == "kms":
                self._kms.note_event(call, event_id)  # GetKeyLastUsage answers it

    def _observe(
        self, call: Call, operation: OperationModel, protocol: str, request: HttpRequest, _: Send
    ) -> HttpResponse:
        """A look by the kit's own checks: no time passes, nothing is recorded, nothing can be changed."""
        try:
            if not hmac.compare_digest(request.headers[OBSERVER_HEADER].encode(), self._control_token.encode()):
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
        else:
            check_parameters(call)

    def _throttle(self, call: Call) -> None:
        for throttle in self.throttles:
            throttle(call)

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
        response = stamped(response, call.service, protocol, call.request_id)
        protocols.read_outcome(call, operation, protocol, response)
        return response
