"""What must not work with this application: each attempt, and the error that it has to end with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attempts import Attempt


def must_not(robot: Any, clerk: Any, at: Mapping[str, str]) -> list[Attempt]:
    """List the attempts, which change nothing.

    `robot` makes boto3 clients with the function's role: `robot("kms")`. `clerk` makes them with a role that may
    publish to every topic and do nothing else. `at` names what the attempts are about: the keys watched, hmac and
    unwatched, the aliases alias and other_alias, topic and queue_url.
    """
    kms, no = robot("kms"), "AccessDeniedException"

    def measure() -> object:
        data = [{"MetricName": "SecondsUntilKeyMaterialExpiration", "Value": 1e9}]
        return robot("cloudwatch").put_metric_data(Namespace="AWS/KMS", MetricData=data)

    def lies() -> object:
        return clerk("sns").publish(TopicArn=at["topic"], Message="All is well.")

    def listens() -> object:
        return clerk("sqs").receive_message(QueueUrl=at["queue_url"])

    return [
        Attempt("the function encrypts", no, lambda: kms.encrypt(KeyId=at["watched"], Plaintext=b"x")),
        Attempt("it makes a data key", no, lambda: kms.generate_data_key(KeyId=at["watched"], KeySpec="AES_256")),
        Attempt(
            "it forges a MAC", no, lambda: kms.generate_mac(KeyId=at["hmac"], Message=b"x", MacAlgorithm="HMAC_SHA_256")
        ),
        Attempt("it rotates a key that is not watched", no, lambda: kms.rotate_key_on_demand(KeyId=at["unwatched"])),
        Attempt(
            "it leads a watched alias to such a key",
            no,
            lambda: kms.update_alias(AliasName=at["alias"], TargetKeyId=at["unwatched"]),
        ),
        Attempt(
            "it leads another alias to a watched key",
            no,
            lambda: kms.update_alias(AliasName=at["other_alias"], TargetKeyId=at["watched"]),
        ),
        Attempt("it makes a key without the tag", no, lambda: kms.create_key()),
        Attempt("it disables a key", no, lambda: kms.disable_key(KeyId=at["watched"])),
        Attempt("it schedules a deletion", no, lambda: kms.schedule_key_deletion(KeyId=at["watched"])),
        Attempt(
            "it takes a watched key's tag away", no, lambda: kms.untag_resource(KeyId=at["watched"], TagKeys=["watch"])
        ),
        Attempt(
            "it changes a key policy",
            no,
            lambda: kms.put_key_policy(KeyId=at["watched"], Policy='{"Version": "2012-10-17", "Statement": []}'),
        ),
        Attempt("it publishes a metric of KMS's own", no, measure),
        Attempt("somebody who may publish to topics sends a false message", "KMSAccessDenied", lies),
        Attempt("... or reads the messages", "AccessDenied", listens),
    ]
