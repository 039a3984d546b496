"""Settings of the whole account: what they are, before a run changes them, and how they are set back.

Read and restored by the run's own identity. EBS has two, each a Region's own: encryption by default, and the default
KMS key (EC2 API Reference, EnableEbsEncryptionByDefault and ModifyEbsDefaultKmsKeyId).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ....errors import LabError
from ..ledger import Ledger, Setting
from . import plain

ENCRYPTION, KEY = "ebs-encryption", "ebs-key"
AWS_MANAGED = "alias/aws/ebs"


def remember(ledger: Ledger, setting: str, region: str, operation: str, params: Mapping[str, Any]) -> None:
    """Write what a setting is, before the call that changes it; LabError where it can't be read."""
    try:
        before = now(plain.client(plain.session(), "ec2", region), setting)
    except (BotoCoreError, ClientError) as problem:
        raise LabError(
            f"Not sent: {operation} changes a setting of your whole account in {region}, and what it is now can't be "
            f"read ({problem}). It could not be set back."
        ) from None
    ledger.remember(Setting(region, setting, json.dumps(before), json.dumps(_after(operation, params))))


def now(ec2: Any, setting: str) -> Any:
    """Read a setting: a truth value, or the default key."""
    if setting == ENCRYPTION:
        return bool(ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"])
    return str(ec2.get_ebs_default_kms_key_id()["KmsKeyId"])


def put_back(ec2: Any, setting: str, value: Any) -> None:
    """Set a setting to what it was."""
    if setting == ENCRYPTION:
        (ec2.enable_ebs_encryption_by_default if value else ec2.disable_ebs_encryption_by_default)()
    elif is_aws_managed(value):
        ec2.reset_ebs_default_kms_key_id()
    else:
        ec2.modify_ebs_default_kms_key_id(KmsKeyId=value)


def is_aws_managed(key: Any) -> bool:
    """Tell whether the default key is AWS's own, by its alias; its ARN can't be told from another's."""
    return key in ("", None) or str(key).endswith(AWS_MANAGED)


def _after(operation: str, params: Mapping[str, Any]) -> Any:
    if operation == "ModifyEbsDefaultKmsKeyId":
        return params.get("KmsKeyId", "")
    return {"EnableEbsEncryptionByDefault": True, "DisableEbsEncryptionByDefault": False}.get(operation, AWS_MANAGED)
