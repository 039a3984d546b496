"""What a name in a policy stands for, in a sentence: condition keys (but KMS's), actions, services. Pure.

A sentence says what it is, how the account treats it, and whether AWS does the same. Sources: Service Authorization
Reference; IAM User Guide, "AWS global condition context keys", "IAM JSON policy elements: Condition" (a key that is not
in the request), "IAM policy validation check reference" (invalid keys and actions are stored).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

from .global_keys import FILLED_BY_SERVICES, beginning_with, global_keys
from .services import SIMULATED, operations, service_keys, services

MISSING = "it counts as missing, here as on AWS"
_SIGN_IN = re.compile(r"(saml|cognito-identity\.amazonaws\.com|[a-z0-9.-]+\.[a-z]{2,}(/[^:]*)?):.*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence on a name. `is_open`: AWS may take it otherwise."""

    text: str
    is_open: bool = False


def on_key(key: str, service: str) -> Said | None:
    """Tell of a condition key, but one of KMS's, that a request to `service` does not bring here.

    service: the prefix of what is asked; "" for anything. None where the key is simulated: then the request is
    without it on AWS too.
    """
    lowered = key.lower()
    if entry := global_keys().get(beginning_with(global_keys(), lowered)):
        if not entry.filled_for or (service and not entry.is_filled(service)):
            where = f" for requests to {_name(service)}" if entry.filled_for else ""
            never = f"is never filled in here{where}, so it counts as missing."
            return Said(f"{key}, a property of the {entry.of}, {never}", True)
        return None
    if lowered.startswith("aws:"):
        near = _meant(key, [each.name.removesuffix("*") for each in global_keys().values()])
        return Said(f"AWS has no global condition key {key}: no request brings it, so {MISSING}.{near}")
    if beginning_with(FILLED_BY_SERVICES, lowered) and service in ("", lowered.partition(":")[0]):
        return None
    return _of_service(key, service)


def _of_service(key: str, service: str) -> Said | None:
    vendor = key.partition(":")[0].lower()
    known = services().get(vendor)
    if known is None and _SIGN_IN.fullmatch(key):
        return Said(
            f"{key} is known of those who sign in by SAML or a web identity alone, and nobody does so here: for this "
            f"caller {MISSING}."
        )
    if known is None:
        return Said(f"{key} begins with the name of no service of AWS: {MISSING}.")
    if not beginning_with(service_keys(), key.lower()):
        near = _meant(key, known.keys)
        return Said(f"{known.name} has no condition key {key}: no request brings it, so {MISSING}.{near}")
    if service and service != vendor:
        return Said(
            f"{key} is a condition key of {known.name}: a request to {_name(service)} never brings it, so {MISSING}."
        )
    return Said(f"{key}, a condition key of {known.name}, is never filled in here, so it counts as missing.", True)


def on_action(pattern: str) -> Said | None:
    """Tell of an action, or a pattern of actions, that means nothing. None where it means something."""
    vendor = pattern.partition(":")[0].lower()
    if pattern == "*" or vendor == "*":
        return None
    if {"*", "?"} & set(vendor):
        return Said(
            f"{pattern} has a wildcard in the service's prefix. Here it matches like any other; IAM's own policies "
            "can't have it, and what AWS makes of it elsewhere is not known.",
            True,
        )
    known = services().get(vendor)
    if known is None:
        return Said(
            f"No service of AWS has the prefix {vendor}: {pattern} is stored, and means nothing, here as on AWS."
        )
    if vendor == "kms" or vendor not in SIMULATED:
        return None
    return no_such_action(pattern, known.name, known.actions)


def no_such_action(pattern: str, service: str, actions: Iterable[str]) -> Said | None:
    """Tell that a service has no action of this name."""
    vendor, _, name = pattern.partition(":")
    lowered = {each.lower(): each for each in actions}
    if any(fnmatchcase(each, name.lower()) for each in lowered):
        return None
    asked = [each for key, each in operations().items() if fnmatchcase(key, pattern.lower())]
    if any(not actions for _, actions in asked):
        return Said(
            f"{pattern} is an operation of {service} that the reference of actions does not have, which may be older. "
            "It counts as it is written; whether AWS has an action of this name is not known."
        )
    if asked:
        operation, needed = asked[0]
        return Said(
            f"{operation} is an operation and no action: {pattern} is stored, and means nothing, here as on AWS. The "
            f"operation asks for {' or '.join(needed)}."
        )
    near = get_close_matches(name.lower(), lowered, 1, 0.7)
    meant = f" Did you mean {vendor.lower()}:{lowered[near[0]]}?" if near else ""
    return Said(f"{service} has no action {pattern}: it is stored, and means nothing, here as on AWS.{meant}")


def not_simulated(prefixes: Iterable[str]) -> Said | None:
    """Tell of services that the account does not answer for: nothing is asked of them here."""
    names = sorted({each for each in prefixes if each in services() and each not in SIMULATED})
    if not names:
        return None
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    what = "is a service" if len(names) == 1 else "are services"
    return Said(f"{shown} {what} of AWS that this account does not have: for what is asked here, nothing follows.")


def _name(service: str) -> str:
    known = services().get(service)
    return known.name if known else service


def _meant(key: str, names: Iterable[str]) -> str:
    lowered = {each.lower(): each for each in names}
    near = get_close_matches(key.lower(), lowered, 1, 0.8)
    return f" Did you mean {lowered[near[0]]}?" if near else ""
