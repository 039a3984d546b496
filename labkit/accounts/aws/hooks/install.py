"""Put the hooks on every botocore session of this process that is made from now on, and on boto3's default one.

The hook is a client's own way to make a call (`_make_api_call`), which clients, paginators, waiters, boto3's resources
and the `aws` command all go through. Presigned links are made without a call: they get the account's names too.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

import boto3
import botocore.client
import botocore.handlers

from ..ledger import Ledger, RunFacts
from . import shim
from .recorder import Recorder

EVENT = "creating-client-class"


class _Installed:
    hooks: ClassVar[Hooks | None] = None


class Hooks:
    """The hooks of one run in this process."""

    def __init__(self, run: RunFacts, ledger: Ledger) -> None:
        self.run = run
        self.recorder = Recorder(run, ledger)
        self.entry = (EVENT, self.hook, botocore.handlers.REGISTER_LAST)

    def hook(self, class_attributes: dict[str, Any], **_: Any) -> None:
        """botocore's event for a new client's class: let its calls go through the recorder, while the run lasts."""
        if _Installed.hooks is not self:
            return
        recorder = self.recorder
        before: Callable[..., Any] = class_attributes.get("_make_api_call", botocore.client.BaseClient._make_api_call)

        def call(client: Any, operation_name: str, api_params: dict[str, Any]) -> Any:
            return recorder.call(client, operation_name, api_params, before)

        class_attributes["_make_api_call"] = call
        for name in ("generate_presigned_url", "generate_presigned_post"):
            if name in class_attributes:
                class_attributes[name] = _presigning(recorder, class_attributes[name])


def _presigning(recorder: Recorder, made: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(made)
    def presign(client: Any, *given: Any, **named: Any) -> Any:
        return made(client, *recorder.presigned(client, made.__name__, given, named)[0], **named)

    return presign


def install(run: RunFacts, ledger: Ledger) -> None:
    """Begin: from now on calls of this process are recorded in `ledger`, and name things as the run does.

    The `aws` command of this process's PATH is the run's own from now on: see `shim`.
    """
    uninstall()
    ledger.begin(run)
    hooks = _Installed.hooks = Hooks(run, ledger)
    botocore.handlers.BUILTIN_HANDLERS.append(hooks.entry)
    default = boto3.DEFAULT_SESSION
    if default is not None:
        default.events.register_last(EVENT, hooks.hook)
    shim.put_first(run.folder, os.environ)


def uninstall() -> None:
    """End: clients that are made from now on are plain ones, of whatever session. Clients of the run stay the run's."""
    hooks, _Installed.hooks = _Installed.hooks, None
    if hooks is None:
        return
    botocore.handlers.BUILTIN_HANDLERS[:] = [
        each for each in botocore.handlers.BUILTIN_HANDLERS if each is not hooks.entry
    ]
    if boto3.DEFAULT_SESSION is not None:
        boto3.DEFAULT_SESSION.events.unregister(EVENT, hooks.hook)
    shim.take_away(hooks.run.folder, os.environ)


def installed() -> Hooks | None:
    """Tell whether a run's hooks are on; None if not."""
    return _Installed.hooks
