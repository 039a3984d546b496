"""Tags that could not go with the creating call: set by the run's own identity, as soon as the thing is there.

A kind that has no tags (aliases, grants, groups of users) is found by its name or its key. Where tagging is refused,
the name and the ledger remain: the thing is there, and saying otherwise would be false.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from . import plain

Tag = Callable[[Any, str, str, Mapping[str, str]], object]


def _pairs(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    return [{key: name, value: text} for name, text in tags.items()]


def _key(kms: Any, key: str, _arn: str, tags: Mapping[str, str]) -> None:
    """Tag a key that a lab's role made, and take the mark off its description."""
    kms.tag_resource(KeyId=key, Tags=_pairs(tags, "TagKey", "TagValue"))
    described = kms.describe_key(KeyId=key)["KeyMetadata"]["Description"]
    if " [labkit:run=" in described:
        kms.update_key_description(KeyId=key, Description=described.partition(" [labkit:run=")[0])


TAGGING: Mapping[str, tuple[str, Tag]] = {
    "key": ("kms", _key),
    "bucket": ("s3", lambda s3, name, _, tags: s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": _pairs(tags)})),
    "role": ("iam", lambda iam, name, _, tags: iam.tag_role(RoleName=name, Tags=_pairs(tags))),
    "user": ("iam", lambda iam, name, _, tags: iam.tag_user(UserName=name, Tags=_pairs(tags))),
    "policy": ("iam", lambda iam, _, arn, tags: iam.tag_policy(PolicyArn=arn, Tags=_pairs(tags))),
    "secret": ("secretsmanager", lambda it, name, _, tags: it.tag_resource(SecretId=name, Tags=_pairs(tags))),
    "parameter": (
        "ssm",
        lambda ssm, name, _, tags: ssm.add_tags_to_resource(
            ResourceType="Parameter", ResourceId=name, Tags=_pairs(tags)
        ),
    ),
    "function": ("lambda", lambda it, _, arn, tags: it.tag_resource(Resource=arn, Tags=dict(tags))),
    "table": ("dynamodb", lambda it, _, arn, tags: it.tag_resource(ResourceArn=arn, Tags=_pairs(tags))),
    "trail": ("cloudtrail", lambda it, _, arn, tags: it.add_tags(ResourceId=arn, TagsList=_pairs(tags))),
    "topic": ("sns", lambda it, _, arn, tags: it.tag_resource(ResourceArn=arn, Tags=_pairs(tags))),
    "queue": ("sqs", lambda it, url, _, tags: it.tag_queue(QueueUrl=url, Tags=dict(tags))),
    "rule": ("events", lambda it, _, arn, tags: it.tag_resource(ResourceARN=arn, Tags=_pairs(tags))),
    "db-instance": ("rds", lambda it, _, arn, tags: it.add_tags_to_resource(ResourceName=arn, Tags=_pairs(tags))),
    "db-snapshot": ("rds", lambda it, _, arn, tags: it.add_tags_to_resource(ResourceName=arn, Tags=_pairs(tags))),
    **{
        kind: ("ec2", lambda ec2, name, _, tags: ec2.create_tags(Resources=[name], Tags=_pairs(tags)))
        for kind in ("instance", "volume", "snapshot", "image", "launch-template")
    },
}


def tag(
    session: Session, kind: str, region: str, identifiers: Sequence[str], arn: str, tags: Mapping[str, str],
    params: Mapping[str, Any],
) -> None:  # fmt: skip
    """Tag what was made just now, if its kind has tags, by an identity of the account that it is in."""
    if kind not in TAGGING or (kind == "parameter" and params.get("Overwrite")):
        return
    service, set_tags = TAGGING[kind]
    with suppress(ClientError, BotoCoreError):
        own = plain.client(session, service, region, attempts=3)
        for each in identifiers:
            set_tags(own, each, arn, tags)
