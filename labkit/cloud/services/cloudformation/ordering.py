"""Before a resource is made: its place behind those that it needs, its properties, and the stack's tags. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.errors import AwsError
from .resources import HANDLERS
from .stacks import Resource, Stack
from .template import references, refused


def in_order(resources: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the logical ids, each behind those that it needs; AwsError where they need each other."""
    left = {name: {each for each in references(about) if each in resources} for name, about in resources.items()}
    ordered: list[str] = []
    while left:
        free = [name for name, needs in left.items() if not needs - set(ordered)]
        if not free:
            raise refused(f"Circular dependency between resources: [{', '.join(sorted(left))}]")
        ordered += free
        for name in free:
            del left[name]
    return ordered


def with_stack_tags(resource: Resource, declared: Mapping[str, Any], stack: Stack) -> dict[str, Any]:
    """Add the stack's tags, which go to every resource that has tags, to the properties (User Guide, "Stack tags")."""
    properties = dict(declared[resource.name].get("Properties") or {})
    if "Tags" not in HANDLERS[resource.kind].known or not (stack.plan and stack.plan.tags):
        return properties
    own = properties.get("Tags") or []
    if isinstance(own, list):
        keys = {tag.get("Key") for tag in own if isinstance(tag, dict)}
        properties["Tags"] = [*own, *(tag for tag in stack.plan.tags if tag["Key"] not in keys)]
    return properties


def check_properties(resource: Resource) -> None:
    """Hold the properties to the type's schema (words recorded)."""
    handler = HANDLERS[resource.kind]
    unknown = sorted(name for name in resource.properties if name not in handler.known)
    missing = [name for name in handler.required if name not in resource.properties]
    if unknown:
        said = f"extraneous key [{unknown[0]}] is not permitted"
    elif missing:
        said = f"required key [{missing[0]}] not found"
    else:
        return
    where = f"Properties validation failed for resource {resource.name} with message:"
    raise AwsError("ValidationError", f"{where}\n#: {said}")
