"""RDS behind moto: databases under KMS keys, which come under another key by a snapshot, its copy and a restore only.

Sources: RDS API Reference, CreateDBInstance, CopyDBSnapshot, RestoreDBInstanceFromDBSnapshot,
ModifyDBSnapshotAttribute; RDS User Guide, "Encrypting Amazon RDS resources", "Sharing encrypted snapshots".
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from moto.rds.models import rds_backends

from ...core.call import Call
from ...core.errors import AwsError
from ...kms.service import Kms
from ...wire.protocols import HttpRequest, HttpResponse
from .keys import MANAGED, DatabaseKeys

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

Onward = Callable[[HttpRequest], HttpResponse]
_KEY_PARAMETERS = ("KmsKeyId", "MasterUserSecretKmsKeyId", "PerformanceInsightsKMSKeyId", "StorageEncrypted")
_MOTOS_ID = b"db-M5ENSHXFPU6XHZ4G4ZEI5QIO2U"  # of every database
_NOT_SHARED = "A snapshot that is encrypted under the key aws/rds cannot be shared."
_NOT_PUBLIC = "An encrypted snapshot cannot be public."


class Rds:
    """The wrap round moto's RDS."""

    def __init__(self, gateway: Gateway, kms: Kms) -> None:
        self._keys = DatabaseKeys(gateway, kms)
        self._operations: dict[str, Callable[[Call, HttpRequest, Onward], HttpResponse]] = {
            "CopyDBSnapshot": self._copy,
            "CreateDBInstance": self._create,
            "ModifyDBSnapshotAttribute": self._share,
            "RestoreDBInstanceFromDBSnapshot": self._restore,
        }

    def serve(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """moto's answer, once KMS has let RDS have the key; keys of anything else are refused."""
        operation = self._operations.get(call.operation)
        if operation is not None:
            return operation(call, request, onward)
        if any(call.params.get(name) for name in _KEY_PARAMETERS):
            raise AwsError("NotImplemented", f"Keys of rds:{call.operation} are not simulated.", 501)
        return onward(request)

    def _create(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Without a key that is named, an encrypted database is under aws/rds."""
        params, backend = call.params, rds_backends[call.account][call.region]
        if any(params.get(name) for name in _KEY_PARAMETERS[1:3]) or params.get("DBClusterIdentifier"):
            raise AwsError("NotImplemented", "Keys of passwords, of insights and of clusters are not simulated.", 501)
        name = params["DBInstanceIdentifier"]
        if params.get("StorageEncrypted") and name not in backend.databases:
            key = self._keys.take(call, params.get("KmsKeyId") or MANAGED, _resource_id(call, name))
            request = _with_form(request, {"KmsKeyId": key})
        return self._with_id(call, name, onward(request))

    def _copy(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """An encrypted copy needs the key that is named, and the source's own; what is encrypted stays so."""
        source = _snapshot(call, call.params["SourceDBSnapshotIdentifier"])
        target, asked = call.params["TargetDBSnapshotIdentifier"], call.params.get("KmsKeyId")
        backend = rds_backends[call.account][call.region]
        if source is None or target in backend.database_snapshots or not (asked or source.encrypted):
            return onward(request)
        if source.encrypted:
            self._keys.take(call, source.kms_key_id, source.dbi_resource_id, "The source snapshot")
        key = self._keys.take(call, asked, source.dbi_resource_id) if asked else source.kms_key_id
        with _unvalidated(backend):
            return onward(_with_form(request, {"KmsKeyId": key}))

    def _restore(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """The new database is under the snapshot's key: there is no parameter for another."""
        snapshot, name = (
            _snapshot(call, call.params.get("DBSnapshotIdentifier", "")),
            call.params["DBInstanceIdentifier"],
        )
        there = name in rds_backends[call.account][call.region].databases
        if snapshot is not None and snapshot.encrypted and not there:
            self._keys.take(call, snapshot.kms_key_id, _resource_id(call, name))
        return self._with_id(call, name, onward(request))

    def _share(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """A snapshot under aws/rds stays in its account, an encrypted one is never public."""
        snapshot, added = _snapshot(call, call.params["DBSnapshotIdentifier"]), call.params.get("ValuesToAdd")
        if snapshot is not None and snapshot.encrypted and added:
            if self._keys.is_managed(snapshot.kms_key_id):
                raise AwsError("InvalidDBSnapshotState", _NOT_SHARED)
            if "all" in added:
                raise AwsError("InvalidParameterValue", _NOT_PUBLIC)
        return onward(request)

    def _with_id(self, call: Call, name: str, response: HttpResponse) -> HttpResponse:
        """The new database with a resource id of its own."""
        if response.status >= 300:
            return response
        made = _resource_id(call, name)
        rds_backends[call.account][call.region].databases[name].dbi_resource_id = made
        return replace(response, body=response.body.replace(_MOTOS_ID, made.encode()))


def _resource_id(call: Call, name: str) -> str:
    """db- and 26 letters and digits, of the account, the Region, the name and the moment."""
    text = f"{call.account} {call.region} {name} {call.time}"
    return "db-" + b32encode(sha256(text.encode()).digest())[:26].decode()


def _snapshot(call: Call, name: str) -> Any:
    """moto's snapshot, by its name or its ARN; None if there is none."""
    return rds_backends[call.account][call.region].database_snapshots.get(name.rpartition(":")[2])


@contextmanager
def _unvalidated(backend: Any) -> Iterator[None]:
    """moto's own idea of KMS keys is not asked: KMS has been."""
    backend._validate_kms_key = lambda key: key
    try:
        yield
    finally:
        del backend._validate_kms_key


def _with_form(request: HttpRequest, fields: dict[str, str]) -> HttpRequest:
    """The request with these form fields."""
    form = dict(parse_qsl(request.body.decode(), keep_blank_values=True)) | fields
    return replace(request, body=urlencode(form).encode())
