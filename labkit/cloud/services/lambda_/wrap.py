"""Lambda: functions that run for real, with their role's credentials; all else about them is moto's.

The wrap round moto's Lambda. Sources: Lambda Developer Guide, "Lambda execution role", "Invoke", "Securing Lambda
environment variables"; API Reference, Invoke and CreateFunction.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.iam.models import iam_backends
from werkzeug.exceptions import HTTPException

from ...authorization.service_access import allows, service_principal
from ...core.call import Call, Principal, Session, Target
from ...core.errors import AwsError
from ...wire.protocols import HttpRequest, HttpResponse
from ..sts import Sts
from . import logs
from .environment import SERVICE, Environments
from .invocation import Invocation, Outcome

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

Onward = Callable[[HttpRequest], HttpResponse]
TAIL = 4096
"""Bytes of the log that LogType=Tail answers (API Reference, Invoke: "the last 4 KB")."""
_CREDENTIALS_LAST = timedelta(hours=12)
_NOT_ASSUMABLE = "The role defined for the function cannot be assumed by Lambda."
_CONFIGURATIONS = frozenset({"GetFunction", "GetFunctionConfiguration"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What an invocation came to."""

    outcome: Outcome
    version: str
    log: str


class Lambda:
    """The functions of every account of the cloud."""

    def __init__(self, gateway: Gateway, sts: Sts) -> None:
        self._gateway = gateway
        self._sts = sts
        self._environments = Environments(gateway)

    def serve(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """moto's answer, with what Lambda does with roles and keys; Invoke runs the function."""
        if call.operation == "Invoke":
            return self._invoke(call)
        if call.operation == "CreateFunction":
            return self._create(call, request, onward)
        if call.operation == "UpdateFunctionConfiguration":
            return self._update(call, request, onward)
        if call.operation == "ListVersionsByFunction":  # of which moto knows none, whatever the name
            _function(call.account, call.region, call.params["FunctionName"])
        response = onward(request)
        if call.operation in _CONFIGURATIONS and response.status == 200:
            return self._configuration(call, response)
        if call.operation == "DeleteFunction" and response.status < 300:
            self._environments.forget(_arn(call))
        return response

    def invoke_as(self, service: str, source_arn: str, function_arn: str, payload: bytes) -> Outcome:
        """Invoke a function as an AWS service, for `source_arn`; takes the gateway's lock itself.

        AwsError(AccessDeniedException) unless the function's own policy lets the service in.
        """
        _, _, _, region, account, _, name = function_arn.split(":", 6)
        with self._gateway.locked() as time:
            call = Call(
                service="lambda",
                operation="Invoke",
                region=region,
                params={"FunctionName": function_arn},
                time=time,
                request_id=self._gateway.new_id(),
                principal=service_principal(service, account),
                source_arn=source_arn,
            )
            with self._gateway.recorded(call):
                function = _function(account, region, name)
                if not allows(_policy(function), service, "lambda:InvokeFunction", function_arn, source_arn):
                    said = f"{service} is not authorized to perform: lambda:InvokeFunction on resource: {function_arn}"
                    raise AwsError("AccessDeniedException", f"User: {said}", 403)
                answer = self._run(call, function, payload)
                call.result = {"StatusCode": 200}
        return answer.outcome

    def may_invoke(self, service: str, source_arn: str, function_arn: str) -> bool:
        """Tell whether the function is there, and its policy lets `service` invoke it for `source_arn`."""
        parts = function_arn.split(":", 6)
        if len(parts) != 7:
            return False
        try:
            function = _function(parts[4], parts[3], parts[6])
        except AwsError:
            return False
        return allows(_policy(function), service, "lambda:InvokeFunction", function_arn, source_arn)

    # --- Functions and their roles -----------------------------------------------------------------------------------

    def _create(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        role = call.params.get("Role", "")
        self._gateway.authorize(replace(call, targets=(Target("iam:PassRole", role),)))
        self._role_session(call, role, _NOT_ASSUMABLE)
        self._gateway.runs_functions = True
        response = onward(request)
        if response.status >= 300:
            return response
        function = _function(call.account, call.region, call.params["FunctionName"])
        try:
            self._seal(call, function)
        except AwsError:
            _backends()[call.account][call.region].delete_function(function.function_name)
            raise
        return response

    def _update(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        function = _function(call.account, call.region, call.params["FunctionName"])
        if self._environments.sealed(function.function_arn) and "Environment" not in call.params:
            # The variables stay, under another key perhaps: who changes the function must be able to read them.
            shown = self._environments.shown_to(call, function.function_arn)
            if "Error" in shown:
                raise AwsError("InvalidParameterValueException", shown["Error"]["Message"])
            function.environment_vars = shown["Variables"]
        function.kms_key_arn = call.params.get("KMSKeyArn", function.kms_key_arn)  # moto leaves it as it was
        response = onward(request)
        if response.status < 300:
            self._seal(call, function)
        return response

    def _seal(self, call: Call, function: Any) -> None:
        """Variables under a customer managed key leave moto; the default key is AWS's own and leaves no trace."""
        arn = function.function_arn
        self._environments.forget(arn)
        if function.kms_key_arn and function.environment_vars:
            self._environments.seal(call, arn, function.role, function.kms_key_arn, function.environment_vars)
            function.environment_vars = {}

    def _configuration(self, call: Call, response: HttpResponse) -> HttpResponse:
        arn = _arn(call)
        if not self._environments.sealed(arn):
            return response
        content = json.loads(response.body)
        configuration = content["Configuration"] if call.operation == "GetFunction" else content
        configuration["Environment"] = self._environments.shown_to(call, arn)
        return replace(response, body=json.dumps(content).encode())

    def _role_session(self, call: Call, role_arn: str, refused: str, name: str = "") -> Principal:
        """The function's role, assumed by Lambda; InvalidParameterValueException where its trust policy forbids."""
        account = role_arn.split(":")[4] if role_arn.count(":") >= 5 else ""
        roles = iam_backends[account]["aws"].roles.values() if account else ()
        role = next((role for role in roles if role.arn == role_arn), None)
        trusted = role is not None and allows(
            role.assume_role_policy_document, SERVICE, "sts:AssumeRole", role_arn, _arn(call), kind="trust"
        )
        if role is None or not trusted:
            raise AwsError("InvalidParameterValueException", refused)
        now = self._gateway.now()
        session = Session(role.arn, role.id, role.name, now, now + _CREDENTIALS_LAST)
        arn = f"arn:aws:sts::{account}:assumed-role/{role.name}/{name}"
        return Principal("AssumedRole", account, arn, f"{role.id}:{name}", name, session=session)

    def _assume(self, call: Call, function: Any) -> tuple[Principal, dict[str, Any]]:
        """Lambda assumes the role in the function's name, and CloudTrail shows it."""
        principal = self._role_session(call, function.role, _NOT_ASSUMABLE, function.function_name)
        assert principal.session
        credentials = self._sts.issue(principal, principal.session)
        principal = replace(principal, access_key_id=credentials["AccessKeyId"])
        assumed = Call(
            service="sts",
            operation="AssumeRole",
            region=call.region,
            params={"RoleArn": function.role, "RoleSessionName": function.function_name},
            time=self._gateway.now(),
            request_id=self._gateway.new_id(),
            principal=service_principal(SERVICE, principal.account),
        )
        user = {"AssumedRoleId": principal.principal_id, "Arn": principal.arn}
        assumed.result = {"Credentials": credentials, "AssumedRoleUser": user}
        self._gateway.keep(assumed)
        return principal, credentials

    # --- Invocations -------------------------------------------------------------------------------------------------

    def _invoke(self, call: Call) -> HttpResponse:
        params = call.params
        function = _function(call.account, call.region, params["FunctionName"], params.get("Qualifier"))
        payload = params.get("Payload") or b"{}"
        payload = payload if isinstance(payload, bytes) else payload.read()
        try:
            json.loads(payload)
        except ValueError as wrong:
            said = f"Could not parse request body into json: {wrong}"
            raise AwsError("InvalidRequestContentException", said) from None
        kind = params.get("InvocationType", "RequestResponse")
        headers = {"x-amzn-RequestId": call.request_id, "Content-Type": "application/json"}
        if kind == "DryRun":
            return HttpResponse(204, headers, b"")
        if kind == "Event":
            later = replace(call, result=None)
            self._gateway.afterwards(lambda: self._run_later(later, function, payload))
            return HttpResponse(202, headers, b"")
        answer = self._run(call, function, payload)
        headers["X-Amz-Executed-Version"] = answer.version
        if answer.outcome.failed:
            headers["X-Amz-Function-Error"] = "Unhandled"
        if params.get("LogType") == "Tail":
            headers["X-Amz-Log-Result"] = base64.b64encode(answer.log.encode()[-TAIL:]).decode()
        return HttpResponse(200, headers, answer.outcome.payload)

    def _run_later(self, call: Call, function: Any, payload: bytes) -> None:
        with self._gateway.locked():
            self._run(call, function, payload)

    def _run(self, call: Call, function: Any, payload: bytes) -> Answer:
        """One invocation in an execution environment of its own; other calls are served while the function runs."""
        runtime = str(function.run_time or "")
        if not runtime.startswith("python"):
            raise AwsError("InvalidRuntimeException", "The simulated account runs Python functions only.", 502)
        role, credentials = self._assume(call, function)
        unqualified, version = _unqualified(function.function_arn), str(function.version)
        variables = function.environment_vars
        if self._environments.sealed(unqualified):
            variables = self._environments.open(call, unqualified, role)
        group = str(function.logs_group_name)
        stream = f"{self._gateway.now():%Y/%m/%d}/[{version}]{self._gateway.new_id().replace('-', '')}"
        reserved = {
            "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
            "AWS_DEFAULT_REGION": call.region,
            "AWS_ENDPOINT_URL": self._gateway.endpoint,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_LAMBDA_FUNCTION_VERSION": version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": group,
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "AWS_REGION": call.region,
            "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": credentials["SessionToken"],
        }
        invocation = Invocation(
            request_id=call.request_id,
            function_arn=function.function_arn,
            handler=function.handler,
            code=function.code_bytes,
            payload=payload,
            timeout=int(function.timeout),
            environment={**variables, **reserved},
        )
        from .runtime import run  # processes, sockets and threads: loaded when a function runs

        began = self._gateway.now()
        with self._gateway.unlocked():
            outcome = run(invocation)
        output = outcome.output
        if outcome.timed_out:
            at = f"{self._gateway.now():%Y-%m-%dT%H:%M:%S.000Z}"
            output += f"{at} {call.request_id} Task timed out after {invocation.timeout:.2f} seconds\n"
        seconds = (self._gateway.now() - began).total_seconds()
        written = logs.lines(call.request_id, version, output, int(function.memory_size), seconds)
        logs.write(self._gateway, role, call.region, group, stream, written)
        return Answer(outcome, version, "".join(written))


def _backends() -> Any:
    """moto's Lambda, loaded when a function is first asked for: it brings DynamoDB, ECR and more along."""
    from moto.awslambda.models import lambda_backends

    return lambda_backends


def _function(account: str, region: str, name: str, qualifier: str | None = None) -> Any:
    """moto's function of this name or ARN; ResourceNotFoundException as Lambda words it."""
    try:
        return _backends()[account][region].get_function(name, qualifier)
    except (ServiceException, HTTPException):
        bare = name.rpartition("function:")[2]
        arn = f"arn:aws:lambda:{region}:{account}:function:{bare}" + (f":{qualifier}" if qualifier else "")
        raise AwsError("ResourceNotFoundException", f"Function not found: {arn}", 404) from None


def _arn(call: Call) -> str:
    """The function that a call is about."""
    name = str(call.params.get("FunctionName", "")).rpartition("function:")[2].partition(":")[0]
    return f"arn:aws:lambda:{call.region}:{call.account}:function:{name}"


def _unqualified(arn: str) -> str:
    return ":".join(arn.split(":")[:7])


def _policy(function: Any) -> str | None:
    """The function's resource-based policy, JSON; None without one."""
    return json.dumps(function.policy.get_policy()["Policy"]) if function.policy.statements else None
