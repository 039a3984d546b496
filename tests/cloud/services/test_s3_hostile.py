"""Whatever a request says about encryption, it is understood or refused in AWS's words."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from labkit.cloud.core.errors import AwsError
from labkit.cloud.services.s3.encryption import Default, ObjectEncryption, check_default, wanted

TEXT = st.text(max_size=40)
ALGORITHMS = st.one_of(TEXT, st.sampled_from(["AES256", "aws:kms", "aws:kms:dsse", "aws:fsx"]))
REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "ServerSideEncryption": ALGORITHMS,
        "SSEKMSKeyId": TEXT,
        "SSEKMSEncryptionContext": st.one_of(TEXT, st.binary(max_size=40).map(lambda b: b.decode("latin-1"))),
        "BucketKeyEnabled": st.booleans(),
    },
)


@given(REQUESTS, st.sampled_from(["AES256", "aws:kms", "aws:kms:dsse"]), st.booleans())
def test_every_request_is_understood_or_refused(request: dict[str, Any], default: str, bucket_key: bool) -> None:
    """The algorithm is one of three; a bucket key goes with SSE-KMS alone; no key with SSE-S3."""
    try:
        want = wanted(request, Default(default, None, bucket_key))
    except AwsError as refused:
        assert refused.code in ("InvalidArgument", "InvalidEncryptionAlgorithmError")
        return
    assert want.algorithm in ("AES256", "aws:kms", "aws:kms:dsse")
    assert not want.bucket_key or want.algorithm == "aws:kms"
    assert want.algorithm != "AES256" or (want.key_id is None and not want.context)


@given(
    st.dictionaries(
        TEXT,
        st.recursive(
            st.one_of(st.none(), TEXT, st.booleans()),
            lambda inner: st.one_of(st.lists(inner), st.dictionaries(TEXT, inner)),
        ),
    )
)
def test_a_configuration_without_one_rule_is_malformed(configuration: dict[str, Any]) -> None:
    """Nothing but one rule is taken."""
    try:
        check_default({"ServerSideEncryptionConfiguration": {"Rules": []}, **configuration})
    except AwsError as refused:
        assert refused.code == "MalformedXML"
    else:
        raise AssertionError("a configuration without a rule was taken")


def test_nothing_secret_is_shown() -> None:
    """An encryption's repr has no ciphertext."""
    assert "hidden" not in repr(ObjectEncryption("aws:kms", "arn", b"hidden"))
