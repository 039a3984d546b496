"""What EC2 remembers of EBS encryption: encryption by default, the data keys of volumes and snapshots, their grants.

Shared by ebs.py (volumes), ebs_instances.py and ebs_snapshots.py. Reads moto's EC2, changes nothing in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.ec2.models import ec2_backends

from ...core.call import Call
from ...core.forgetting import concerns, forget
from .keys import MANAGED, DataKey, EbsKeys


@dataclass
class Defaults:
    """An account's encryption by default in one Region; `key` None means aws/ebs."""

    enabled: bool = False
    key: str | None = None


class EbsState:
    """One for the whole cloud: ids of volumes and snapshots are unique in it."""

    def __init__(self, keys: EbsKeys) -> None:
        self.keys = keys
        self.data_keys: dict[str, DataKey] = {}  # by volume or snapshot id
        self._defaults: dict[tuple[str, str], Defaults] = {}
        self._grants: dict[str, str] = {}  # by the id of an attached volume

    def forget(self, account: str) -> None:
        """Let go of an account's settings, and of data keys under its KMS keys."""
        forget(self._defaults, account)
        for name in [name for name, each in self.data_keys.items() if concerns(each.key_arn, account)]:
            del self.data_keys[name]

    def defaults_of(self, call: Call) -> Defaults:
        """Return the settings of the caller's account in the call's Region."""
        return self._defaults.setdefault((call.account, call.region), Defaults())

    def default_key(self, call: Call) -> str:
        """Return the ARN of the account's default key, or what it was configured as."""
        return self.arn_of(call, self.defaults_of(call).key or MANAGED)

    def arn_of(self, call: Call, key_id: str) -> str:
        """Return the ARN of the key that is meant; what was asked for, if there is none."""
        found = self.keys.find(call, key_id)
        return found.arn if found else key_id

    def copy_data_key(self, call: Call, source: str, key_arn: str, target: str) -> None:
        """Make a data key for `target`, which is made of `source`, the id of a snapshot that may be encrypted.

        Under the same key it is the source's data key, encrypted anew for the new id; under another key a new one
        ("How Amazon EBS encryption works", EBS User Guide). AWS publishes neither record.
        """
        old = self.data_keys.get(source)
        if old is not None and old.key_arn == key_arn and old.region == call.region:
            self.data_keys[target] = self.keys.rebind(call, old, target)
            return
        if old is not None:
            self.keys.open(call, old)
        self.data_keys[target] = self.keys.new(call, key_arn, target)

    def attach(self, call: Call, volume: str, instance: str) -> None:
        """Make the grant for an attached volume, and decrypt; nothing for one that is not encrypted."""
        if volume in self.data_keys:
            self._grants[volume] = self.keys.attach(call, self.data_keys[volume], instance)

    def detach(self, call: Call, volume: str) -> None:
        """EC2 retires the grant of a volume that is attached no longer."""
        grant = self._grants.pop(volume, None)
        if grant is not None:
            self.keys.retire(call, self.data_keys[volume], grant)


def ec2_of(call: Call) -> Any:
    """moto's EC2 in the caller's account and Region."""
    return ec2_backends[call.account][call.region]


def instance_of(call: Call, name: str) -> Any:
    """moto's instance; None if there is none."""
    return next((each for each in ec2_of(call).all_instances() if each.id == name), None)


def volumes_of(instance: Any) -> list[str]:
    """Return the ids of the volumes that are attached to an instance."""
    return [device.volume_id for device in instance.block_device_mapping.values()]
