"""Waits where AWS is late by its nature: botocore asks here before it gives an answer to the caller.

Three ways, by waits.tsv. An error that passes by itself is tried again. In a block of `labkit.expect_error`, a success
that will be a refusal soon is held back, and the call is made again until the refusal has come three times running. An
answer that may be an old one is asked for a little later. All end at the table's bound, counted from the change.
Nothing waits unless this run has changed something a short while ago.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import boto3
import botocore.handlers

from ....expect import ExpectedError, expected
from ...own_calls import is_own_call
from .bar import wait
from .changes import Changes, kind_of, names_in
from .table import ANSWER, ERROR, SUCCESS, Wait, find, waits

EQUAL_ANSWERS = 3
FACTOR = "LABKIT_PATIENCE"
"""The variable by which all waits are multiplied; 0 for none. For tests against a stand-in that is not late."""

SETTLED = 15.0
"""Seconds after which a change counts as known: "about 10 s in practice" for IAM, "less than a few seconds" for KMS."""
HISTORY, HISTORY_AGAIN = 900.0, 15.0
"""Seconds until an event is in the history at the latest ("Viewing recent management events"); and between looks."""
IN_HISTORY = frozenset({"kms", "iam", "sts"})  # all calls of theirs are management events

_PARAMS, _EQUAL, _AGAIN = "labkit_params", "labkit_equal", "labkit_again"


class Patience:
    """What botocore calls for every call of a run."""

    def __init__(self, changes: Changes, factor: float = 1.0, sleep: Callable[[str, float], None] = wait) -> None:
        self._changes = changes
        self._factor = factor
        self.last_request = ""
        self._wait = sleep

    def before_parameter_build(self, params: Any, context: dict[str, Any], **_: Any) -> None:
        """Keep the call's names with the call."""
        context[_PARAMS] = frozenset(names_in(params))

    def before_call(self, model: Any, context: dict[str, Any], **_: Any) -> None:
        """Wait until a change is old enough for its new answer.

        And before a call that changes something and is meant to be refused: made too early, it would be done.
        """
        block = expected()
        if block and kind_of(*_about(model)):
            for each in _alike(model, block):
                last = self._changes.last(each.after, None, self._changes.now() - SETTLED * self._factor)
                if last is not None and (left := last.at + SETTLED * self._factor - self._changes.now()) > 0:
                    self._wait(f"{model.name} is to be refused; waiting until AWS knows the last change:", left)
        row = find(ANSWER, *_about(model))
        while row is not None and (left := self._left(row, context)) > 0:
            self._wait(f"AWS may still answer {model.name} as before the change:", left)

    def needs_retry(self, response: Any, operation: Any, request_dict: Mapping[str, Any], **_: Any) -> float | None:
        """Answer 0 to have the call made again (the waiting is done here); None to leave it to the others."""
        if response is None or not isinstance(response[1], Mapping):
            return None
        http, parsed = response
        context = request_dict["context"]
        error = parsed.get("Error", {})
        code, text = str(error.get("Code", "")), str(error.get("Message", ""))
        block = expected()
        if http.status_code < 300:
            return self._held_back(operation, context, block) if block else None
        if block and code == block.expects:
            return self._once_more(operation, context, code)
        if code.startswith("AccessDenied") and is_own_call(context):
            return None  # the kit names what it may not read, and goes on with the rest
        row = find(ERROR, *_about(operation), code, text)
        return self._again(row, context, f"AWS does not know the change yet ({operation.name}: {code}):")

    def after_call(self, http_response: Any, parsed: Any, model: Any, context: dict[str, Any], **_: Any) -> None:
        """Write down what was changed, and which call was the last that CloudTrail's history will have."""
        if context.get(_AGAIN) and isinstance(parsed, Mapping):  # else the error would tell how often it was made again
            parsed.get("ResponseMetadata", {}).pop("MaxAttemptsReached", None)
        kind = kind_of(*_about(model))
        in_history = model.service_model.service_name in IN_HISTORY and not is_own_call(context)
        if in_history and isinstance(parsed, Mapping):
            self.last_request = str(parsed.get("ResponseMetadata", {}).get("RequestId", ""))
        if kind and http_response.status_code < 300:
            named = {"names": list(context.get(_PARAMS, ()))}
            self._changes.add(kind, named, parsed if isinstance(parsed, Mapping) else {})

    def until_told(self, ask: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
        """See the function of this name."""
        last, end = self.last_request, self._changes.now() + HISTORY * self._factor
        events = ask()
        while last and all(event.get("requestID") != last for event in events):
            if (left := end - self._changes.now()) <= 0:
                self.last_request = ""  # it may never come: the next question does not wait for it
                break
            self._wait("CloudTrail does not tell the last call yet:", min(HISTORY_AGAIN * self._factor, left))
            events = ask()
        return events

    def handlers(self) -> tuple[tuple[str, Callable[..., Any]], ...]:
        """List botocore's events, each with what is called for it."""
        return (
            ("before-parameter-build", self.before_parameter_build),
            ("before-call", self.before_call),
            ("needs-retry", self.needs_retry),
            ("after-call", self.after_call),
        )

    # -----------------------------------------------------------------------------------------------------------------

    def _held_back(self, operation: Any, context: dict[str, Any], block: ExpectedError) -> float | None:
        """A success where a refusal is expected."""
        context[_EQUAL] = 0
        name = str(operation.name)
        row = find(SUCCESS, *_about(operation), block.expects)
        if row is not None:
            return self._again(row, context, f"{name} still goes through; waiting until it is refused:")
        if any(self._left(each, context) > 0 for each in _alike(operation, block)):
            block.doubt = (
                f"It may be that AWS did not know the last change yet. {name} changes something, so it was not made "
                "again: wait a minute, and run the cell again."
            )
        return None

    def _once_more(self, operation: Any, context: dict[str, Any], code: str) -> float | None:
        """The refusal that is expected: three times running, where AWS may not be of one mind yet."""
        row = find(SUCCESS, *_about(operation), code)
        context[_EQUAL] = context.get(_EQUAL, 0) + 1
        if context[_EQUAL] >= EQUAL_ANSWERS:
            return None
        return self._again(row, context, f"{operation.name} is refused; asking again whether it stays so:")

    def _again(self, row: Wait | None, context: dict[str, Any], what: str) -> float | None:
        if row is None or (left := self._left(row, context)) <= 0:
            return None
        context[_AGAIN] = True
        self._wait(what, min(row.interval * self._factor, left))
        return 0.0

    def _left(self, row: Wait, context: Mapping[str, Any]) -> float:
        """The seconds that this may still take; none where nothing was changed that could be the reason."""
        bound, now = row.bound * self._factor, self._changes.now()
        names = context.get(_PARAMS, frozenset()) if row.named else None
        change = self._changes.last(row.after, names, now - bound)
        return change.at + bound - now if change is not None else 0.0


class _Installed:
    patience: ClassVar[Patience | None] = None


def install(folder: Any) -> Patience:
    """Be patient with every session that is made from now on; `folder` is the run's."""
    uninstall()
    patience = _Installed.patience = Patience(Changes(folder), _factor())
    botocore.handlers.BUILTIN_HANDLERS.extend(patience.handlers())
    if boto3.DEFAULT_SESSION is not None:
        for event, handler in patience.handlers():
            boto3.DEFAULT_SESSION.events.register(event, handler)
    return patience


def uninstall() -> None:
    """Wait no more, in sessions that are made from now on."""
    patience, _Installed.patience = _Installed.patience, None
    if patience is None:
        return
    mine = patience.handlers()
    botocore.handlers.BUILTIN_HANDLERS[:] = [each for each in botocore.handlers.BUILTIN_HANDLERS if each not in mine]
    if boto3.DEFAULT_SESSION is not None:
        for event, handler in mine:
            boto3.DEFAULT_SESSION.events.unregister(event, handler)


def until_told(ask: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Ask for CloudTrail's events until the run's last call is among them; give what there is when the time is over."""
    patience = _Installed.patience
    return ask() if patience is None else patience.until_told(ask)


def _factor() -> float:
    try:
        return max(0.0, float(os.environ.get(FACTOR) or 1))
    except ValueError:
        return 1.0


def _alike(model: Any, block: ExpectedError) -> list[Wait]:
    """The rows of other calls of the service that are refused in this way, and may go through at first."""
    service, _ = _about(model)
    return [each for each in waits() if (each.what, each.service, each.code) == (SUCCESS, service, block.expects)]


def _about(model: Any) -> tuple[str, str]:
    """botocore's name of the service, and the operation's."""
    return str(model.service_model.service_name), str(model.name)
