"""Whatever is sent to whatever service: an answer in the service's own protocol, at once, and never a fault of ours.

Every operation of every service that the account answers for, with requests made from botocore's models. An operation
of the services that labs use gets two kinds of request, one of the others one; which kinds, its name decides. The
whole, with every kind, is `everything` below.
"""

from __future__ import annotations

import itertools
import sys
import time
import zlib
from collections.abc import Iterator

import pytest
from botocore.credentials import Credentials
from botocore.model import OperationModel

from labkit.cloud.assembly.cloud import Cloud

from .sweeping import KINDS, faults_of, model_of, protocols, request_for, served, signed

USED = (
    "cloudformation", "cloudtrail", "cloudwatch", "dynamodb", "ec2", "events", "iam", "kms", "lambda", "logs",
    "organizations", "s3", "secretsmanager", "sns", "sqs", "ssm", "sts",
)  # fmt: skip
LONGEST = 1.0  # seconds of work for one request, once its service is loaded


def _kinds(operation: str, count: int) -> list[str]:
    """Some kinds of request for an operation: other ones for another, the same at each run."""
    start = zlib.crc32(operation.encode())
    return [KINDS[(start + step * 3) % len(KINDS)] for step in range(count)]


def _asked(service: str, count: int) -> Iterator[tuple[OperationModel, str, str]]:
    """The operations of a service, each with the kinds of request and the protocol to send them in."""
    model = model_of(service)
    for operation in map(model.operation_model, model.operation_names):
        spoken = itertools.cycle(protocols(model))
        for kind in _kinds(operation.name, count):
            yield operation, kind, next(spoken)


def _sweep(cloud: Cloud, service: str, count: int) -> list[str]:
    """What was wrong with the answers of a service."""
    keys = Credentials(cloud.accounts[0].access_key_id, cloud.accounts[0].secret_access_key)
    found = []
    for operation, kind, protocol in _asked(service, count):
        request = signed(request_for(operation, kind, protocol), operation.service_model, keys)
        before = time.thread_time()
        answer = cloud.gateway.handle(request)
        worked = time.thread_time() - before
        if worked > LONGEST:  # the first call may have loaded the service
            before = time.thread_time()
            cloud.gateway.handle(request)
            worked = time.thread_time() - before
        where = f"{service}:{operation.name}, {kind}, {protocol}"
        found += [f"{where}: {fault}" for fault in faults_of(operation, protocol, answer)]
        if worked > LONGEST:
            found.append(f"{where}: {worked:.1f} seconds")
    return found


@pytest.mark.parametrize("service", USED)
def test_a_service_that_labs_use_has_an_answer_for_everything(service: str) -> None:
    """Each service in an account of its own, so that nothing of one is left for the next."""
    assert _sweep(Cloud("sweep"), service, 2) == []


def test_every_other_service_has_an_answer_for_everything() -> None:
    """Those that moto has, and those of which it lacks the packages."""
    cloud = Cloud("sweep")
    assert [fault for service in served() if service not in USED for fault in _sweep(cloud, service, 1)] == []


def everything() -> list[str]:
    """Every kind of request for every operation: some minutes (`python -m tests.cloud.gateway.test_no_500`)."""
    return [fault for service in served() for fault in _sweep(Cloud("sweep"), service, len(KINDS))]


if __name__ == "__main__":
    sys.exit("\n".join(everything()))
