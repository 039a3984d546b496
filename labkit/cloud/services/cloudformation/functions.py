"""What stands in a template for a value: parameters, conditions, and the intrinsic functions. Pure.

Source: CloudFormation Template Reference, "Intrinsic function reference" and "Pseudo parameters reference".
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .template import Template, refused

_VARIABLE = re.compile(r"\$\{([^}]+)\}")
NO_VALUE = object()
"""What {"Ref": "AWS::NoValue"} stands for: the property is left out."""


@dataclass(slots=True)
class Scope:
    """What names mean in one stack."""

    template: Template
    parameters: Mapping[str, Any]
    pseudo: Mapping[str, Any]
    exports: Mapping[str, str]
    made: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Of each resource that is there: its attributes; "Ref" is one of them."""

    def resolve(self, value: Any) -> Any:
        """Return the value with every function carried out; AwsError("ValidationError") for one that can't be."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref":
                return self._ref(argument)
            if name == "Condition" and isinstance(argument, str):
                return self.condition(argument)
            if isinstance(name, str) and name.startswith("Fn::"):
                return self._function(name, argument)
        resolved = {name: self.resolve(item) for name, item in value.items()}
        return {name: item for name, item in resolved.items() if item is not NO_VALUE}

    def condition(self, name: str) -> bool:
        """Tell whether a condition of the template holds."""
        conditions = self.template.section("Conditions")
        if name not in conditions:
            raise refused(f"Template error: unresolved condition dependency {name} in Fn::If")
        return bool(self.resolve(conditions[name]))

    def _ref(self, name: Any) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        for known in (self.pseudo, self.parameters):
            if name in known:
                return known[name]
        if name in self.made:
            return self.made[name]["Ref"]
        raise refused(f"Template format error: Unresolved resource dependencies [{name}] in the template")

    def attribute(self, name: str, attribute: str) -> Any:
        """Return an attribute of a resource that is there."""
        found = self.made.get(name, {})
        if attribute not in found or attribute == "Ref":
            kind = self.template.resources.get(name, {}).get("Type", "")
            raise refused(f"Resource type {kind} does not support attribute {{{attribute}}}.")
        return found[attribute]

    def _function(self, name: str, argument: Any) -> Any:
        function = _FUNCTIONS.get(name)
        if function is None:
            raise refused(f"Template error: {name} is not simulated")
        try:
            return function(self, argument)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError):
            raise refused(f"Template error: every {name} object has one of the forms of the reference") from None


def _get_att(scope: Scope, argument: Any) -> Any:
    name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
    return scope.attribute(name, scope.resolve(attribute))


def _sub(scope: Scope, argument: Any) -> str:
    text, given = argument if isinstance(argument, list) else (argument, {})
    given = scope.resolve(given)

    def meaning(found: re.Match[str]) -> str:
        name = found[1].strip()
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        if name in given:
            return _as_text(given[name])
        resource, dot, attribute = name.partition(".")
        return _as_text(scope.attribute(resource, attribute) if dot else scope._ref(name))

    return _VARIABLE.sub(meaning, text)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _join(scope: Scope, argument: Any) -> str:
    delimiter, items = argument
    return str(delimiter).join(_as_text(item) for item in scope.resolve(items))


def _select(scope: Scope, argument: Any) -> Any:
    place, items = scope.resolve(argument)
    return items[int(place)]


def _if(scope: Scope, argument: Any) -> Any:
    name, then, otherwise = argument
    return scope.resolve(then if scope.condition(name) else otherwise)


def _find_in_map(scope: Scope, argument: Any) -> Any:
    table, first, second = scope.resolve(argument)[:3]
    try:
        return scope.template.section("Mappings")[table][str(first)][str(second)]
    except KeyError:
        raise refused(f"Template error: Unable to get mapping for {table}::{first}::{second}") from None


def _import_value(scope: Scope, argument: Any) -> str:
    name = scope.resolve(argument)
    if name not in scope.exports:
        raise refused(f"No export named {name} found.")
    return scope.exports[name]


def _equals(scope: Scope, argument: Any) -> bool:
    one, other = scope.resolve(argument)
    return _as_text(one) == _as_text(other)


_FUNCTIONS: dict[str, Callable[[Scope, Any], Any]] = {
    "Fn::And": lambda scope, argument: all(scope.resolve(each) for each in argument),
    "Fn::Base64": lambda scope, argument: base64.b64encode(str(scope.resolve(argument)).encode()).decode(),
    "Fn::Equals": _equals,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::Join": _join,
    "Fn::Not": lambda scope, argument: not scope.resolve(argument[0]),
    "Fn::Or": lambda scope, argument: any(scope.resolve(each) for each in argument),
    "Fn::Select": _select,
    "Fn::Split": lambda scope, argument: str(scope.resolve(argument[1])).split(argument[0]),
    "Fn::Sub": _sub,
}


def parameter_values(template: Template, given: Mapping[str, str | None], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters' values: what was given, else the value before (None asks for it), else the default.

    Source: CloudFormation Template Reference, "Parameters"; messages recorded.
    """
    declared = template.section("Parameters")
    unknown = sorted(name for name in given if name not in declared)
    if unknown:
        raise refused(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    values: dict[str, Any] = {}
    missing = []
    for name, about in declared.items():
        value = given.get(name)
        if name in given and value is None:
            value = before.get(name)
        elif value is None and "Default" in about:
            value = _as_text(about["Default"])
        if value is None:
            missing.append(name)
            continue
        values[name] = _checked(name, _as_text(value), about)
    if missing:
        raise refused(f"Parameters: [{', '.join(missing)}] must have values")
    return values


def _checked(name: str, value: str, about: Mapping[str, Any]) -> Any:
    kind = str(about.get("Type", "String"))
    if "AllowedValues" in about and value not in [_as_text(each) for each in about["AllowedValues"]]:
        raise refused(f"Parameter '{name}' must be one of AllowedValues")
    pattern = about.get("AllowedPattern")
    if pattern and not re.fullmatch(str(pattern), value):
        said = about.get("ConstraintDescription") or f"must match pattern {pattern}"
        raise refused(
            f"Parameter '{name}' {said}"
            if "ConstraintDescription" not in about
            else f"Parameter {name} failed to satisfy constraint: {said}"
        )
    if kind == "Number" and not re.fullmatch(r"-?\d+(\.\d+)?", value):
        raise refused(f"Parameter '{name}' must be a number.")
    return (
        [item.strip() for item in value.split(",")]
        if kind == "CommaDelimitedList" or kind.startswith("List<")
        else value
    )
