"""What each KMS operation does: one file for each API family, always validate, load a usable key, act, answer.

HANDLERS has the function of each row of ../operations.tsv, by the row's name. The assembly hands it to `Kms`: the rest
of the room knows nothing of this folder.
"""

from __future__ import annotations

from types import MappingProxyType

from ..operation import Handler
from . import (
    aliases,
    creation,
    custom_stores,
    datakeys,
    deletion,
    enabling,
    encryption,
    grants,
    imports,
    mac,
    policies,
    reading,
    regions,
    rotation,
    shared_secrets,
    signing,
    tags,
)

HANDLERS: MappingProxyType[str, Handler] = MappingProxyType(
    {
        "CancelKeyDeletion": Handler(deletion.cancel_key_deletion),
        "ConnectCustomKeyStore": Handler(custom_stores.connect),
        "CreateAlias": Handler(aliases.create, plan=aliases.plan_create),
        "CreateCustomKeyStore": Handler(custom_stores.create),
        "CreateGrant": Handler(grants.create),
        "CreateKey": Handler(creation.create, plan=creation.plan),
        "Decapsulate": Handler(shared_secrets.decapsulate),
        "Decrypt": Handler(encryption.decrypt, plan=encryption.plan_decrypt, first=encryption.check_source),
        "DeleteAlias": Handler(aliases.delete, plan=aliases.plan_delete),
        "DeleteCustomKeyStore": Handler(custom_stores.delete),
        "DeleteImportedKeyMaterial": Handler(imports.delete_material),
        "DeriveSharedSecret": Handler(shared_secrets.derive_shared_secret),
        "DescribeCustomKeyStores": Handler(custom_stores.describe),
        "DescribeKey": Handler(reading.describe_key),
        "DisableKey": Handler(enabling.disable_key),
        "DisableKeyRotation": Handler(rotation.disable),
        "DisconnectCustomKeyStore": Handler(custom_stores.disconnect),
        "EnableKey": Handler(enabling.enable_key),
        "EnableKeyRotation": Handler(rotation.enable),
        "Encapsulate": Handler(shared_secrets.encapsulate),
        "Encrypt": Handler(encryption.encrypt),
        "GenerateDataKey": Handler(
            datakeys.generate_data_key, check_spec=datakeys.check_spec, first=datakeys.check_size
        ),
        "GenerateDataKeyPair": Handler(datakeys.generate_data_key_pair, check_spec=datakeys.check_pair),
        "GenerateDataKeyPairWithoutPlaintext": Handler(
            datakeys.generate_data_key_pair_without_plaintext, check_spec=datakeys.check_pair
        ),
        "GenerateDataKeyWithoutPlaintext": Handler(
            datakeys.generate_data_key_without_plaintext, check_spec=datakeys.check_spec, first=datakeys.check_size
        ),
        "GenerateMac": Handler(mac.generate_mac),
        "GenerateRandom": Handler(datakeys.generate_random),
        "GetKeyLastUsage": Handler(reading.get_key_last_usage),
        "GetKeyPolicy": Handler(policies.get_key_policy),
        "GetKeyRotationStatus": Handler(rotation.status),
        "GetParametersForImport": Handler(imports.get_parameters),
        "GetPublicKey": Handler(reading.get_public_key),
        "ImportKeyMaterial": Handler(imports.import_material),
        "ListAliases": Handler(aliases.list_aliases, plan=aliases.plan_list),
        "ListGrants": Handler(grants.list_grants),
        "ListKeyPolicies": Handler(policies.list_key_policies),
        "ListKeyRotations": Handler(rotation.list_rotations),
        "ListKeys": Handler(reading.list_keys),
        "ListResourceTags": Handler(tags.list_resource_tags),
        "ListRetirableGrants": Handler(grants.list_retirable, plan=grants.plan_list_retirable),
        "PutKeyPolicy": Handler(policies.put_key_policy),
        "ReEncrypt": Handler(encryption.re_encrypt, plan=encryption.plan_re_encrypt, first=encryption.check_source),
        "ReplicateKey": Handler(regions.replicate, plan=regions.plan_replicate, first=regions.check_primary),
        "RetireGrant": Handler(grants.retire, plan=grants.plan_retire),
        "RevokeGrant": Handler(grants.revoke),
        "RotateKeyOnDemand": Handler(rotation.on_demand),
        "ScheduleKeyDeletion": Handler(deletion.schedule_key_deletion),
        "Sign": Handler(signing.sign, check_spec=signing.check_spec),
        "TagResource": Handler(tags.tag_resource),
        "UntagResource": Handler(tags.untag_resource),
        "UpdateAlias": Handler(aliases.update, plan=aliases.plan_update),
        "UpdateCustomKeyStore": Handler(custom_stores.update),
        "UpdateKeyDescription": Handler(reading.update_key_description),
        "UpdatePrimaryRegion": Handler(regions.update_primary, plan=regions.plan_update_primary),
        "Verify": Handler(signing.verify, check_spec=signing.check_spec),
        "VerifyMac": Handler(mac.verify_mac),
    }
)
"""Every operation of the API, in the order of its documentation."""
