"""Imported key material (BYOK): GetParametersForImport, ImportKeyMaterial, DeleteImportedKeyMaterial.

How wrapped material is opened and checked stands in wrapping.py; here is what becomes of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ...core.call import Call
from ...core.errors import AwsError
from .. import rotation_schedule, wrapping
from ..agenda import Happening
from ..material import Material, MaterialState, material_id
from ..model import ImportParameters, Key
from ..operation import target_key
from ..specs import SPECS
from ..store import Store

VALID_FOR = timedelta(hours=24)
LONGEST_LIFE = timedelta(days=365)
"""How far away ValidTo may be ("The maximum value is 365 days from the request date", ImportKeyMaterial)."""
_TOKEN_BYTES = 512
EXPIRES, STAYS = "KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"


# --- GetParametersForImport ------------------------------------------------------------------------------------------


def get_parameters(store: Store, call: Call) -> dict[str, Any]:
    """GetParametersForImport: an RSA wrapping key and its token, valid for 24 hours."""
    key = target_key(call)
    algorithm, name = call.params["WrappingAlgorithm"], call.params["WrappingKeySpec"]
    if algorithm not in wrapping.ALGORITHMS or name == "SM2":
        # SM2 is for the China Regions; RSAES_PKCS1_V1_5 is not supported since October 10, 2023 (its documentation).
        raise AwsError("UnsupportedOperationException", None)
    wrapping.check_suits(algorithm, name, key.spec)
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=SPECS[name].size)
    token = store.entropy.token_bytes(_TOKEN_BYTES)
    parameters = ImportParameters(key, algorithm, call.time + VALID_FOR, private_key)
    store.import_tokens[token] = parameters
    return {
        "KeyId": key.arn,
        "ImportToken": token,
        "PublicKey": private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "ParametersValidTo": parameters.valid_to,
    }


# --- ImportKeyMaterial -----------------------------------------------------------------------------------------------


def import_material(store: Store, call: Call) -> dict[str, Any]:
    """ImportKeyMaterial: first material, more of it to rotate to, or the same again."""
    key, params = target_key(call), call.params
    model, valid_to = _expiration(call)
    _check_parameters(key, params)
    parameters = _parameters(store, call, key)
    wrapped = params["EncryptedKeyMaterial"]
    secret = wrapping.checked(key.spec, wrapping.unwrap(parameters.private_key, parameters.algorithm, wrapped))
    identity = material_id(key.id, secret)
    if params.get("KeyMaterialId") not in (None, identity):
        raise AwsError("IncorrectKeyMaterialException", None)
    known = key.material(identity)
    if _is_new(key, params, known):
        known = _add(store, key, Material(identity, None, key.spec.asymmetric))
    elif known is None:
        raise AwsError("IncorrectKeyMaterialException", None)
    known.secret, known.expiration_model, known.valid_to = secret, model, valid_to
    known.description = params.get("KeyMaterialDescription", known.description)
    rotation_schedule.settle(key)
    if not key.needs_import:
        key.enabled = True  # "When this operation is successful, the state of the KMS key changes to Enabled"
    _expire_later(store, key, known)
    answer: dict[str, Any] = {"KeyId": key.arn}
    if key.spec.family == "symmetric":
        answer["KeyMaterialId"] = call.notes["keyMaterialId"] = identity
    return answer


def _expiration(call: Call) -> tuple[str, datetime | None]:
    """The expiration model and date, as the documentation of both parameters has it; first message recorded."""
    model: str = call.params.get("ExpirationModel", EXPIRES)
    valid_to: datetime | None = call.params.get("ValidTo")
    if model == EXPIRES and valid_to is None:
        said = "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"
        raise AwsError("ValidationException", said)
    if model == STAYS and valid_to is not None:
        raise AwsError("ValidationException", "ValidTo must be omitted if the ExpirationModel is " + STAYS)
    if valid_to is not None and not call.time < valid_to <= call.time + LONGEST_LIFE:
        raise AwsError("ValidationException", "ValidTo must be in the future, at most 365 days from now.")
    return model, valid_to


def _check_parameters(key: Key, params: dict[str, Any]) -> None:
    """Some parameters are for symmetric encryption keys only, and two exclude each other (their documentation)."""
    names = [name for name in ("ImportType", "KeyMaterialDescription", "KeyMaterialId") if params.get(name) is not None]
    if names and key.spec.family != "symmetric":
        raise AwsError("ValidationException", f"{names[0]} can be used with symmetric encryption keys only.")
    if params.get("KeyMaterialId") and params.get("ImportType") == "NEW_KEY_MATERIAL":
        raise AwsError("ValidationException", "KeyMaterialId can't be used with ImportType NEW_KEY_MATERIAL.")


def _parameters(store: Store, call: Call, key: Key) -> ImportParameters:
    parameters = store.import_tokens.get(call.params["ImportToken"])
    if parameters is None or parameters.key is not key:
        raise AwsError("InvalidImportTokenException", None)
    if call.time > parameters.valid_to:
        raise AwsError("ExpiredImportTokenException", None)
    return parameters


def _is_new(key: Key, params: dict[str, Any], known: Material | None) -> bool:
    """Whether the material is to be added to the key; the default depends on whether it has any."""
    default = "EXISTING_KEY_MATERIAL" if key.materials else "NEW_KEY_MATERIAL"
    if params.get("ImportType", default) != "NEW_KEY_MATERIAL":
        return False
    if known is not None:
        raise AwsError("IncorrectKeyMaterialException", None)
    if key.multi_region and not key.primary:
        # "You cannot directly import new key material into the replica Region keys" (ImportKeyMaterial)
        raise AwsError("UnsupportedOperationException", f"{key.arn} is not a multi-region primary key.")
    return True


def _add(store: Store, key: Key, material: Material) -> Material:
    """New material: current if it is the first, else waiting for its rotation; replicas learn its id."""
    pending = next((m for m in key.materials if m.pending), None)
    if pending is not None:
        raise AwsError(
            "KMSInvalidStateException",
            f"New key material (id: {material.id}) cannot be imported into KMS key {key.arn}, "
            f"because another key material (id: {pending.id}) is pending rotation.",
        )
    state: MaterialState = "CURRENT" if key.current is None else "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
    for each in key.group.keys if key.group else [key]:
        copy = material if each is key else Material(material.id, None, material.asymmetric)
        copy.state = state
        each.materials.append(copy)
        store.index(each, copy)
    return material


# --- Expiry and deletion ---------------------------------------------------------------------------------------------


def _expire_later(store: Store, key: Key, material: Material) -> None:
    date = material.valid_to
    if date is None:
        return

    def holds() -> bool:
        here = store.key(key.account, key.region, key.id) is key
        return here and material.present and material.valid_to == date

    def act(time: datetime) -> list[Happening]:
        _take_away(key, material)
        details = {"keyId": key.id} | ({"keyMaterialId": material.id} if key.spec.family == "symmetric" else {})
        return [Happening(time, key.account, key.region, "DeleteExpiredKeyMaterial", key.arn, details)]

    store.agenda.add(date, holds, act)


def delete_material(_store: Store, call: Call) -> dict[str, Any]:
    """DeleteImportedKeyMaterial: the current material, unless another is named; none there is no error."""
    key = target_key(call)
    wanted = call.params.get("KeyMaterialId")
    material = key.material(wanted) if wanted is not None else key.current
    if wanted is not None and material is None:
        raise AwsError("NotFoundException", None)
    answer: dict[str, Any] = {"KeyId": key.arn}
    if material is not None:
        _take_away(key, material)
        if key.spec.family == "symmetric":
            answer["KeyMaterialId"] = call.notes["keyMaterialId"] = material.id
    return answer


def _take_away(key: Key, material: Material) -> None:
    """Forget the material; what only waited for its rotation is no longer associated with the key at all."""
    material.forget()
    if not material.pending:
        return
    if key.group is None or key.primary:
        for each in key.group.keys if key.group else [key]:
            each.materials = [m for m in each.materials if m.id != material.id]
    else:
        rotation_schedule.settle(key)
