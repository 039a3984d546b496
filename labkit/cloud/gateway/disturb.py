"""What a lesson asks to go wrong: a call that fails, or one that takes long. Off until asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError

from ..core.botocore_data import service_model
from ..core.call import Call
from ..core.clock import Clock
from ..core.errors import RATE_EXCEEDED, THROTTLED, AwsError

# What any service may answer, whatever its model lists: "Common error types" of AWS's API references.
COMMON = {
    "ThrottlingException": 400,
    "InternalFailure": 500,
    "ServiceUnavailable": 503,
    "RequestExpired": 400,
    "AccessDeniedException": 400,
    "ExpiredTokenException": 400,
}
ANY = "*"
# The model gives these no status; KMS's API Reference does.
OF_KMS = {"DependencyTimeoutException": 500, "KMSInternalException": 500, "KeyUnavailableException": 500}


@dataclass(slots=True)
class Disturbance:
    """The next `times` calls of `service`:`operation` take `wait` of lab time more, and end with `error`, if any.

    "*" stands for any service, or any operation of one. So many calls that fit go by undisturbed first (`after`).
    """

    service: str
    operation: str
    error: AwsError | None
    times: int
    wait: timedelta = timedelta(0)
    after: int = 0

    def fits(self, call: Call) -> bool:
        """Tell whether it is about such a call."""
        return self.service in (ANY, call.service) and self.operation in (ANY, call.operation)

    def __str__(self) -> str:
        does = [f"fails with {self.error.code}"] if self.error else []
        does += [f"takes {self.wait.total_seconds():g} lab seconds"] if self.wait else []
        about = f"{self.service}:{self.operation}" if self.service != ANY else "any call"
        first = f", after {self.after} more" if self.after else ""
        return f"{about} {' and '.join(does)}, {self.times} more time{'s' * (self.times != 1)}{first}"


class Disturbances:
    """The disturbances that are switched on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._active: list[Disturbance] = []

    def add(self, disturbance: Disturbance) -> None:
        """Switch one on."""
        self._active.append(disturbance)

    def clear(self) -> None:
        """Switch all off."""
        self._active.clear()

    def active(self) -> list[str]:
        """Say what is switched on, a line each."""
        return [str(each) for each in self._active]

    def apply(self, call: Call) -> None:
        """Disturb the call if a disturbance waits for it."""
        for disturbance in self._active:
            if not disturbance.fits(call):
                continue
            if disturbance.after:
                disturbance.after -= 1
            else:
                disturbance.times -= 1
                self._active = [item for item in self._active if item.times > 0]
                if disturbance.wait:
                    call.time = self._clock.wait(disturbance.wait)
                if disturbance.error is not None:
                    raise disturbance.error
                return


def disturbance(call: str, error: str, times: int, seconds: float, after: int = 0) -> Disturbance:
    """Make the disturbance of a call named as in policies ("kms:Decrypt", "kms:*", "*").

    ValueError in the reader's words.
    """
    service, _, operation = (call if call != ANY else f"{ANY}:{ANY}").partition(":")
    errors = _errors(service, operation)
    if times < 1:
        raise ValueError(f"A disturbance happens once at least; {times} was given.")
    if after < 0:
        raise ValueError(f"A disturbance begins after so many calls, none or more; {after} was given.")
    if not 0 <= seconds <= 3600:
        raise ValueError(f"A disturbed call takes up to 3600 lab seconds longer; {seconds:g} were given.")
    if not error and not seconds:
        raise ValueError(f"Say what {call} should do: name an `error`, or give `seconds` that it takes longer.")
    if error and error not in errors:
        raise ValueError(f"{call} has no error {error!r}. It has: {', '.join(sorted(errors))}.")
    words = THROTTLED.get(service, RATE_EXCEEDED) if error == "ThrottlingException" else None
    made = AwsError(error, words, errors[error]) if error else None
    return Disturbance(service, operation, made, times, timedelta(seconds=seconds), after)


def _errors(service: str, operation: str) -> dict[str, int]:
    """The errors of an operation and their HTTP status; of any operation, those that all have."""
    if service == operation == ANY:
        return COMMON
    try:
        model = service_model(service)
        shapes = [] if operation == ANY else model.operation_model(operation).error_shapes
    except UnknownServiceError:
        raise ValueError(f"There is no service {service!r}. Name a call as policies do: 'kms:Decrypt'.") from None
    except OperationNotFoundError:
        raise ValueError(f"{service} has no operation {operation!r}. An example: 'kms:Decrypt'.") from None
    own = {}
    for shape in shapes:
        about = shape.metadata.get("error", {})
        usual = OF_KMS.get(shape.name, 500 if shape.metadata.get("fault") else 400)
        own[about.get("code", shape.name)] = about.get("httpStatusCode", usual)
    return {**COMMON, **own}
