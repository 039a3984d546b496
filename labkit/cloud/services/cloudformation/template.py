"""A template's text as plain data, in the form that JSON has: `!Ref Key` becomes {"Ref": "Key"}. Pure.

Sources: CloudFormation User Guide, "Template anatomy" and "CloudFormation template formats" (YAML 1.1 without aliases
and timestamps); error messages recorded from the real service in 2023 to 2026.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from ...core.errors import AwsError

LONGEST = 51_200  # bytes of TemplateBody (CloudFormation quotas)
_NAME = re.compile(r"[A-Za-z0-9]+")
_SECTIONS = frozenset(
    {
        "AWSTemplateFormatVersion", "Conditions", "Description", "Hooks", "Mappings", "Metadata", "Outputs",
        "Parameters", "Resources", "Rules", "Transform",
    }
)  # fmt: skip
_ATTRIBUTES = frozenset(
    {
        "Condition", "CreationPolicy", "DeletionPolicy", "DependsOn", "Metadata", "Properties", "Type", "UpdatePolicy",
        "UpdateReplacePolicy",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Template:
    """A template that has the form of one; `text` is as it was given."""

    text: str
    content: dict[str, Any]

    def section(self, name: str) -> dict[str, Any]:
        """Return a section, empty where there is none."""
        section: dict[str, Any] = self.content.get(name) or {}
        return section

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources by their logical ids."""
        return self.section("Resources")


def refused(text: str) -> AwsError:
    """Return the one error that CloudFormation has for templates."""
    return AwsError("ValidationError", text)


def read(text: str) -> Template:
    """Return the template; AwsError("ValidationError") in CloudFormation's words where it is none."""
    if len(text.encode()) > LONGEST:
        raise refused(
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
            f"Member must have length less than or equal to {LONGEST}"
        )
    content = _parsed(text)
    if not isinstance(content, dict):
        raise refused("Template format error: unsupported structure.")
    unknown = sorted(str(name) for name in content if name not in _SECTIONS)
    if unknown:
        raise refused(f"Invalid template property or properties [{', '.join(unknown)}]")
    for name in _SECTIONS - {"AWSTemplateFormatVersion", "Description", "Transform"}:
        if not isinstance(content.get(name) or {}, dict):
            raise refused(f"Template format error: {name} must be an object.")
    template = Template(text, content)
    if not template.resources:
        raise refused("Template format error: At least one Resources member must be defined.")
    for name, resource in template.resources.items():
        _check_resource(str(name), resource)
    for name in template.section("Parameters"):
        if not _NAME.fullmatch(str(name)):
            raise refused(f"Template format error: Parameter name {name} is non alphanumeric.")
    for output in template.section("Outputs").values():
        if not isinstance(output, dict) or "Value" not in output:
            raise refused("Template format error: Every Outputs member must contain a Value object")
    _check_references(template)
    return template


def _parsed(text: str) -> Any:
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except json.JSONDecodeError as wrong:
            where = f"(line {wrong.lineno}, column {wrong.colno})"
            raise refused(f"Template format error: JSON not well-formed. {where}") from None
        except RecursionError:
            raise refused("Template format error: JSON not well-formed.") from None
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader, with CloudFormation's tags
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise refused(f"Template format error: YAML not well-formed.{where}") from None
    except (yaml.YAMLError, RecursionError, ValueError, TypeError):
        raise refused("Template format error: YAML not well-formed.") from None


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # which has no types
    """YAML as CloudFormation reads it: its short functions, no aliases, dates as text."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise refused("Template format error: YAML aliases are not allowed in CloudFormation templates")
        return super().compose_node(parent, index)

    def function(self, suffix: str, node: yaml.Node) -> dict[str, Any]:
        """`!Sub x` as {"Fn::Sub": "x"}."""
        name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
        if isinstance(node, yaml.ScalarNode):
            value: Any = self.construct_scalar(node)
            return {name: value.split(".", 1) if suffix == "GetAtt" else value}
        if isinstance(node, yaml.SequenceNode):
            return {name: self.construct_sequence(node, deep=True)}
        return {name: self.construct_mapping(node, deep=True)}


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_multi_constructor("!", _Loader.function)


def _check_resource(name: str, resource: Any) -> None:
    if not _NAME.fullmatch(name):
        raise refused(f"Template format error: Resource name {name} is non alphanumeric.")
    if not isinstance(resource, dict):
        raise refused("Template format error: Any Resources member must be an object.")
    if not isinstance(resource.get("Type"), str):
        raise refused(f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member.")
    unknown = sorted(str(each) for each in resource if each not in _ATTRIBUTES)
    if unknown:
        raise refused(f"Invalid template resource property '{unknown[0]}'")
    if not isinstance(resource.get("Properties") or {}, dict):
        raise refused(f"Template format error: [/Resources/{name}] Properties must be an object.")


def _check_references(template: Template) -> None:
    """What Ref, Fn::GetAtt, Fn::Sub and DependsOn name is in the template."""
    known = set(template.resources) | set(template.section("Parameters"))
    for section, content in (("Resources", template.resources), ("Outputs", template.section("Outputs"))):
        lost = sorted({name for name in references(content) if name not in known})
        if lost:
            named = f"[{', '.join(lost)}] in the {section} block of the template"
            form = "" if section == "Outputs" else "Template format error: "
            raise refused(f"{form}Unresolved resource dependencies {named}")


def references(value: Any) -> Iterator[str]:
    """Return the logical names that a part of a template speaks of, pseudo parameters left out."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    if not isinstance(value, dict):
        return
    for name, item in value.items():
        if name == "Ref" and isinstance(item, str):
            yield from () if item.startswith("AWS::") else (item,)
        elif name == "Fn::GetAtt":
            yield str(item[0] if isinstance(item, list) and item else item).partition(".")[0]
        elif name == "Fn::Sub":
            text, given = (item[0], item[1]) if isinstance(item, list) and len(item) == 2 else (item, {})
            named = (each.partition(".")[0] for each in re.findall(r"\$\{([^!}][^}]*)\}", str(text)))
            yield from (each for each in named if each not in given and not each.startswith("AWS::"))
            yield from references(given)
        elif name == "DependsOn" and isinstance(item, (str, list)):
            yield from [item] if isinstance(item, str) else [str(each) for each in item]
        else:
            yield from references(item)
