"""The KMS calls that EC2 makes for encrypted volumes and snapshots, and the data keys that come of them.

Sources: EBS User Guide, "How Amazon EBS encryption works"; KMS Developer Guide, "Amazon EC2 example two"; CloudTrail
records published by real accounts in 2026 (numberOfBytes, contexts, who calls).
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from ...core.call import Call, Principal, Session
from ...core.errors import AwsError
from ...core.invoking_services import EC2_INFRASTRUCTURE
from ...kms.model import Key
from ...kms.service import Kms

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

SERVICE = "ec2.amazonaws.com"
MANAGED = "alias/aws/ebs"
DATA_KEY_BYTES = 64  # captured: two AES-256 keys, for XTS
_INFRASTRUCTURE = "aws:ec2-infrastructure"
_SESSION = timedelta(hours=6)  # nothing shows it


@dataclass(frozen=True, slots=True)
class DataKey:
    """The data key of a volume or snapshot, encrypted under its KMS key; `resource` is the id in its context."""

    key_arn: str
    region: str
    resource: str
    ciphertext: bytes = field(repr=False)

    @property
    def context(self) -> Mapping[str, str]:
        """The encryption context."""
        return {"aws:ebs:id": self.resource}


class EbsKeys:
    """KMS as EC2 uses it. Every method but `find` and `retire` raises AwsError where KMS refuses."""

    def __init__(self, gateway: Gateway, kms: Kms) -> None:
        self._gateway = gateway
        self._kms = kms

    def find(self, call: Call, key_id: str) -> Key | None:
        """Find the key that an id, ARN or alias means, without a call to KMS; aws/ebs is made if need be."""
        if key_id == MANAGED:
            return self._kms.managed_key(call.account, call.region, "ebs")
        asked = replace(call, service="kms", operation="DescribeKey", params={"KeyId": key_id}, targets=())
        try:
            found = self._kms.plan(asked)[0].entity
        except AwsError:
            return None
        return found if isinstance(found, Key) else None

    def new(self, call: Call, key_id: str, resource: str) -> DataKey:
        """Get a data key for a volume (vol-…) or a copied snapshot (snap-…)."""
        parameters = {
            "KeyId": key_id,
            "NumberOfBytes": DATA_KEY_BYTES,
            "EncryptionContext": {"aws:ebs:id": resource},
        }
        made = self._gateway.on_behalf(call, SERVICE, "GenerateDataKeyWithoutPlaintext", parameters)
        return DataKey(made["KeyId"], call.region, resource, made["CiphertextBlob"])

    def open(self, call: Call, data_key: DataKey) -> None:
        """Read what is encrypted: a snapshot that is copied, or restored to a volume."""
        parameters = {"CiphertextBlob": data_key.ciphertext, "EncryptionContext": dict(data_key.context)}
        self._gateway.on_behalf(replace(call, region=data_key.region), SERVICE, "Decrypt", parameters)

    def rebind(self, call: Call, data_key: DataKey, resource: str) -> DataKey:
        """Move the same data key to another volume or snapshot, under the same KMS key: whoever asks may ReEncrypt.

        (That it takes kms:ReEncrypt* to restore a snapshot, and that the volume is gone without: velero 3145 (2020),
        openshift/cluster-storage-operator 345 (2023), kubernetes-sigs/aws-ebs-csi-driver 2685 (2025).)
        """
        parameters = {
            "CiphertextBlob": data_key.ciphertext,
            "SourceEncryptionContext": dict(data_key.context),
            "DestinationKeyId": data_key.key_arn,
            "DestinationEncryptionContext": {"aws:ebs:id": resource},
        }
        made = self._gateway.on_behalf(call, SERVICE, "ReEncrypt", parameters)
        return DataKey(made["KeyId"], call.region, resource, made["CiphertextBlob"])

    def attach(self, call: Call, data_key: DataKey, instance: str) -> str:
        """Grant the instance Decrypt as the caller, and decrypt as the instance's role; returns the grant's id."""
        infrastructure = _infrastructure(call, instance)
        grant = {
            "KeyId": data_key.key_arn,
            "GranteePrincipal": infrastructure.arn,
            "RetiringPrincipal": f"ec2.{call.region}.amazonaws.com",
            "Operations": ["Decrypt"],
            "Constraints": {"EncryptionContextSubset": dict(data_key.context)},
        }
        granted = self._gateway.on_behalf(call, SERVICE, "CreateGrant", grant)
        parameters = {
            "CiphertextBlob": data_key.ciphertext,
            "EncryptionContext": dict(data_key.context),
            "GrantTokens": [granted["GrantToken"]],
        }
        self._gateway.on_behalf(call, EC2_INFRASTRUCTURE, "Decrypt", parameters, infrastructure)
        return str(granted["GrantId"])

    def retire(self, call: Call, data_key: DataKey, grant: str) -> None:
        """EC2, the retiring principal, ends the grant; unheard if the key is gone or somebody was faster.

        Record: AWSService, "AWS Internal" ("Managing AWS KMS keys for Fargate ephemeral storage", ECS Developer Guide,
        where EC2 retires the same kind of grant).
        """
        itself = Principal("AWSService", call.account, f"ec2.{call.region}.amazonaws.com", "", "AWS Internal")
        parameters = {"KeyId": data_key.key_arn, "GrantId": grant}
        with suppress(AwsError):
            self._gateway.on_behalf(call, EC2_INFRASTRUCTURE, "RetireGrant", parameters, itself)


def _infrastructure(call: Call, instance: str) -> Principal:
    """The role session that EC2 gives an instance for its encrypted volumes (EC2 User Guide, identity-only role)."""
    account = call.account
    session = Session(
        issuer_arn=f"arn:aws:iam::{account}:role/{_INFRASTRUCTURE}",
        issuer_id=f"{account}:{_INFRASTRUCTURE}",
        issuer_name=_INFRASTRUCTURE,
        created=call.time,
        expires=call.time + _SESSION,
        instance=f"arn:aws:ec2:{call.region}:{account}:instance/{instance}",
    )
    arn = f"arn:aws:sts::{account}:assumed-role/{_INFRASTRUCTURE}/{instance}"
    principal_id = f"{account}:{_INFRASTRUCTURE}:{instance}"
    return Principal("AssumedRole", account, arn, principal_id, instance, _access_key(instance, call.time), session)


def _access_key(instance: str, when: datetime) -> str:
    """The id of an access key that nobody gets to use; it stands in the record (captured)."""
    return "ASIA" + b32encode(sha256(f"{instance} {when}".encode()).digest())[:16].decode()
