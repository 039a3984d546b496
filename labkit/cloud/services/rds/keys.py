"""The KMS calls that RDS makes for whoever creates a database, copies a snapshot or restores one.

Sources: RDS User Guide, "AWS KMS key management" (it acts for the caller, who needs kms:CreateGrant and
kms:DescribeKey; the encryption context); the words of a refusal: awslabs/aurora-snapshot-tool 25 and 29 (2019, 2020;
the key of a snapshot that is copied needs kms:CreateGrant too).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.call import Call
from ...core.errors import AwsError
from ...kms.service import Kms

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

SERVICE = "rds.amazonaws.com"
MANAGED = "alias/aws/rds"
_OPERATIONS = ["Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"]
_INACCESSIBLE = "KMS key [{}] does not exist, is not enabled or you do not have permissions to access it."


class DatabaseKeys:
    """KMS as RDS uses it."""

    def __init__(self, gateway: Gateway, kms: Kms) -> None:
        self._gateway = gateway
        self._kms = kms

    def take(self, call: Call, key_id: str, resource: str, said: str = "Specified") -> str:
        """Let RDS use a key for a database, the `resource` of its encryption context; the key's ARN.

        AwsError in RDS's words where KMS refuses the caller.
        """
        if key_id == MANAGED:
            self._kms.managed_key(call.account, call.region, "rds")
        try:
            found = self._gateway.on_behalf(call, SERVICE, "DescribeKey", {"KeyId": key_id})["KeyMetadata"]
            grant = {
                "KeyId": found["Arn"],
                "GranteePrincipal": f"rds.{call.region}.amazonaws.com",
                "RetiringPrincipal": f"rds.{call.region}.amazonaws.com",
                "Operations": _OPERATIONS,
                "Constraints": {"EncryptionContextSubset": {"aws:rds:db-id": resource}},
            }
            self._gateway.on_behalf(call, SERVICE, "CreateGrant", grant)
        except AwsError:
            raise AwsError("KMSKeyNotAccessibleFault", f"{said} {_INACCESSIBLE.format(key_id)}") from None
        return str(found["Arn"])

    def is_managed(self, arn: str) -> bool:
        """Tell whether a key is aws/rds."""
        key = self._kms.key(arn)
        return key is not None and key.manager == "AWS"
