"""Fixtures for other people's tests: an account per test, in which KMS refuses as AWS refuses.

pytest finds this file by the entry point `labkit`. Nothing of labkit or boto3 is imported before a test asks for a
fixture, and each test leaves environment, boto3 and moto as it found them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .accounts.lab_clock import LabClock
    from .disturbed import Disturbed
    from .lab import Lab
    from .principals import Account, Role
    from .soft_mode import SoftMode

NAME = "tests"  # all accounts begin alike: the same ids in each run, and in each test
SHARED = pytest.StashKey[str]()
"""The module whose tests share an account at the moment."""
ELSEWHERE = ("LABKIT_ACCOUNT", "LABKIT_CLASS", "LABKIT_CONTROL_TOKEN", "LABKIT_ENDPOINT")
"""What would take a lab to another place than this process; a test's account is always here, and its own."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the test's account answers over HTTP, for programs in other processes and languages."""

    url: str
    region: str
    environment: Mapping[str, str] = field(repr=False)
    """The variables by which AWS's SDKs and the `aws` command find it, with credentials: add them to a process's."""

    def __str__(self) -> str:
        return self.url


@pytest.fixture
def kms_account(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """Open a fresh simulated account for one test; boto3 and the `aws` command speak to it until the test ends.

    Make clients within the test, or in a function that it calls: a client that was made when a module was imported
    would speak to the real AWS, and is stopped. Parametrize it indirectly with Regions for an account elsewhere.
    """
    shared = request.config.stash.get(SHARED, "")
    if shared:
        pytest.fail(
            f"The tests of {shared} share the account of kms_account_module, and an account for this test alone would "
            "end that one. Let the file have a fixture kms_account that returns kms_account_module: then kms_role, "
            "trail and the others are the shared account's, too.",
            pytrace=False,
        )
    with _opened(getattr(request, "param", None)) as lab:
        yield lab


@pytest.fixture(scope="module")
def kms_account_module(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """Open an account that all tests of a file share, in their order.

    To have the other fixtures speak to it, give the file a fixture `kms_account` that returns this one.
    """
    request.config.stash[SHARED] = request.node.name
    try:
        with _opened(getattr(request, "param", None)) as lab:
            yield lab
    finally:
        del request.config.stash[SHARED]


@contextmanager
def _opened(region: str | None) -> Iterator[Lab]:
    """Open an account, and leave no trace of it afterwards."""
    import boto3

    import labkit

    from .accounts.beside_other_tests import beside_other_tests, made_before

    before, session = dict(os.environ), boto3.DEFAULT_SESSION
    for name in ELSEWHERE:
        os.environ.pop(name, None)
    try:
        with beside_other_tests():
            lab = labkit.start(NAME, region=region)
            with made_before():
                yield lab
    finally:
        os.environ.clear()
        os.environ.update(before)
        boto3.DEFAULT_SESSION = session
        if hasattr(time, "tzset"):
            time.tzset()


@pytest.fixture
def kms_endpoint(kms_account: Lab) -> Endpoint:
    """Tell where the test's account answers over HTTP, on 127.0.0.1: `url`, `region`, `environment`."""
    names = ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
             "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED",
             "AWS_PAGER", "NO_PROXY", "no_proxy")  # fmt: skip
    chosen = {name: os.environ[name] for name in names if name in os.environ}
    return Endpoint(kms_account.endpoint, kms_account.region, chosen)


@pytest.fixture
def kms_clock(kms_account: Lab) -> LabClock:
    """Take the account's clock: `advance(days=8)`, and what falls due on the way happens."""
    return kms_account.clock


@pytest.fixture
def kms_role(kms_account: Lab) -> Callable[..., Role]:
    """Make roles: `kms_role("Reader", policy=[...]).client("kms")`, as `lab.role` does."""
    return kms_account.role


@pytest.fixture
def kms_second_account(kms_account: Lab) -> Account:
    """Open another account beside the test's own: `.client("kms")`, `.role(...)`, `.account_id`."""
    return kms_account.account("second")


@pytest.fixture
def kms_trail(kms_account: Lab) -> Callable[[], list[dict[str, Any]]]:
    """Read CloudTrail's records so far, oldest first: `kms_trail()`."""
    return kms_account.events


@pytest.fixture
def trail(kms_trail: Callable[[], list[dict[str, Any]]]) -> Callable[[], list[dict[str, Any]]]:
    """Read CloudTrail's records so far: `kms_trail` under its short name."""
    return kms_trail


@pytest.fixture
def kms_soft_mode(kms_account: Lab) -> Iterator[SoftMode]:
    """Let through what policies would refuse, and list it: `assert not kms_soft_mode.denied`."""
    with kms_account.soft_mode() as soft:
        yield soft


@pytest.fixture
def kms_disturb(kms_account: Lab) -> Iterator[Callable[..., Disturbed]]:
    """Let calls fail: `kms_disturb("kms:Decrypt", error="ThrottlingException", times=2)`, as `lab.disturb` does.

    botocore's waits between its tries pass on the account's clock, not on yours.
    """
    from .retries import waits_on

    with waits_on(kms_account.clock):
        yield kms_account.disturb
    kms_account.disturb()
