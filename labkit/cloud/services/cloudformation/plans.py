"""From a call's parameters to what a stack shall become: template, parameters, tags, and the role that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from moto.iam.models import iam_backends

from ...authorization.service_access import allows
from ...core.call import Call, Principal, Session, Target
from ...core.errors import AwsError
from ...moto.faults import not_implemented
from .functions import parameter_values
from .ordering import in_order
from .resources import HANDLERS
from .stacks import Plan, Stack
from .template import Template, read, refused

SERVICE = "cloudformation.amazonaws.com"


def plan_of(call: Call, authorize: Callable[[Call], None], stack: Stack | None = None) -> Plan:
    """Return what a call asks for; of a stack that is there, what it leaves as it is."""
    params, before = call.params, stack.plan if stack else None
    template = template_of(call, before)
    unknown = sorted({str(each["Type"]) for each in template.resources.values()} - HANDLERS.keys())
    if unknown:
        raise not_implemented(call, f" for {', '.join(unknown)}: only {', '.join(HANDLERS)} are simulated")
    if "Transform" in template.content:
        raise not_implemented(call, " for templates with transforms")
    if template.section("Rules"):
        raise not_implemented(call, " for templates with Rules")
    kinds = [str(each.get("Type", "")) for each in template.section("Parameters").values()]
    if any(kind.startswith("AWS::SSM::Parameter") for kind in kinds):
        raise not_implemented(call, " for parameters that are read from Systems Manager")
    in_order(template.resources)
    given = {
        each.get("ParameterKey", ""): None if each.get("UsePreviousValue") else each.get("ParameterValue", "")
        for each in params.get("Parameters") or ()
    }
    values = parameter_values(template, given, before.parameters if before else {})
    role = params.get("RoleARN") or (before.role if before else "")
    if params.get("RoleARN"):
        authorize(replace(call, targets=(Target("iam:PassRole", role),)))
        role_session(call, role)
    tags = params.get("Tags", before.tags if before else [])
    return Plan(template, values, list(tags), list(params.get("Capabilities") or ()), str(role))


def template_of(call: Call, before: Plan | None = None) -> Template:
    """Return the template that a call brings."""
    params = call.params
    if params.get("TemplateURL"):
        raise not_implemented(call, " with TemplateURL: give the template as TemplateBody")
    if params.get("TemplateBody"):
        return read(params["TemplateBody"])
    if before and (params.get("UsePreviousTemplate") or call.operation == "GetTemplateSummary"):
        return before.template
    raise refused("Either Template URL or Template Body must be specified.")


def role_session(call: Call, role_arn: str) -> Principal:
    """Return the stack's role, as CloudFormation assumes it; AwsError where it may not (words recorded)."""
    account = role_arn.split(":")[4] if role_arn.count(":") >= 5 else ""
    roles: Any = iam_backends[account]["aws"].roles.values() if account == call.account else ()
    role = next((each for each in roles if each.arn == role_arn), None)
    source = f"arn:aws:cloudformation:{call.region}:{call.account}:stack/{call.params.get('StackName', '')}/*"
    trusted = role is not None and allows(
        role.assume_role_policy_document, SERVICE, "sts:AssumeRole", role_arn, source, kind="trust"
    )
    if role is None or not trusted:
        raise AwsError("ValidationError", f"Role {role_arn} is invalid or cannot be assumed")
    name = "AWSCloudFormation"  # recorded (session name in refusals that users published)
    session = Session(role.arn, role.id, role.name, call.time, call.time + timedelta(hours=1))
    arn = f"arn:aws:sts::{account}:assumed-role/{role.name}/{name}"
    return Principal("AssumedRole", account, arn, f"{role.id}:{name}", name, session=session)
