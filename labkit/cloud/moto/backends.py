"""moto, the mock behind every service that is not ours: called in-process, on the lab's time and seed.

moto's backends are global to the process, so a process holds one cloud at a time.
"""

from __future__ import annotations

import datetime as real_datetime
import logging
import os
import re
import sys
from collections.abc import Callable
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any

import moto.core.responses
import moto.core.utils
import moto.iam.models
import moto.iam.policy_validation
import moto.iam.utils
import moto.s3.models
import moto.secretsmanager.models
from moto.backends import get_backend, list_of_moto_modules
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.core.config import default_user_config
from moto.core.model_instances import reset_model_data
from moto.core.responses import ActionResult
from moto.core.serialize import XFormedAttributePicker
from moto.core.utils import get_service_model
from moto.iam.access_control import PermissionResult
from moto.moto_api._internal import mock_random
from moto.organizations.models import organizations_backends
from werkzeug.exceptions import HTTPException

from ..core.call import Call
from ..core.clock import Clock
from ..core.errors import AwsError
from ..wire.protocols import HttpRequest, HttpResponse
from .answers import paged, remembering
from .aws_policies import in_awss_form, init_aws_policies
from .faults import as_error, check_error, not_implemented
from .first_use import at_first_use, let_go, regions_of
from .parameters import check_parameters
from .requests import unambiguous
from .tokens import Tokens

log = logging.getLogger("labkit.cloud")

_NO_REQUEST_ID = "0" * 52
GLOBAL_ENDPOINTS = ("iam", "sts")
MODULES = {"lambda": "awslambda"}  # where moto's package is named otherwise than botocore's service
_REAL_UTCNOW = moto.core.utils.utcnow
_REAL_EXECUTE_RESULT = ActionResult.execute_result
_LOADS_POLICIES = default_user_config["iam"]
# What moto works out anew at each call, and what never changes while the process lives.
_POSSIBLE_KEYS = remembering(XFormedAttributePicker.get_possible_keys)
_METHOD_NAMES = cache(moto.core.utils.method_names_from_class)
_PLACES: tuple[tuple[Any, str], ...] = (  # what of moto is replaced, in the order of `_fit_to_the_lab`
    (moto.s3.models, "datetime"),
    (moto.s3.models, "os"),
    (moto.iam.policy_validation.IAMPolicyDocumentValidator, "_validate_condition_syntax"),
    (moto.iam.models, "random_policy_id"),
    (moto.iam.models.IAMBackend, "_init_aws_policies"),
    (moto.s3.models.FakeBucket, "get_permission"),
    (ActionResult, "execute_result"),
    (XFormedAttributePicker, "get_possible_keys"),
    (moto.core.responses, "method_names_from_class"),
    (moto.core.responses, "gen_amzn_requestid_long"),
    (AccountSpecificBackend, "__getitem__"),
    (AccountSpecificBackend, "_generate_regions"),
    (moto.secretsmanager.models, "time"),
)
_MOTOS_OWN = tuple(getattr(place, name) for place, name in _PLACES)


def reset(seed: str, clock: Clock) -> None:
    """Empty every moto backend, seed moto's generator and put moto on the lab's clock."""
    os.environ.pop("MOTO_ACCOUNT_ID", None)  # with it moto would take every account for that one
    let_go()
    organizations_backends.master_accounts.clear()  # which moto's own reset leaves
    default_user_config["iam"] = {"load_aws_managed_policies": True}
    reset_model_data()
    mock_random.seed(seed)
    _set_utcnow(lambda: clock.now().replace(tzinfo=None))
    _fit_to_the_lab(clock, seed)


def forget(account: str) -> None:
    """Empty one account's backends, of every service and Region; the others' stay as they are."""
    reset_model_data()  # moto's list of all that it has ever made, whosoever's: S3's reset would end what is in it
    for backends in list(BackendDict._instances):  # type: ignore[misc]  # all that are in use
        if account in list(backends):
            if backends.service_name == "s3":
                backends[account].reset()  # objects are in files
            del backends[account]
    names = moto.s3.models.s3_backends.bucket_accounts
    for name in [name for name, (_, owner) in names.items() if owner == account]:
        del names[name]


def _set_utcnow(utcnow: Callable[[], real_datetime.datetime]) -> None:
    """moto asks `moto.core.utils.utcnow` for the time; modules that imported it by name are told too."""
    before = moto.core.utils.utcnow
    for name, module in sys.modules.copy().items():
        if name.startswith("moto.") and getattr(module, "utcnow", None) in (before, _REAL_UTCNOW):
            module.utcnow = utcnow  # type: ignore[attr-defined]


def _fit_to_the_lab(clock: Clock, seed: str) -> None:
    """moto reads the lab's clock and randomness, never the machine's; and it leaves bucket policies to the gateway.

    (moto writes whole catalogues in one answer. It would judge bucket policies itself, without their conditions, once
    the gateway has allowed a call. And it takes no numbers in conditions, where IAM's grammar has `<condition_value> =
    ("string" | "number" | "Boolean")`; the gateway has checked each condition before.)
    """

    class LabDatetime(real_datetime.datetime):
        @classmethod
        def now(cls, tz: real_datetime.tzinfo | None = None) -> LabDatetime:
            return cls.fromtimestamp(clock.now().timestamp(), tz)

    ours = (
        SimpleNamespace(**{**vars(real_datetime), "datetime": LabDatetime}),
        SimpleNamespace(urandom=mock_random.randbytes, environ=os.environ),
        lambda _statement: None,
        lambda: in_awss_form(moto.iam.utils.random_policy_id()),
        init_aws_policies,
        lambda *_: PermissionResult.PERMITTED,
        paged(_REAL_EXECUTE_RESULT),
        _POSSIBLE_KEYS,
        _METHOD_NAMES,
        _request_id,
        at_first_use(seed),
        regions_of,
        SimpleNamespace(time=lambda: clock.now().timestamp()),
    )
    _put_in_place(ours)


def _request_id(headers: dict[str, Any] | None = None) -> str:
    """A place for the gateway's own id. moto would draw one at each answer, and reading would change later ids."""
    if headers is not None:
        headers["x-amzn-requestid"] = _NO_REQUEST_ID
    return _NO_REQUEST_ID


def _put_in_place(values: tuple[Any, ...]) -> None:
    for (place, name), value in zip(_PLACES, values, strict=True):
        setattr(place, name, value)


def leave() -> None:
    """Give moto back as it was, for those who use it themselves in this process; `reset` takes it again."""
    _put_in_place(_MOTOS_OWN)
    _set_utcnow(_REAL_UTCNOW)
    default_user_config["iam"] = _LOADS_POLICIES
    let_go()  # what comes next begins with moto's own way to make policies
    mock_random.seed()


class Moto:
    """What answers for every service that is not ours."""

    def __init__(self) -> None:
        self._tokens = Tokens()

    def check(self, call: Call) -> None:
        """Refuse a call that its service's model does not allow."""
        check_parameters(call)

    def serve(self, call: Call, request: HttpRequest) -> HttpResponse:
        """moto's answer to a call that has been identified and authorized."""
        answer = serve(call, request)
        if call.service in _modules() or call.service in MODULES:
            self._tokens.check(call, get_service_model(call.service).operation_model(call.operation), answer)
        return answer


def serve(call: Call, request: HttpRequest) -> HttpResponse:
    """moto's answer to a call that has been identified and authorized."""
    module = MODULES.get(call.service, call.service.replace("-", ""))
    model = get_service_model(call.service)
    if module not in _modules():
        raise not_implemented(call)
    addressed = unambiguous(call, request)
    prefix = model.metadata["endpointPrefix"]
    host = prefix if prefix in GLOBAL_ENDPOINTS else f"{prefix}.{call.region}"
    try:
        moto_request = addressed.to_moto(f"https://{host}.amazonaws.com")
        handler = _handler(call, module, moto_request.raw_url.partition("?")[0])
        status, answer_headers, body = handler(moto_request, moto_request.raw_url, moto_request.headers)
    except AwsError:
        raise
    except HTTPException as refused:
        status, answer_headers, body = refused.code or 400, dict(refused.get_headers()), refused.get_body()
    except Exception as fault:  # moto stumbled over the request
        log.debug("moto failed in %s:%s", call.service, call.operation, exc_info=True)
        raise as_error(call, model.operation_model(call.operation), fault) from None
    content = body.encode() if isinstance(body, str) else bytes(body or b"")
    if int(status) >= 400 and request.method != "HEAD":
        check_error(call, model.operation_model(call.operation), int(status), content)
    plain = {str(name): str(value) for name, value in dict(answer_headers).items() if name.lower() != "status"}
    return HttpResponse(int(status), plain, content)  # the gateway writes the request's id over moto's


@cache
def _modules() -> frozenset[str]:
    """The packages that moto has: it lists its folder."""
    return frozenset(list_of_moto_modules())


def _handler(call: Call, module: str, url: str) -> Callable[..., Any]:
    for pattern, handler in _patterns(module):
        if pattern.match(url):
            return handler
    raise not_implemented(call)


@lru_cache(maxsize=64)
def _patterns(module: str) -> list[tuple[re.Pattern[str], Callable[..., Any]]]:
    backends = get_backend(module)  # type: ignore[call-overload]
    account = backends["111122223333"]
    region = "us-east-1" if "us-east-1" in account else "aws"
    return [(re.compile(url), handler) for url, handler in account[region].urls.items()]
