"""The front of the account: lets one call in after the other, and wires the pipeline to what the assembly hands it.

Knows no service. Holds the lock, the ids, what is done afterwards, and who is told of events.
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

from ..authorization.authorize import Authority
from ..authorization.explanations import Explanations
from ..core.call import Call, Principal
from ..core.clock import Clock
from ..core.entropy import Entropy
from ..core.errors import FAULT, AwsError, faults_logged
from ..identity.credentials import Credentials
from ..wire import protocols
from ..wire.protocols import HttpRequest, HttpResponse, Send
from .disturb import Disturbances
from .inner_calls import OBSERVER_HEADER, InnerCalls
from .interfaces import Behind, Recorder, Service
from .lateness import Lateness
from .observing import Observing
from .pipeline import Pipeline
from .reception import Reception, Unreceived
from .timeline import Timeline

log = logging.getLogger("labkit.cloud")


class AccountOver(Exception):
    """Another account stands behind the doors by now: the request is for that one."""


class Gateway:
    """Everything that answers the lab's endpoint.

    The assembly adds services of our own (`add_service`), wraps round moto's (`wraps`), what happens by the clock
    (`timed`), what counts calls (`throttles`), and who is told of records (`followers`), of calls (`noted`) and of
    accounts that begin again (`forgets`).
    """

    def __init__(
        self,
        clock: Clock,
        entropy: Entropy,
        credentials: Credentials,
        behind: Behind,
        recorder: Recorder,
        control_token: str,
        authority: Authority,
    ) -> None:
        self._clock = clock
        self._entropy = entropy
        # A look by the kit's checks leaves the ids of later calls as they are; and so does what strangers send.
        self._observers, self._strangers = Entropy("observers"), Entropy("strangers")
        self._recorder = recorder
        self._over = False
        self.endpoint = ""  # where the second door answers: what functions that run outside are told
        self._lock = threading.RLock()  # calls are served one after the other: the clock steps, moto has no locks
        self.disturbances, self.lateness = Disturbances(clock), Lateness(clock)
        self.explanations = Explanations()
        self.authorize, self.demand = authority.authorize, authority.demand  # for what services ask besides
        self._timeline = Timeline(clock)
        self.timed = self._timeline.timed  # what happens by the clock: keys, deliveries, ...
        self.followers: list[Callable[[dict[str, Any]], None]] = []  # told of every event once it is recorded
        self.noted: list[Callable[[Call, str], None]] = []  # told of every call and of the id of its event
        self.forgets: list[Callable[[str], None]] = []  # told of an account that begins again while others stay
        self.forgets.append(self.explanations.forget)
        self._afterwards: deque[Callable[[], None]] = deque()  # what services do once the call is answered
        self._draining = threading.Lock()
        self._reception = Reception(credentials)

        def keep(call: Call) -> None:
            self.keep(call)

        def new_id(by: Principal | None) -> str:
            return self._ids_for(by).uuid()

        disturb = self.disturbances.apply
        late = self.lateness
        self._pipeline = Pipeline(self._reception, self._timeline, behind, authority, disturb, late, keep, new_id)
        self.wraps = self._pipeline.wraps  # by service: what makes moto's services use keys as AWS does
        self.throttles = self._pipeline.throttles  # what counts calls against quotas
        self.preflight: Callable[[HttpRequest], HttpResponse] | None = None  # answers browsers' OPTIONS requests
        self._observing = Observing(self._pipeline, control_token)
        inner = InnerCalls(self._pipeline, keep, new_id, clock)
        # The calls that services make: for somebody, with credentials that they hold, as themselves.
        self.on_behalf, self.as_principal = inner.on_behalf, inner.as_principal
        self.as_service, self.as_service_alone = inner.as_service, inner.as_service_alone
        self.recorded = inner.recorded

    @property
    def runs_functions(self) -> bool:
        """True once a function exists: answers then wait for follow-up invocations."""
        return self._pipeline.runs_functions

    @runs_functions.setter
    def runs_functions(self, there: bool) -> None:
        self._pipeline.runs_functions = there

    def add_service(self, name: str, service: Service) -> None:
        """Let a service of our own answer for botocore's service `name`."""
        self._pipeline.services[name] = service

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
            finally:
                self.lateness.at_present()
        self._drain()
        return response if request.method != "HEAD" else replace(response, body=b"")  # a HEAD's answer has no body

    @contextmanager
    def locked(self) -> Iterator[datetime]:
        """Hold the lock for work that is not an API call; steps the clock one second and yields that time."""
        with self._lock:
            yield self._timeline.tick()

    @contextmanager
    def still(self) -> Iterator[None]:
        """Hold every call back meanwhile, once the last one has been recorded; no time passes."""
        with self._lock:
            yield

    def hold(self, seconds: float) -> bool:
        """Wait so long at most for a moment between two calls, and stay in it until `let_go`; whether there was one."""
        return self._lock.acquire(timeout=seconds)

    def let_go(self) -> None:
        """Calls go on."""
        self._lock.release()

    def close(self) -> None:
        """End the account: requests that still come are for another one (AccountOver)."""
        with self._lock:
            self._over = True

    @contextmanager
    def unlocked(self) -> Iterator[None]:
        """Let other calls in while this one waits for something outside: a Lambda function that runs."""
        self.lateness.at_present()
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
        if request.method == "OPTIONS" and self.preflight is not None:
            return self._answer_browser(request, self.preflight)
        try:
            if not observing:
                return self._pipeline.carry_out(request, send_ahead)
            received = self._reception.receive(request, self._clock.now())
            received.call.request_id = self._observers.uuid()
            return self._observing.look(received)
        except Unreceived as refused:
            ids = self._observers if observing else self._ids_for(refused.caller)
            return protocols.write_error(refused.error, refused.protocol, ids.uuid(), refused.service)

    def _answer_browser(self, request: HttpRequest, answer: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
        """Answer what a browser asks before it calls: no call, and nobody's, so nothing is recorded."""
        request_id = self._strangers.uuid()
        try:
            response = answer(request)
        except AwsError as refused:
            return protocols.write_error(refused, "rest-xml", request_id, "s3")
        return replace(response, headers=response.headers | protocols.id_headers("s3", request_id))

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
        self._recorder.add(event)
        for follower in self.followers:
            with faults_logged("A follower of events"):
                follower(event)

    def now(self) -> datetime:
        """Return the lab's time."""
        return self._clock.now()

    def new_id(self) -> str:
        """Return an id for an event or a request."""
        return self._entropy.uuid()

    def keep(self, call: Call) -> None:
        """Record a finished call, and remember it. Never raises, and never loses the call."""
        event_id = self._recorder.keep(call, self._ids_for(call.principal).uuid, self.record)
        with faults_logged("What is remembered of a call besides its record"):
            self.explanations.keep(call)
            for note in self.noted:
                note(call, event_id)
