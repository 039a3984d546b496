"""boto3 sessions that share what they read of botocore's data, and botocore's own handlers.

A session of its own reads and parses service models, endpoints and retry rules again, and registers 130 handlers one by
one. That is most of the time that a lab takes to start.
"""

from __future__ import annotations

import copy
from functools import lru_cache
from typing import Any

import boto3
import botocore.session
from botocore import handlers
from botocore.hooks import EventAliaser, HierarchicalEmitter

from ..cloud.core.botocore_data import loader


def new_session(profile: str = "") -> boto3.Session:
    """Make a fresh session: settings and credentials are read anew, models are not.

    profile: of AWS's config file; without one, the settings' own.
    """
    emitter = copy.copy(_emitter(tuple(handlers.BUILTIN_HANDLERS)))
    session = botocore.session.Session(profile=profile or None, event_hooks=emitter, include_builtin_handlers=False)
    session.register_component("data_loader", loader(session.get_config_variable("data_path")))
    return boto3.Session(botocore_session=session)


@lru_cache(maxsize=4)
def _emitter(builtin: tuple[tuple[Any, ...], ...]) -> HierarchicalEmitter:
    """What a session begins with: botocore's handlers, and a door's once it is open. Never changed, only copied."""
    emitter = HierarchicalEmitter()
    events = EventAliaser(emitter)
    places = {handlers.REGISTER_FIRST: events.register_first, handlers.REGISTER_LAST: events.register_last}
    for event, handler, *place in builtin:
        register = places[place[0]] if place else events.register
        register(event, handler)
    return emitter
