"""`lab.disturb`: quotas, failing and slow calls, late grants; and everything is well again without arguments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import labkit
from labkit.cloud.kms.request_quotas import quotas

ONCE = Config(retries={"total_max_attempts": 1})
RATES = {
    "us-east-1": {"Encrypt": 100_000, "CreateKey": 5, "GetParametersForImport": 1, "DescribeKey": 2_000},
    "eu-central-1": {"Encrypt": 20_000, "CreateGrant": 50, "ListKeys": 500},
    "sa-east-1": {"Encrypt": 10_000, "TagResource": 10, "PutKeyPolicy": 15},
}


@pytest.fixture
def lab() -> Any:
    """An account."""
    return labkit.start("disturbed")


@pytest.fixture
def kms(lab: Any) -> Any:
    """KMS, each call sent once."""
    return boto3.client("kms", config=ONCE)


def refusals(call: Any, times: int) -> list[str]:
    """The code of each of so many calls, "" where one went through."""
    codes = []
    for _ in range(times):
        try:
            call()
            codes.append("")
        except ClientError as refused:
            codes.append(refused.response["Error"]["Code"])
    return codes


def test_every_operation_but_those_of_ml_kem_has_a_quota(kms: Any) -> None:
    """AWS's page names each of them; the ledger names the others."""
    named = {operation for quota in quotas() for operation in quota.operations}
    assert set(kms.meta.service_model.operation_names) - named == {"Encapsulate", "Decapsulate"}


@pytest.mark.parametrize(("region", "rates"), RATES.items())
def test_rates_are_the_published_ones(region: str, rates: dict[str, int]) -> None:
    """A few, by Region, as the table of 2026 has them."""
    found = {
        operation: next(q.rate(region) for q in quotas() if operation in q.operations and "rsa" not in q.families)
        for operation in rates
    }
    assert found == rates


def test_beyond_the_quota_a_call_is_throttled_and_a_second_later_not(lab: Any, kms: Any) -> None:
    """Five keys a second; the refused call is in the trail, in KMS's words."""
    lab.disturb(quotas=True, calls_per_second=100)
    assert refusals(kms.create_key, 7) == [""] * 5 + ["ThrottlingException"] * 2
    lab.clock.advance(seconds=1)
    assert refusals(kms.create_key, 6) == [""] * 5 + ["ThrottlingException"]
    refused = [event for event in lab.events() if event.get("errorCode")]
    assert [event["errorCode"] for event in refused] == ["ThrottlingException"] * 3
    assert "You have exceeded the rate at which you may call KMS." in refused[0]["errorMessage"]


def test_quotas_are_by_region_and_by_family(lab: Any, kms: Any) -> None:
    """Another Region has a quota of its own, and so has an RSA_4096 data key pair: one a second."""
    lab.disturb(quotas=True, calls_per_second=100)
    assert refusals(kms.create_key, 6)[-1] == "ThrottlingException"
    assert refusals(boto3.client("kms", region_name="eu-west-1", config=ONCE).create_key, 1) == [""]
    lab.clock.advance(seconds=2)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    pair = kms.generate_data_key_pair_without_plaintext
    assert refusals(lambda: pair(KeyId=key, KeyPairSpec="RSA_4096"), 2) == ["", "ThrottlingException"]
    assert refusals(lambda: pair(KeyId=key, KeyPairSpec="ECC_NIST_P256"), 1) == [""]


def test_a_replica_costs_two_keys_of_the_other_region(lab: Any, kms: Any) -> None:
    """ReplicateKey counts as two CreateKey there, so that two replicas and one key fit in a second."""
    keys = [kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"] for _ in range(3)]
    lab.disturb(quotas=True, calls_per_second=1000)
    codes = [refusals(lambda key=key: kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1"), 1)[0] for key in keys]
    assert codes == ["", "", "ThrottlingException"]


def test_boto3_tries_a_throttled_call_again(lab: Any) -> None:
    """With its retries the call goes through, as on AWS."""
    lab.disturb("kms:ListKeys", error="ThrottlingException", times=2)
    boto3.client("kms", config=Config(retries={"mode": "standard", "total_max_attempts": 3})).list_keys()
    assert [event.get("errorCode") for event in lab.events() if event["eventName"] == "ListKeys"] == [
        "ThrottlingException",
        "ThrottlingException",
        None,
    ]


@pytest.mark.parametrize("error", ["DependencyTimeoutException", "KMSInternalException", "KeyUnavailableException"])
def test_a_call_fails_with_an_error_of_its_own_model(lab: Any, kms: Any, error: str) -> None:
    """Once, and with the status 500 that lets clients try again."""
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    lab.disturb("kms:Encrypt", error=error)
    with pytest.raises(ClientError) as refused:
        kms.encrypt(KeyId=key, Plaintext=b"x")
    assert refused.value.response["Error"]["Code"] == error
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    kms.encrypt(KeyId=key, Plaintext=b"x")


def test_a_slow_call_takes_lab_time(lab: Any, kms: Any) -> None:
    """And its record carries the time at which it was done."""
    before = lab.clock.now()
    lab.disturb("kms:ListKeys", seconds=30)
    kms.list_keys()
    assert lab.clock.now() - before == timedelta(seconds=31)


def test_grants_are_late(lab: Any) -> None:
    """The same switch as `lab.grant_delay`."""
    assert "a new grant needs 300 lab seconds" in repr(lab.disturb(grants=timedelta(minutes=5)))


def test_without_arguments_everything_is_well_again(lab: Any, kms: Any) -> None:
    """All that was switched on, at once; the clock is back at whole seconds."""
    lab.disturb("kms:ListKeys", error="InternalFailure", times=50)
    told = lab.disturb(quotas=True, calls_per_second=30, grants=timedelta(minutes=1))
    assert repr(told).count("\n- ") == 4
    kms.create_key()
    assert repr(lab.disturb()) == "Nothing is disturbed."
    kms.list_keys()
    assert lab.clock.now().microsecond == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"call": "kms:Decript", "error": "ThrottlingException"}, "kms has no operation 'Decript'"),
        ({"call": "kmss:Decrypt", "error": "ThrottlingException"}, "no service 'kmss'"),
        ({"call": "kms:Decrypt", "error": "NoSuchKey"}, "no error 'NoSuchKey'. It has: AccessDeniedException"),
        ({"call": "kms:Decrypt"}, "Say what kms:Decrypt should do"),
        ({"call": "kms:Decrypt", "seconds": -1}, "up to 3600 lab seconds"),
        ({"call": "kms:Decrypt", "error": "ThrottlingException", "times": 0}, "once at least"),
        ({"calls_per_second": 0}, "1 to 10000 calls"),
        ({"grants": timedelta(seconds=-1)}, "not before"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_nonsense_is_told(lab: Any, arguments: dict[str, Any], says: str) -> None:
    """In the reader's words, and nothing is switched on."""
    with pytest.raises(labkit.LabError, match=says):
        lab.disturb(**arguments)
    assert repr(lab.disturb()) == "Nothing is disturbed."


def test_a_service_s_own_calls_count(lab: Any, kms: Any) -> None:
    """What S3 asks of KMS for the caller is throttled like the caller's own calls."""
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    s3 = boto3.client("s3", config=ONCE)
    s3.create_bucket(Bucket="throttled")
    lab.disturb("kms:GenerateDataKey", error="ThrottlingException")
    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket="throttled", Key="k", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    assert refused.value.response["Error"]["Code"] == "SlowDown"  # S3's own word for it


@pytest.mark.parametrize(("service", "operation", "words"), [
    ("kms", "list_keys", "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."),
    ("iam", "list_roles", "Rate exceeded"),
    ("secretsmanager", "list_secrets", "Rate exceeded"),
])  # fmt: skip
def test_a_throttled_call_says_what_aws_says(lab: Any, service: str, operation: str, words: str) -> None:
    """KMS has words of its own."""
    name = "".join(part.title() for part in operation.split("_"))
    lab.disturb(f"{service}:{name}", error="ThrottlingException")
    with labkit.expect_error("ThrottlingException") as refused:
        getattr(boto3.client(service, config=ONCE), operation)()
    assert refused.message == words
